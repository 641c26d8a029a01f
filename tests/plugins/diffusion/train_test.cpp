// Method `train` in a host in memory.
#include "plugins/diffusion/training.hpp"
#include "tests/plugins/fake_host.hpp"

#include <doctest/doctest.h>
#include <torch/script.h>

#include <cmath>
#include <filesystem>

namespace {

const fake::Host& host() {
  static const fake::Host h(ASSAY_DIFFUSION);
  return h;
}

const fake::Run& points() {
  static const auto run = host().run(
      "make_data", {{"size", int64_t{1000}}, {"modes", std::vector<double>{1, 2, 3}}}, {});
  return run;
}

fake::Params tiny(fake::Params more = {}) {
  fake::Params params{{"width", int64_t{16}},
                      {"batch", int64_t{128}},
                      {"budget", std::string("steps")},
                      {"steps", int64_t{40}}};
  for (auto& [name, value] : more) params[name] = value;
  return params;
}

fake::Run train(const fake::Params& params, const fake::Options& options = {}) {
  return host().run("train", params, {{"data", {points()}}}, options);
}

}  // namespace

TEST_CASE("epochs make steps, and the remainder of the data is dropped") {
  const auto run =
      train(tiny({{"budget", std::string("epochs")}, {"epochs", int64_t{3}}}));  // floor(1000/128)
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.metrics.at("loss").back().first == 21);
  CHECK(run.out.checkpoint_steps.at("model") == 21);
}

TEST_CASE("a batch larger than the data is refused, and says what to do") {
  const auto run = train(tiny({{"batch", int64_t{1001}}}));
  CHECK(run.status == ASSAY_INVALID_ARGUMENT);
  CHECK(run.message.find("batch = 1001") != std::string::npos);
  CHECK(run.message.find("at most") != std::string::npos);
}

TEST_CASE("training that stops and goes on ends in the same bits") {
  for (const bool shuffle : {false, true}) {
    CAPTURE(shuffle);
    const auto params = tiny(
        {{"shuffle", shuffle}, {"ema", shuffle ? 0.9 : 0.0}, {"lr_decay", std::string("cosine")}});
    const auto whole = train(params);
    REQUIRE_MESSAGE(whole.ok(), whole.message);
    for (const int64_t stop : {0, 1, 13, 39}) {
      CAPTURE(stop);
      const auto first = train(params, {.stop_at_poll = stop});
      CHECK(first.status == ASSAY_CANCELLED);
      const auto second = train(params, {.resumes = &first});
      REQUIRE_MESSAGE(second.ok(), second.message);
      CHECK(second.out == whole.out);
    }
  }
}

TEST_CASE("training lowers the loss") {
  const auto run = train(tiny({{"steps", int64_t{600}}, {"width", int64_t{32}}}));
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto& loss = run.out.metrics.at("loss");
  CHECK(loss.back().second < 0.5 * loss.front().second);
  CHECK(run.out.metric("final_loss") < 0.3);  // a network that answers 0 has 1
}

TEST_CASE("losses by timestep cover the trained timesteps, and every example of the last tenth") {
  const auto run = train(tiny({{"t_max", int64_t{50}}}));
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto lo = run.out.column("loss_by_t", "t_lo").as<int64_t>();
  const auto hi = run.out.column("loss_by_t", "t_hi").as<int64_t>();
  CHECK(lo.front() == 0);
  CHECK(hi.back() == 50);
  for (size_t i = 1; i < lo.size(); ++i) CHECK(lo[i] == hi[i - 1]);
  int64_t count = 0;
  for (const auto n : run.out.column("loss_by_t", "count").as<int64_t>()) count += n;
  CHECK(count == 4 * 128);
}

TEST_CASE("combinations that cannot be trained are refused before a run") {
  diffusion::Training t;
  CHECK_NOTHROW(t.check());
  t.variance = "learned";
  CHECK_THROWS_AS(t.check(), std::invalid_argument);
  t.loss = "kl";
  CHECK_NOTHROW(t.check());
  t.width = 65;
  CHECK_THROWS_AS(t.check(), std::invalid_argument);
  t.width = 64;
  t.t_max = 1001;
  CHECK_THROWS_AS(t.check(), std::invalid_argument);
}

TEST_CASE("the learning rate falls from lr to its share along half a cosine") {
  diffusion::Training t;
  CHECK(t.rate(777, 1000) == 1e-3);
  t.lr_decay = "cosine";
  CHECK(t.rate(0, 1000) == doctest::Approx(1e-3));
  CHECK(t.rate(500, 1000) == doctest::Approx(0.51e-3));
  CHECK(t.rate(1000, 1000) == doctest::Approx(0.02e-3));
}

TEST_CASE("a diverging training is a result with its place") {
  const auto run = train(tiny({{"lr", 1e30}}));
  CHECK(run.status == ASSAY_DIVERGED);
  CHECK(run.message.find("at step") != std::string::npos);
}

