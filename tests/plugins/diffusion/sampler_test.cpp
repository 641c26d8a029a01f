// Draws, tables, and samples of the exact score.
#include "plugins/diffusion/generator.hpp"
#include "plugins/diffusion/normals.hpp"
#include "plugins/diffusion/point_files.hpp"
#include "plugins/diffusion/point_sets.hpp"
#include "plugins/diffusion/table.hpp"

#include <assay/plugin.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <numbers>

using namespace diffusion;

TEST_CASE("normals are Box and Muller's of the words of Philox") {
  const assay::Philox philox(77);
  std::vector<float> out(1000);
  normals(77, 5, 0, 1000, out.data());
  for (size_t e = 0; e < out.size(); e += 2) {
    const auto words = philox.words(e / 4, 5);
    const uint32_t a = words[e % 4], b = words[e % 4 + 1];
    const double radius = std::sqrt(-2 * std::log(((a >> 8) + 0.5) * 0x1p-24));
    const double angle = 2 * std::numbers::pi * b * 0x1p-32;
    CHECK(std::abs(out[e] - radius * std::cos(angle)) < 1e-6);
    CHECK(std::abs(out[e + 1] - radius * std::sin(angle)) < 1e-6);
  }
}

TEST_CASE("a normal does not depend on where its block begins") {
  std::vector<float> all(500), part(321);
  normals(1, 2, 0, 500, all.data());
  normals(1, 2, 99, 321, part.data());
  CHECK(std::equal(part.begin(), part.end(), all.begin() + 99));
}

TEST_CASE("a million normals have the moments of the normal distribution") {
  // Each bound is 5 standard errors: a false alarm in 2 million for each.
  std::vector<float> x(1'000'000);
  normals(3, 0, 0, 1'000'000, x.data());
  double sum[4] = {};
  for (const double v : x)
    sum[0] += v, sum[1] += v * v, sum[2] += v * v * v, sum[3] += v * v * v * v;
  CHECK(std::abs(sum[0]) < 5 * std::sqrt(1e6));
  CHECK(std::abs(sum[1] - 1e6) < 5 * std::sqrt(2e6));
  CHECK(std::abs(sum[2]) < 5 * std::sqrt(15e6));
  CHECK(std::abs(sum[3] - 3e6) < 5 * std::sqrt(96e6));
}

namespace {

Data line(int64_t size) { return draw_points({"gaussian1d", size, 1, {}, {}, 0, "auto"}, 11, 12); }

GeneratorOptions generation(const Schedule& s, int64_t n, int64_t batch) {
  GeneratorOptions options;
  options.sampler = {ddpm_chain(s, every_timestep(s.timesteps()), "fixed_large"), 5, false, false,
                     0};
  options.windows = {{0, 10}};
  std::vector<int64_t> visited;
  for (const auto& step : options.sampler.chain) visited.push_back(step.t);
  options.snr = signal_to_noise(s, visited);
  options.n = n;
  options.batch = batch;
  return options;
}
}  // namespace

TEST_CASE("the data sets have the modes, the order and the divisors of the reference") {
  const Data d = line(1000);
  CHECK(d.label[4] == 1);
  double sum = 0;
  for (size_t i = 1; i < d.x.size(); i += 3) sum += d.x[i];
  CHECK(std::abs(sum / 333 - 2) < 5 * 0.05 / std::sqrt(333));
  const auto of = [](const char* name) { return point_world({name, 1, 1, {}, {}, 0, "auto"}); };
  CHECK(of("gaussian25").divisor == doctest::Approx(2.828869).epsilon(1e-6));
  CHECK(of("gaussian25_rotated").divisor == doctest::Approx(2.828869).epsilon(1e-6));
  CHECK(of("gaussian9").divisor == doctest::Approx(1.633759).epsilon(1e-6));
  CHECK(of("gaussian8").divisor == doctest::Approx(std::sqrt(0.0004 + 2)));
  CHECK(spacing(of("gaussian25").mixture) == doctest::Approx(0.70700).epsilon(1e-5));
  CHECK(spacing(of("gaussian25_rotated").mixture) == doctest::Approx(0.49992).epsilon(1e-4));
  CHECK(of("gaussian25_rotated").mixture.modes[2] * 2.828869 == doctest::Approx(-3).epsilon(1e-6));
}

