// Trajectories in files: the shapes that people have, and what scores come out.
#include "tests/plugins/fake_host.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

using namespace fake;

namespace {
using Steps = std::vector<int64_t>;

const Host& host() {
  static const Host h(ASSAY_DIFFUSION);
  return h;
}

/// A .npy file of version 1 or 2.
std::string npy(const std::string& name, const std::string& descr, const std::string& shape,
                const void* values, size_t bytes, char version = 1) {
  std::string header =
      "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }";
  header.resize(version == 1 ? 118 : 116, ' ');
  const auto path = std::filesystem::temp_directory_path() / ("assay_trajectories_" + name);
  std::ofstream out(path, std::ios::binary);
  out << "\x93NUMPY" << version << '\0' << static_cast<char>(header.size()) << '\0';
  if (version == 2) out << '\0' << '\0';
  out << header;
  out.write(static_cast<const char*>(values), static_cast<std::streamsize>(bytes));
  return path.string();
}

std::string floats(const std::string& name, const std::string& shape,
                   const std::vector<float>& values, char version = 1) {
  return npy(name, "<f4", shape, values.data(), values.size() * 4, version);
}

/// n chains of `steps` steps and d numbers that wander.
std::vector<float> wandering(size_t n, size_t steps, size_t d) {
  std::vector<float> x(n * steps * d);
  uint32_t state = 1;
  for (auto& v : x) {
    state = state * 1664525 + 1013904223;
    v = static_cast<float>(state >> 8) / (1 << 24);
  }
  return x;
}

Run score(const std::string& path, Params params = {}, Inputs inputs = {}) {
  params.emplace("window", Steps{0, 3});
  inputs["trajectories"] = {path};
  return host().run("score_file", params, inputs);
}

double variance_of_last(const std::vector<float>& x, size_t chain, size_t steps, size_t d,
                        size_t last) {
  double sum = 0;
  for (size_t j = 0; j < d; ++j) {
    double mean = 0, square = 0;
    for (size_t s = steps - last; s < steps; ++s) {
      const auto v = double{x[(chain * steps + s) * d + j]};
      mean += v / static_cast<double>(last), square += v * v / static_cast<double>(last);
    }
    sum += square - mean * mean;
  }
  return sum / static_cast<double>(d);
}
}  // namespace

TEST_CASE("the score of each chain of a file is the variance over its last steps") {
  struct Case {
    const char* shape;
    size_t d;
    std::vector<int64_t> x_shape;
    char version;
  };
  for (const auto& c : {Case{"(20, 8)", 1, {20, 1}, 1}, Case{"(20, 8, 2)", 2, {20, 2}, 2},
                        Case{"(20, 8, 3, 4)", 12, {20, 1, 3, 4}, 1}}) {
    CAPTURE(c.shape);
    const auto x = wandering(20, 8, c.d);
    const auto run = score(floats("a.npy", c.shape, x, c.version));
    REQUIRE_MESSAGE(run.ok(), run.message);
    const auto found = run.out.arrays.at("score").as<double>();
    for (size_t i = 0; i < 20; ++i) {
      CAPTURE(i);
      CHECK(found[i] == doctest::Approx(variance_of_last(x, i, 8, c.d, 3)).epsilon(1e-9));
    }
    CHECK(run.out.arrays.at("x").shape == c.x_shape);
    CHECK(run.out.arrays.at("kept").shape[0] == 20);  // 2.4 % of 20 is none
    CHECK(run.out.metrics.count("auc") == 0);
  }
}

TEST_CASE("float64 files, and files that list their timesteps, give the same scores") {
  const auto x = wandering(6, 5, 2);
  const std::vector<double> wide(x.begin(), x.end());
  const auto a = score(floats("a.npy", "(6, 5, 2)", x));
  const auto b = score(npy("b.npy", "<f8", "(6, 5, 2)", wide.data(), wide.size() * 8));
  const auto c = score(floats("a.npy", "(6, 5, 2)", x),
                       {{"visited", Steps{800, 600, 400, 200, 0}}, {"window", Steps{0, 401}}});
  REQUIRE_MESSAGE(c.ok(), c.message);
  CHECK(a.out.arrays.at("score") == b.out.arrays.at("score"));
  CHECK(a.out.arrays.at("score") == c.out.arrays.at("score"));
}

TEST_CASE("with labels a file is judged like samples of this plugin") {
  // Chains 0 .. 9 stand still, chains 10 .. 19 wander and are labelled.
  auto x = wandering(20, 6, 1);
  std::fill(x.begin(), x.begin() + 60, 0.5F);
  std::string labels;
  for (int i = 0; i < 20; ++i) labels += i < 10 ? "0\n" : "1\n";
  const auto path = std::filesystem::temp_directory_path() / "assay_trajectories_labels.csv";
  std::ofstream(path) << labels;
  const auto run =
      score(floats("a.npy", "(20, 6)", x), {{"keep", int64_t{10}}}, {{"labels", {path.string()}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.metric("auc") == 1);
  CHECK(run.out.metric("removal_at_retention") == 1);
  CHECK(run.out.arrays.at("kept").as<int64_t>() ==
        std::vector<int64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("a file that holds no trajectories is refused with the reason") {
  const std::vector<float> x(12, 1), odd{1, 2, 3, std::nanf("")};
  const std::vector<int32_t> whole(12);
  const auto says = [](const Run& run, const std::string& what) {
    CAPTURE(run.message);
    CHECK(run.status == ASSAY_INVALID_ARGUMENT);
    CHECK(run.message.find(what) != std::string::npos);
  };
  says(score(floats("a.npy", "(12,)", x)), "trajectories are [samples][steps]");
  says(score(floats("a.npy", "(3, 5)", x)), "promises");
  says(score(npy("a.npy", "<i4", "(3, 4)", whole.data(), 48)), "save x.astype('<f4')");
  says(score(npy("a.npy", ">f4", "(3, 4)", x.data(), 48)), "big-endian");
  says(score(floats("a.npy", "(1, 4)", odd)), "chain 0 is not finite at its step 3");
  says(score(floats("a.npy", "(3, 4)", x), {{"visited", Steps{1, 0}}}), "list one for each");
  says(score(floats("a.npy", "(3, 4)", x), {{"window", Steps{0, 1}}}), "a score needs 2");
  says(score(floats("a.npy", "(3, 4)", x), {{"timesteps", int64_t{3}}}), "set timesteps");
  says(score(floats("a.npy", "(3, 4)", x), {{"window", Steps{}}}), "input `data`");
}
