// Distances between sets of features, against scipy and by hand, and the features themselves.
#include "plugins/diffusion/feature_net.hpp"
#include "plugins/diffusion/frechet_distance.hpp"
#include "plugins/diffusion/histogram_kl.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <stdexcept>
#include <vector>

using namespace diffusion;

namespace {

nlohmann::json oracle() {
  std::ifstream file(ASSAY_ORACLES "/frechet.json");
  REQUIRE(file);
  return nlohmann::json::parse(file);
}

at::Tensor rows(const nlohmann::json& values, int64_t d) {
  return torch::tensor(values.get<std::vector<double>>(), at::kDouble).reshape({-1, d});
}

double distance(const at::Tensor& a, const at::Tensor& b) {
  return frechet_distance(moments(a), moments(b));
}

}  // namespace

TEST_CASE("distance, precision and recall equal scipy's and brute force's") {
  const auto cases = oracle()["cases"];
  REQUIRE(cases.size() == 4);
  for (size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(i);
    const auto& o = cases[i];
    const auto x = rows(o["x"], o["d"]), y = rows(o["y"], o["d"]);
    // The last case has singular covariances: eigenvalues that are 0 come out as about 1e-16, their
    // roots as 1e-8.
    CHECK(std::abs(distance(x, y) - o["distance"].get<double>()) < 1e-6);
    const auto near = coverage(x, y, o["k"]);
    CHECK(near.precision == doctest::Approx(o["precision"].get<double>()));
    CHECK(near.recall == doctest::Approx(o["recall"].get<double>()));
  }
}

TEST_CASE("two pairs of numbers, worked by hand, are at distance 1 + (sqrt 2 - sqrt 8)^2") {
  // 0 and 2 have the mean 1 and the variance 2 (N - 1); 0 and 4 the mean 2 and the variance 8.
  const auto a = torch::tensor({{0.0}, {2.0}}), b = torch::tensor({{0.0}, {4.0}});
  CHECK(distance(a, b) == doctest::Approx(1 + 2 + 8 - 2 * 4));
}

TEST_CASE("a set is at distance 0 from itself, and the distance is symmetric") {
  torch::manual_seed(1);
  const auto a = torch::randn({50, 6}, at::kDouble), b = 2 * torch::randn({40, 6}, at::kDouble) + 1;
  CHECK(std::abs(distance(a, a)) < 1e-9);
  CHECK(distance(a, b) == doctest::Approx(distance(b, a)));
}

TEST_CASE("a shift adds its squared length; a rotation of both changes nothing") {
  torch::manual_seed(2);
  const auto a = torch::randn({50, 4}, at::kDouble), b = torch::randn({60, 4}, at::kDouble) * 3;
  const auto shift = torch::tensor({1.0, -2.0, 0.0, 2.0}, at::kDouble);
  CHECK(distance(a, a + shift) == doctest::Approx(9.0));
  const auto q = std::get<0>(at::linalg_qr(torch::randn({4, 4}, at::kDouble)));
  CHECK(distance(a.mm(q), b.mm(q)) == doctest::Approx(distance(a, b)));
}

TEST_CASE("samples far from all data have precision 0, and copies of the data 1") {
  torch::manual_seed(3);
  const auto a = torch::randn({30, 4});
  CHECK(coverage(a, a + 100, 3).precision == 0);
  CHECK(coverage(a, a + 100, 3).recall == 0);
  CHECK(coverage(a, a, 3).precision == 1);
  CHECK(coverage(a, a, 3).recall == 1);
  const auto half = a.narrow(0, 0, 15);  // fewer modes of the data: precise, but not complete
  CHECK(coverage(a, half, 3).precision == 1);
  CHECK(coverage(a, half, 3).recall < 1.01);
}

TEST_CASE("sets that cannot be compared are refused") {
  const auto a = torch::randn({5, 3}), b = torch::randn({5, 4});
  CHECK_THROWS_WITH_AS(distance(a, b),
                       "features of 3 and of 4 numbers cannot be compared: take both from one "
                       "extractor",
                       std::invalid_argument);
  CHECK_THROWS_AS(moments(a.narrow(0, 0, 1)), std::invalid_argument);
  CHECK_THROWS_AS(moments(a / 0), std::invalid_argument);
  CHECK_THROWS_AS(coverage(a, a.narrow(0, 0, 3), 3), std::invalid_argument);
}

TEST_CASE("the divergence of histograms equals numpy's") {
  const auto cases = oracle()["histograms"];
  REQUIRE(cases.size() == 3);
  for (size_t i = 0; i < cases.size(); ++i) {
    CAPTURE(i);
    const auto& o = cases[i];
    const auto x = o["x"].get<std::vector<float>>(), y = o["y"].get<std::vector<float>>();
    CHECK(histogram_kl(x, y, o["d"]) == doctest::Approx(o["kl"].get<double>()).epsilon(1e-9));
  }
}

TEST_CASE("samples that are the data have no divergence; those beyond all bins have the most") {
  std::vector<float> x;
  for (int i = 0; i < 1000; ++i) x.push_back(std::sin(static_cast<float>(i)));
  CHECK(histogram_kl(x, x, 1) == 0);
  // ln(p + 1e-9) + 9 ln 10 in each bin.
  CHECK(histogram_kl(x, std::vector<float>(50, 7.0f), 1) > 15);
  CHECK_THROWS_AS(histogram_kl(x, x, 3), std::invalid_argument);
  CHECK_THROWS_AS(histogram_kl(std::vector<float>(9), x, 1), std::invalid_argument);
}

TEST_CASE("the classifier of features has as many parameters as its layers make") {
  // 28 x 28: 25*16+16, 25*16*32+32, 49*32*128+128, 128*10+10.
  FeatureNet net({1, 28, 28}, 10);
  int64_t n = 0;
  for (const auto& p : net.parameters()) n += p.numel();
  CHECK(n == 416 + 12832 + 200832 + 1290);
  torch::manual_seed(4);
  const auto images = torch::randn({300, 1, 28, 28});
  const auto all = features_of(net, images, at::kCPU);
  CHECK(all.sizes() == at::IntArrayRef{300, kFeatures});
  CHECK(all.min().item<float>() == 0);  // after a ReLU
  CHECK(at::equal(features_of(net, images.narrow(0, 0, 7), at::kCPU), all.narrow(0, 0, 7)));
  CHECK_THROWS_AS(FeatureNet({1, 3, 28}, 10), std::invalid_argument);
}
