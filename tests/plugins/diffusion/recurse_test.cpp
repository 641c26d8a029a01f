// Sampling and recursive training as methods: what resumes, what is recorded, what is refused.
#include "tests/plugins/fake_host.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace fake;

namespace {
using Whole = std::vector<int64_t>;
using Reals = std::vector<double>;

const Host& host() {
  static const Host h(ASSAY_DIFFUSION);
  return h;
}

const Run& points() {
  static const Run run =
      host().run("make_data", {{"size", int64_t{300}}, {"dataset", std::string("gaussian9")}}, {});
  return run;
}

Run recurse(const std::string& filter, const Options& options = {}) {
  return host().run("recurse",
                    {{"filter", filter},
                     {"generations", int64_t{3}},
                     {"width", int64_t{16}},
                     {"batch", int64_t{100}},
                     {"budget", std::string("steps")},
                     {"steps", int64_t{10}},
                     {"timesteps", int64_t{20}},
                     {"drop_fraction", 0.25},
                     {"window", Whole{0, 5}}},
                    {{"data", {points()}}}, options);
}

Run sample(const Params& more, const Options& options = {}) {
  Params params{{"source", std::string("exact")},
                {"timesteps", int64_t{20}},
                {"n", int64_t{100}},
                {"window", Whole{0, 5}},
                {"batch", int64_t{30}}};
  for (const auto& [name, value] : more) params[name] = value;
  return host().run("sample", params, {{"data", {points()}}}, options);
}
}  // namespace

TEST_CASE("recursion goes on from any poll, in training or in sampling, to the same bits") {
  const auto whole = recurse("variance");
  REQUIRE_MESSAGE(whole.ok(), whole.message);
  const int64_t polls = whole.polls;
  CHECK(polls >= 3 * (10 + 1));
  for (const int64_t stop :
       {int64_t{0}, int64_t{4}, int64_t{10}, int64_t{11}, polls / 2, polls - 1}) {
    CAPTURE(stop);
    const auto first = recurse("variance", {.stop_at_poll = stop});
    CHECK(first.status == ASSAY_CANCELLED);
    const auto second = recurse("variance", {.resumes = &first});
    REQUIRE_MESSAGE(second.ok(), second.message);
    CHECK(second.out == whole.out);
  }
}

TEST_CASE("a generation draws what its filter drops, and hands on as many as the data are") {
  for (const auto& [filter, drawn] : {std::pair{"none", 300}, {"random", 400}, {"variance", 400}}) {
    CAPTURE(filter);
    const auto run = recurse(filter);
    REQUIRE_MESSAGE(run.ok(), run.message);
    const auto n = run.out.column("generations", "n").as<int64_t>();
    CHECK(n == Whole{drawn, 300, drawn, 300, drawn, 300});
    CHECK(run.out.arrays.at("x").shape == Whole{300, 2});
  }
}

TEST_CASE("the first generation is the same whatever the filter, the second is not") {
  const auto rate = [](const Run& run, size_t row) {
    return run.out.column("generations", "beyond_3sigma").as<double>().at(row);
  };
  const auto random = recurse("random"), variance = recurse("variance");
  CHECK(rate(random, 0) == rate(variance, 0));
  CHECK(random.out.arrays.at("x") != variance.out.arrays.at("x"));
}

TEST_CASE("sampling goes on from any block to the same bits") {
  const Params all{{"record", std::string("all")}, {"record_samples", int64_t{70}}};
  const auto whole = sample(all);
  REQUIRE_MESSAGE(whole.ok(), whole.message);
  CHECK(whole.out.arrays.at("trajectory").shape == Whole{70, 20, 2});
  for (const int64_t stop : {0, 1, 3}) {
    CAPTURE(stop);
    const auto first = sample(all, {.stop_at_poll = stop});
    const auto second = sample(all, {.resumes = &first});
    REQUIRE_MESSAGE(second.ok(), second.message);
    CHECK(second.out == whole.out);
  }
}

