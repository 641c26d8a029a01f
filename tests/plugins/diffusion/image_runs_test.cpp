// Images from data to verdicts, through the methods, in a host in memory.
#include "tests/plugins/data/sample_files.hpp"
#include "tests/plugins/fake_host.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace {
using Ints = std::vector<int64_t>;
using Text = std::string;

const fake::Host& host() {
  static const fake::Host h(ASSAY_DIFFUSION);
  return h;
}

fake::Run done(fake::Run run) {
  REQUIRE_MESSAGE(run.ok(), run.message);
  return run;
}

const fake::Run& shapes() {
  static const auto run =
      done(host().run("make_data", {{"dataset", Text("minishapes")}, {"size", int64_t{200}}}, {}));
  return run;
}

/// The smallest network; 6 steps of training.
fake::Params training(fake::Params more = {}) {
  fake::Params params{
      {"net", Text("unet")},        {"channels", int64_t{4}},     {"mult", Ints{1, 2, 2}},
      {"res_blocks", int64_t{1}},   {"attention_at", Ints{4}},    {"heads", int64_t{2}},
      {"schedule", Text("cosine")}, {"batch", int64_t{8}},        {"budget", Text("steps")},
      {"steps", int64_t{6}},        {"timesteps", int64_t{1000}}, {"ema", 0.5}};
  for (auto& [name, value] : more) params[name] = value;
  return params;
}

const fake::Run& model() {
  static const auto run = done(host().run("train", training(), {{"data", {shapes()}}}));
  return run;
}

fake::Run draw(fake::Params more, const fake::Run& net = model()) {
  fake::Params params{{"n", int64_t{70}}, {"window", Ints{0, 500}}};
  for (auto& [name, value] : more) params[name] = value;
  return host().run("sample", params, {{"data", {shapes()}}, {"model", {{net, "model"}}}});
}

}  // namespace

TEST_CASE("shapes are made as images, with their places and a gallery") {
  const auto& out = shapes().out;
  CHECK(out.arrays.at("x").shape == Ints{200, 1, 24, 24});
  const auto x = out.arrays.at("x").as<float>();
  CHECK(std::all_of(x.begin(), x.end(), [](float v) { return v == -1 || v == 1; }));
  CHECK(out.arrays.at("gallery").shape == Ints{60, 24, 24});
  CHECK(out.column("world", "set").strings.at(0) == "minishapes");
  const auto image = out.column("placements", "image").as<int64_t>();
  CHECK(image.size() >= 200);
  CHECK(image.back() == 199);
}

TEST_CASE("no image of the data is hallucinated") {
  const auto run = done(host().run("label", {{"rule", Text("shapes")}}, {{"samples", {shapes()}}}));
  CHECK(run.out.metric("rate") == 0);
  CHECK(run.out.metric("duplicate_rate") == 0);
  CHECK(run.out.arrays.at("supported_images").shape == Ints{40, 24, 24});
  CHECK(run.out.arrays.count("hallucinated_images") == 0);
}

TEST_CASE("a U-Net that stops and goes on is trained to the same bits") {
  const auto first = host().run("train", training(), {{"data", {shapes()}}}, {.stop_at_poll = 3});
  CHECK(first.status == ASSAY_CANCELLED);
  const auto second = host().run("train", training(), {{"data", {shapes()}}}, {.resumes = &first});
  REQUIRE_MESSAGE(second.ok(), second.message);
  CHECK(second.out == model().out);
}

TEST_CASE("every sampler runs on a U-Net, and clipped samples are in the range of images") {
  for (const fake::Params& walk :
       {fake::Params{{"chain_steps", int64_t{20}}, {"subsequence", Text("respace")}},
        fake::Params{{"sampler", Text("ddim")}, {"eta", 0.0}, {"chain_steps", int64_t{20}}},
        fake::Params{{"sampler", Text("ddim")},
                     {"eta", 1.0},
                     {"chain_steps", int64_t{20}},
                     {"subsequence", Text("respace")}}}) {
    const auto run = done(draw(walk));
    const auto x = run.out.arrays.at("x").as<float>();
    CHECK(run.out.arrays.at("x").shape == Ints{70, 1, 24, 24});
    // The last step ends at the predicted clean sample, which is clipped.
    CHECK(*std::max_element(x.begin(), x.end()) <= 1 + 1e-5f);
    CHECK(*std::min_element(x.begin(), x.end()) >= -1 - 1e-5f);
    CHECK(run.out.arrays.at("gallery").shape == Ints{60, 24, 24});
    const auto score = run.out.arrays.at("score").as<double>();
    CHECK(std::all_of(score.begin(), score.end(), [](double s) { return s > 0; }));
  }
}

TEST_CASE("a sample depends on its number alone, not on how many are drawn") {
  const fake::Params walk{{"chain_steps", int64_t{5}}, {"window", Ints{0, 900}}};
  auto few = walk;
  few["n"] = int64_t{3};
  const auto all = done(draw(walk)).out.arrays.at("x").as<float>();
  const auto part = done(draw(few)).out.arrays.at("x").as<float>();
  CHECK(std::equal(part.begin(), part.end(), all.begin()));
}