namespace {

/// A TorchScript file of a network with one weight: w x + 0 t.
std::string script_file(const std::string& body) {
  torch::jit::Module net("net");
  net.register_parameter("w", at::full({1}, 0.25).requires_grad_(), false);
  net.define("def forward(self, x, t):\n    return " + body + "\n");
  const auto path = (std::filesystem::temp_directory_path() / "assay-diffusion-net.pt").string();
  net.save(path);
  return path;
}

fake::Run sample(const fake::Run& model, const fake::Params& more = {}) {
  fake::Params params{{"n", int64_t{50}}, {"window", std::vector<int64_t>{0, 60}}};
  for (auto& [name, value] : more) params[name] = value;
  return host().run("sample", params, {{"data", {points()}}, {"model", {{model, "model"}}}});
}

}  // namespace

TEST_CASE("a TorchScript network of the user's trains and samples") {
  const auto path = script_file("self.w * x + 0.0 * t.unsqueeze(1)");
  const auto params = tiny({{"net", std::string("torchscript")}});
  const auto run =
      host().run("train", params, {{"data", {points()}}, {"network", {std::string(path)}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.checkpoints.at("model").at("w").as<float>().at(0) > 0.25f);
  const auto samples = sample(run);
  REQUIRE_MESSAGE(samples.ok(), samples.message);
}

TEST_CASE("a TorchScript network of another shape is refused with both shapes") {
  const auto path = script_file("self.w * torch.cat([x, x], 1)");
  const auto run = host().run("train", tiny({{"net", std::string("torchscript")}}),
                              {{"data", {points()}}, {"network", {std::string(path)}}});
  CHECK(run.status == ASSAY_INVALID_ARGUMENT);
  CHECK(run.message.find("[2, 2]") != std::string::npos);
  CHECK(run.message.find("[2, 1]") != std::string::npos);
}

TEST_CASE("sampling needs none of the options of training") {
  const auto run = train(tiny({{"steps", int64_t{300}},
                               {"timesteps", int64_t{60}},
                               {"schedule", std::string("cosine")},
                               {"predict", std::string("x0")},
                               {"variance", std::string("learned")},
                               {"loss", std::string("kl")}}));
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto samples = sample(run);
  REQUIRE_MESSAGE(samples.ok(), samples.message);
  double mean = 0;
  for (const float x : samples.out.arrays.at("x").as<float>()) mean += static_cast<double>(x) / 50;
  CHECK(mean > 1);  // the data's is 2, noise's 0
  CHECK(mean < 3);
}

TEST_CASE("predictions are not recorded where rounding has left nothing of them") {
  const auto run = train(tiny({{"predict", std::string("x0")}}));
  REQUIRE_MESSAGE(run.ok(), run.message);
  const fake::Params all{{"record", std::string("all")}};
  CHECK(sample(run, all).message.find("at t = 999 x_t holds too little of it") !=
        std::string::npos);
  auto lower = all;  // sqrt(alpha_bar) falls below 1e-5 at t = 468
  lower["t_max"] = int64_t{468};
  CHECK(sample(run, lower).ok());
}

TEST_CASE("weights of the released code come in from an .npz and from a plain .pt") {
  for (const auto* file : {"/decoder.npz", "/decoder.pt"}) {
    CAPTURE(file);
    const auto run =
        host().run("import_model", {}, {{"weights", {std::string(ASSAY_FILES) + file}}});
    REQUIRE_MESSAGE(run.ok(), run.message);
    // F = 8, d = 2, the shared layer once: 2 F + 4 F + 2 F^2 + F^2 + F + 2 F + 2 F + 2 + F^2 + F.
    CHECK(run.out.metric("parameters") == 16 + 32 + 128 + 72 + 16 + 18 + 72);
    const auto& model = run.out.checkpoints.at("model");
    const auto& config = model.at("config").strings.at(0);
    CHECK(config.find("\"share_layers\":true") != std::string::npos);
    CHECK(config.find("\"layers\":3") != std::string::npos);
    int64_t name = 0;
    for (const char c : std::string("temp_fc.0.fc1.weight")) name += c;
    CHECK(static_cast<double>(model.at("temp_fc.0.fc1.weight").as<float>().at(10)) ==
          doctest::Approx(0.4 * std::sin(17.0 + static_cast<double>(name))).epsilon(1e-5));
  }
}

TEST_CASE("a .pt file that LibTorch cannot read asks for an export") {
  const auto run =
      host().run("import_model", {}, {{"weights", {std::string(ASSAY_FILES) + "/state_dict.pt"}}});
  CHECK(run.status == ASSAY_INVALID_ARGUMENT);
  CHECK(run.message.find("np.savez") != std::string::npos);
}