TEST_CASE("bad mixtures are refused in a sentence") {
  const auto make = [](std::vector<double> modes, std::vector<double> weights) {
    point_world({"mixture", 1, 2, std::move(modes), std::move(weights), 0, "auto"});
  };
  CHECK_THROWS_WITH(make({}, {}),
                    "modes is empty: list the centres of the mixture, one after another");
  CHECK_THROWS_WITH(make({1, 2, 3}, {}),
                    "modes lists 3 numbers, which is no multiple of dimension = 2");
  CHECK_THROWS_WITH(make({1, 2, 3, 4, 1, 2}, {}),
                    "modes 0 and 2 are the same point; list each mode once and use weights");
  CHECK_THROWS_WITH(make({1, 2, 3, 4}, {1}), "weights lists 1 numbers for 2 modes");
  CHECK_THROWS_WITH(make({1, 2, 3, 4}, {1, 0}),
                    "every weight must be above 0; leave a mode out instead");
  CHECK_THROWS_WITH(make({1, std::nan(""), 3, 4}, {}), "modes lists a number that is not finite");
  CHECK_THROWS_WITH(make({1, 2, 3, 4}, {INFINITY, 1}), "weights lists a number that is not finite");
}

TEST_CASE(
    "the turned lattice has the straight one's divisor, but for modes or weights of the user") {
  const auto divisor = [](std::vector<double> modes, std::vector<double> weights) {
    return point_world(
               {"gaussian25_rotated", 1, 1, std::move(modes), std::move(weights), 0, "auto"})
        .divisor;
  };
  CHECK(divisor({}, {}) == doctest::Approx(std::sqrt(0.0025 + 8)));
  CHECK(divisor({0, 0, 2, 2}, {}) == doctest::Approx(std::sqrt(0.0025 + 1)));
  CHECK(divisor({}, std::vector<double>(25, 1)) == doctest::Approx(std::sqrt(0.0025 + 4)));
}

TEST_CASE("a chain with learned variances needs a model that has learned them") {
  const auto s = make_schedule("linear", 10, 0.001, 0.2);
  ExactDenoiser exact(line(1).mixture, s);
  CHECK_THROWS_WITH(
      Sampler(exact, {ddpm_chain(s, every_timestep(10), "fixed_large"), 1, false, true, 0}),
      "the model was not trained with variance = \"learned\"; set variance to fixed_large or "
      "fixed_small");
  CHECK_THROWS_WITH(Sampler(exact, {}), "a chain has at least one step");
}

namespace {
/// An NPY file of float32 rows.
std::string npy(const std::string& shape, const std::vector<float>& values) {
  std::string head = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }";
  head.resize(118, ' ');
  head += '\n';
  const auto path = std::filesystem::temp_directory_path() / "assay-points.npy";
  std::ofstream file(path, std::ios::binary);
  file << "\x93NUMPY\x01" << '\0' << '\x77' << '\0' << head;
  file.write(reinterpret_cast<const char*>(values.data()),
             static_cast<std::streamsize>(values.size() * 4));
  return path.string();
}
}  // namespace

TEST_CASE("points come from a file as they are, with modes if they are given") {
  const auto path = npy("(3, 2)", {1, 2, 3, 4, 5, 6});
  const Data d = point_file_data(path, {"points", 2, 1, {}, {}, 0, "auto"});
  CHECK(d.x == std::vector<float>{1, 2, 3, 4});
  CHECK(d.shape == std::vector<int64_t>{2});
  CHECK(d.mixture.count() == 0);
  const Data m = point_file_data(path, {"points", 9, 1, {1, 2, 5, 6}, {}, 0.1, "auto"});
  CHECK(m.count() == 3);
  CHECK(m.mixture.count() == 2);
  CHECK(m.mixture.sigma == 0.1);
  CHECK(point_file_data(npy("(3,)", {7, 8, 9}), {"points", 9, 1, {}, {}, 0, "auto"}).features() ==
        1);
  CHECK_THROWS_WITH(point_file_data(path, {"points", 9, 1, {1, 2}, {}, 0, "auto"}),
                    "modes of dataset = \"points\" need sigma, their width in the file's units");
  CHECK_THROWS_AS(point_file_data(npy("(1, 1, 2)", {1, 2}), {"points", 9, 1, {}, {}, 0, "auto"}),
                  std::invalid_argument);
}