TEST_CASE("a learned variance is trained, and sampled with") {
  const auto net = done(host().run(
      "train",
      training({{"variance", Text("learned")}, {"loss", Text("kl")}, {"timesteps", int64_t{20}}}),
      {{"data", {shapes()}}}));
  const auto learned = done(draw({{"n", int64_t{4}}}, net)).out.arrays.at("x").as<float>();
  const auto fixed =
      done(draw({{"n", int64_t{4}}, {"variance", Text("fixed_large")}}, net)).out.arrays.at("x");
  for (const float v : learned) CHECK(std::isfinite(v));
  CHECK(learned != fixed.as<float>());
  // A network says how noisy one timestep is, not several at once.
  const auto skipping = draw({{"chain_steps", int64_t{10}}}, net);
  CHECK(skipping.status == ASSAY_INVALID_ARGUMENT);
  CHECK(skipping.message.find("visits 10 of 20 timesteps; set chain_steps = 0") !=
        std::string::npos);
  CHECK(draw({{"variance", Text("learned")}}).message.find("not trained with variance") !=
        std::string::npos);
}

TEST_CASE("images have no window by the spacing of modes") {
  CHECK(draw({{"window", Ints{}}}).message ==
        "window = [] is chosen by the spacing of the data's modes, and these data have no known "
        "modes; give window its two ends");
}

TEST_CASE("features are learned from labels, and shapes are near themselves and far from noise") {
  const auto features = done(host().run(
      "train_features", {{"epochs", int64_t{2}}, {"batch", int64_t{16}}, {"least_accuracy", 0.0}},
      {{"data", {shapes()}}}));
  const auto noise = done(draw({{"chain_steps", int64_t{2}}, {"window", Ints{0, 1000}}}));
  const auto compare = [&](const fake::Run& samples) {
    return done(host().run("frechet", {},
                           {{"data", {shapes()}},
                            {"samples", {samples}},
                            {"features", {{features, "features"}}}}))
        .out;
  };
  const auto same = compare(shapes()), other = compare(noise);
  CHECK(std::abs(same.metric("distance")) < 1e-6);
  CHECK(same.metric("precision") == 1);
  CHECK(same.metric("recall") == 1);
  CHECK(other.metric("compared") == 70);
  CHECK(other.metric("distance") > 10 * other.metric("floor"));
}

TEST_CASE("features from files are compared as they are") {
  // 0 and 2 against 0 and 4: means 1 and 2, variances 2 and 8.
  const sample::TempFolder folder;
  const auto write = [&](const std::string& name, const std::vector<float>& values,
                         const std::string& shape) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
    folder.write(name, sample::npy("<f4", shape, {bytes, bytes + 4 * values.size()}));
    return folder.path(name);
  };
  const auto a = write("a.npy", {0, 2}, "(2, 1)"), b = write("b.npy", {0, 4}, "(2, 1)");
  const auto wide = write("wide.npy", {0, 4, 1, 1}, "(2, 2)"),
             flat = write("flat.npy", {1}, "(1,)");
  const auto compare = [&](const std::string& other) {
    return host().run("frechet", {{"coverage_n", int64_t{0}}},
                      {{"data_features", {a}}, {"sample_features", {other}}});
  };
  CHECK(done(compare(b)).out.metric("distance") == doctest::Approx(3.0));
  CHECK(std::isnan(done(compare(b)).out.metric("precision")));
  CHECK(compare(wide).message ==
        "features of 1 and of 2 numbers cannot be compared: take both from one extractor");
  CHECK(compare(flat).message ==
        flat + ": holds float32 of the shape 1; features are floats (N, d)");
  CHECK(host().run("frechet", {}, {{"data_features", {a}}}).message ==
        "give the input samples, or sample_features");
}

TEST_CASE("parameters that would do nothing are refused before anything is made") {
  const auto refusal = [](const char* dataset, fake::Params params) {
    params["dataset"] = Text(dataset);
    return host().refusal("make_data", params);
  };
  CHECK(
      refusal("gaussian9", {{"dimension", int64_t{2}}}) ==
      "dimension is for dataset = \"mixture\" and does nothing for dataset = \"gaussian9\"; leave "
      "it out");
  CHECK(
      refusal("images", {{"modes", std::vector<double>{1, 2}}}).starts_with("modes is for points"));
  CHECK(refusal("shapes", {{"weights", std::vector<double>{1, 2}}}).starts_with("weights is"));
  CHECK(refusal("gaussian1d", {{"p_shape", 0.4}}).starts_with("p_shape is"));
  CHECK(refusal("minishapes", {{"p_shape", 0.4}}).empty());
}

TEST_CASE("networks and data that do not fit are refused in a sentence") {
  const auto points = done(host().run("make_data", {{"size", int64_t{100}}}, {}));
  CHECK(host().run("train", training(), {{"data", {points}}}).message ==
        "net = \"unet\" takes images, but the data are points");
  CHECK(host()
            .run("train", training({{"mult", Ints{1, 1, 1, 1, 1}}}), {{"data", {shapes()}}})
            .message.find("images of 24 x 24 cannot be halved 4 times") == 0);
  CHECK(host().run("make_data", {{"dataset", Text("images")}}, {}).message ==
        "dataset = \"images\" needs the input images: a folder or a file");
  CHECK(host().run("train_features", {}, {{"data", {points}}}).message ==
        "the data are points, not images");
}