TEST_CASE("a sample's score is the variance of its recorded trajectory in the window") {
  const auto run = sample({{"record", std::string("window")}, {"windows", Whole{2, 8}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto t = run.out.arrays.at("trajectory_t").as<int64_t>();
  CHECK(t == Whole{7, 6, 5, 4, 3, 2, 1, 0});
  const auto x0 = run.out.arrays.at("trajectory").as<float>();
  const auto score = run.out.arrays.at("score").as<double>();
  for (size_t i = 0; i < score.size(); ++i) {
    double variance = 0;
    for (size_t d = 0; d < 2; ++d) {
      double sum = 0, square = 0;
      for (size_t s = 3; s < 8; ++s) {  // t = 4 .. 0
        const double x = x0[(i * 8 + s) * 2 + d];
        sum += x, square += x * x;
      }
      variance += (square / 5 - sum / 5 * sum / 5) / 2;
    }
    CHECK(std::abs(score[i] - variance) < 1e-9);
  }
}

TEST_CASE("paths show the samples that were drawn, to their end") {
  const auto run = sample({{"paths", int64_t{2}}, {"paths_below", int64_t{3}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto x = run.out.arrays.at("x").as<float>();
  const auto number = run.out.column("paths", "sample").strings;
  const auto t = run.out.column("paths", "t").as<int64_t>();
  const auto x0 = run.out.column("paths", "x0").as<double>();
  int ends = 0;
  for (size_t i = 0; i < t.size(); ++i)
    if (t[i] == 0) {  // the last step adds no noise: x is the prediction
      CHECK(x0[i] == doctest::Approx(x[2 * std::stoul(number[i])]).epsilon(1e-4));
      ++ends;
    }
  CHECK(ends >= 2);
}

TEST_CASE("what cannot be sampled is refused in a sentence") {
  const auto message = [](const Params& more) {
    const auto run = sample(more);
    CHECK(run.status == ASSAY_INVALID_ARGUMENT);
    return run.message;
  };
  CHECK(message({{"window", Whole{0, 1}}}).find("1 of the 20 visited timesteps") !=
        std::string::npos);
  CHECK(message({{"window", Whole{5, 2}}}).find("[5, 2)") != std::string::npos);
  CHECK(message({{"source", std::string("model")}}).find("needs the input `model`") !=
        std::string::npos);
  CHECK(message({{"source", std::string("exact_table")}}).find("one dimension") !=
        std::string::npos);
  CHECK(message({{"n", int64_t{1} << 40}}).find("8 GiB") != std::string::npos);
  CHECK(message({{"chain_steps", int64_t{21}}}).find("21 steps") != std::string::npos);
  CHECK(message({{"t_max", int64_t{30}}}).find("exceeds timesteps = 20") != std::string::npos);
  CHECK(message({{"variance", std::string("learned")}}).find("learned") != std::string::npos);
}

TEST_CASE("recursion refuses before it trains what it could not sample or count") {
  const auto message = [](Params more, const Run& data) {
    Params params{{"batch", int64_t{10}}, {"budget", std::string("steps")},
                  {"steps", int64_t{1}},  {"timesteps", int64_t{20}},
                  {"width", int64_t{8}},  {"window", Whole{0, 5}}};
    for (const auto& [name, value] : more) params[name] = value;
    const auto run = host().run("recurse", params, {{"data", {data}}});
    CHECK(run.status == ASSAY_INVALID_ARGUMENT);
    CHECK(run.out.tables.count("generations") == 0);
    return run.message;
  };
  CHECK(message({{"table", true}}, points()).find("one dimension") != std::string::npos);
  Run images = points();
  images.out.arrays.erase("modes");
  images.out.arrays.erase("modes_weight");
  CHECK(message({}, images).find("neither modes nor shapes") != std::string::npos);
}

TEST_CASE("the width of the true samples is one, of samples half as wide a half") {
  const auto width = [](double sigma) {
    auto run = host().run(
        "make_data", {{"size", int64_t{20000}}, {"sigma", sigma}, {"modes", Reals{1, 2, 3}}}, {});
    auto& told = run.out.tables.at("world").at("sigma");
    const double truth = 0.05;
    std::copy_n(reinterpret_cast<const uint8_t*>(&truth), 8, told.bytes.begin());
    const auto label = host().run("label", {}, {{"samples", {run}}});
    REQUIRE_MESSAGE(label.ok(), label.message);
    return label.out.column("mode_counts", "sd_over_sigma").as<double>().at(0);
  };
  // The standard error of a standard deviation of 6667 draws is 0.9 %: bounds of 5.
  CHECK(std::abs(width(0.05) - 1) < 0.045);
  CHECK(std::abs(width(0.025) - 0.5) < 0.023);
}