TEST_CASE("sampling with the true score gives the modes back") {
  const auto s = make_schedule("linear", 200, 0.001, 0.2);
  const Data d = line(1);
  ExactDenoiser exact(d.mixture, s);
  Generator made(exact, generation(s, 3000, 512));
  while (!made.done()) made.step();
  int64_t count[3] = {};
  for (const float x : made.x()) {
    const auto k = std::clamp<int64_t>(std::lround(x), 1, 3);
    ++count[k - 1];
    CHECK(std::abs(x - static_cast<float>(k)) < 6 * 0.05);  // 1.8e-6 of them should not
  }
  // 5 standard deviations of a binomial share.
  for (const int64_t c : count) CHECK(std::abs(c - 1000) < 5 * std::sqrt(3000 * 2.0 / 9));
}

TEST_CASE("a sample is the same in blocks of any size, and alone") {
  const auto s = make_schedule("linear", 50, 0.001, 0.2);
  const Data d = point_world({"gaussian9", 1, 2, {}, {}, 0, "auto"});
  ExactDenoiser exact(d.mixture, s);
  Generator whole(exact, generation(s, 100, 100)), parts(exact, generation(s, 100, 7));
  while (!whole.done()) whole.step();
  while (!parts.done()) parts.step();
  CHECK(whole.x() == parts.x());
  CHECK(whole.scores() == parts.scores());
  Sampler sampler(exact, generation(s, 100, 7).sampler);
  std::vector<float> x(4);
  sampler.run({63, 8}, x.data());
  CHECK(x == std::vector<float>{whole.x()[126], whole.x()[127], whole.x()[16], whole.x()[17]});
}

TEST_CASE("a table's error falls with the square of its grid's spacing") {
  const auto s = make_schedule("linear", 100, 0.001, 0.2);
  ExactDenoiser exact(line(1).mixture, s);
  const auto chain = ddpm_chain(s, every_timestep(100), "fixed_large");
  std::vector<float> x(20000), truth(x.size()), answer(x.size());
  for (size_t i = 0; i < x.size(); ++i) x[i] = -6 + 0.0007f * static_cast<float>(i);
  const auto worst = [&](int64_t points, int64_t t) {
    TableDenoiser table(exact, chain, {-6, 8}, points);
    table.eps(x.data(), 20000, t, answer.data());
    exact.eps(x.data(), 20000, t, truth.data());
    float most = 0;
    for (size_t i = 0; i < x.size(); ++i) most = std::max(most, std::abs(answer[i] - truth[i]));
    return most;
  };
  CHECK(worst(4001, 20) < 2e-3f);
  CHECK(worst(4001, 50) < 1e-4f);
  CHECK(worst(4001, 10) < 0.3f * worst(2001, 10));
  TableDenoiser table(exact, chain, {-6, 8}, 11);
  CHECK_THROWS_AS(table.eps(x.data(), 1, 100, answer.data()), std::out_of_range);
}

TEST_CASE("clipping keeps the predicted clean sample in the image range") {
  struct Far : Denoiser {
    int64_t features() const override { return 1; }
    void eps(const float*, int64_t n, int64_t, float* eps) override { std::fill_n(eps, n, -9.0f); }
  } far;
  const auto s = make_schedule("cosine", 20, 0, 0);
  Sampler sampler(far, {ddim_chain(s, every_timestep(20), 0), 1, true, false, 20});
  float x = 0;
  sampler.run(0, 1, &x, [](const Step&, const float* x0) { CHECK(*x0 == 1); });
  CHECK(x == doctest::Approx(1));
}
