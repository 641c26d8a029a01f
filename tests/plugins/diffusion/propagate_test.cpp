// Densities of chains: against dense quadrature in numpy, published numbers, and samples.
#include "tests/plugins/fake_host.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>

using namespace fake;

namespace {
using Json = nlohmann::json;
using Reals = std::vector<double>;

const Host& host() {
  static const Host h(ASSAY_DIFFUSION);
  return h;
}

Run make_data(const Reals& modes, const Reals& weights = {},
              const std::string& set = "gaussian1d") {
  const auto run = host().run(
      "make_data",
      {{"dataset", set}, {"modes", modes}, {"weights", weights}, {"size", int64_t{100}}}, {});
  REQUIRE_MESSAGE(run.ok(), run.message);
  return run;
}

Run propagate(const Run& data, Params params) {
  params.emplace("source", std::string("exact"));
  return host().run("propagate", params, {{"data", {data}}});
}

/// The relative difference: doctest's Approx adds 1 to the scale, which small masses would pass.
double off(double found, double expected) { return std::abs(found / expected - 1); }

Run chain_of(const Run& data, int64_t timesteps) {
  const auto run = propagate(data, {{"timesteps", timesteps}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  return run;
}
}  // namespace

TEST_CASE("masses beyond k sigma and in gaps equal dense quadrature to 1 % of themselves") {
  // The cells are 1/50 of sigma wide; where masses decay steeply that is felt in the third digit.
  std::ifstream file(ASSAY_ORACLES "/diffusion_density.json");
  const Json cases = Json::parse(file)["cases"];
  CHECK(cases.size() == 3);
  for (const Json& c : cases) {
    const auto data = make_data(c["modes"].get<Reals>(), c["weights"].get<Reals>());
    const auto run = propagate(data, {{"timesteps", c["timesteps"].get<int64_t>()},
                                      {"variance", c["variance"].get<std::string>()}});
    REQUIRE_MESSAGE(run.ok(), run.message);
    CAPTURE(c["timesteps"].get<int>());
    for (const auto& [k, mass] : c["beyond"].items()) {
      CAPTURE(k);
      CHECK(off(run.out.metric("rate_beyond_" + k + "sigma"), mass) < 0.01);
    }
    for (size_t e = 0; e < c["gaps"].size(); ++e)
      CHECK(off(run.out.metric("gap/" + std::to_string(e)), c["gaps"][e]) < 0.01);
    CHECK(std::abs(run.out.metric("lost")) < 1e-5);
  }
}

TEST_CASE("chains of 50, 200 and 1000 steps on the true score hallucinate as known") {
  // Prototype of the method, numpy: modes 1, 2, 3, mass beyond 3 and 6 sigma; within 3 %.
  struct Known {
    int64_t timesteps;
    double beyond3, beyond6;
  };
  const auto data = make_data({1, 2, 3});
  for (const auto& known :
       {Known{50, 1.86e-2, 1.47e-4}, Known{200, 3.78e-3, 1.76e-6}, Known{1000, 1.53e-3, 2.45e-8}}) {
    CAPTURE(known.timesteps);
    const auto run = chain_of(data, known.timesteps);
    CHECK(off(run.out.metric("rate_beyond_3sigma"), known.beyond3) < 0.03);
    CHECK(off(run.out.metric("rate_beyond_6sigma"), known.beyond6) < 0.03);
  }
}

TEST_CASE("between modes at distance 2 the true score leaves less than 2e-17") {
  // 2e-17 is what rounding in a Fourier transform leaves; the density is far below.
  const auto run = chain_of(make_data({1, 2, 4}), 1000);
  CHECK(run.out.metric("gap/1") < 2e-17);
  CHECK(run.out.metric("gap/1") > 1e-20);
  CHECK(run.out.metric("gap/0") > 1e-9);
}

TEST_CASE("mass stays, is shared as the weights say, and modes keep their place") {
  const auto run = chain_of(make_data({-1, 2}, {1, 3}), 200);
  const auto mass = run.out.column("mode_mass", "mass").as<double>();
  CHECK(mass[0] == doctest::Approx(0.25).epsilon(0.01));
  CHECK(mass[1] == doctest::Approx(0.75).epsilon(0.01));
  const auto density = run.out.arrays.at("density").as<double>();
  double total = 0;
  for (size_t i = 0; i < density.size(); i += 2) total += density[i + 1];
  CHECK(total * (density[2] - density[0]) == doctest::Approx(1).epsilon(1e-5));
}

TEST_CASE("samples of the same chain fall beyond 3 sigma as often as the density says") {
  // 40,000 samples, rate 1.8e-2: within 5 standard errors, false alarm 6e-7.
  const auto data = make_data({1, 2, 3});
  const auto exact = chain_of(data, 50).out.metric("rate_beyond_3sigma");
  const auto samples = host().run("sample",
                                  {{"source", std::string("exact")},
                                   {"timesteps", int64_t{50}},
                                   {"n", int64_t{40000}},
                                   {"paths", int64_t{0}}},
                                  {{"data", {data}}});
  REQUIRE_MESSAGE(samples.ok(), samples.message);
  const auto label = host().run("label", {}, {{"samples", {samples}}});
  REQUIRE_MESSAGE(label.ok(), label.message);
  const double found = label.out.metric("rate_beyond/3sigma");
  CHECK(std::abs(found - exact) < 5 * std::sqrt(exact / 40000));
}

TEST_CASE("ddim with eta 1 spreads like ddpm with the posterior's variance") {
  const auto data = make_data({1, 2});
  const auto a =
      propagate(data, {{"timesteps", int64_t{50}}, {"variance", std::string("fixed_small")}});
  const auto b = propagate(data, {{"timesteps", int64_t{50}}, {"sampler", std::string("ddim")}});
  REQUIRE(a.ok());
  REQUIRE(b.ok());
  CHECK(off(a.out.metric("rate_beyond_6sigma"), b.out.metric("rate_beyond_6sigma")) < 1e-6);
}

namespace {
/// The smallest model of T = 30, trained below t_max = 20.
Run tiny_model(const Run& data) {
  const auto run = host().run("train",
                              {{"width", int64_t{4}},
                               {"batch", int64_t{50}},
                               {"budget", std::string("steps")},
                               {"steps", int64_t{2}},
                               {"timesteps", int64_t{30}},
                               {"t_max", int64_t{20}}},
                              {{"data", {data}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  return run;
}
}  // namespace

TEST_CASE("a model of other data, noise or timesteps is refused in a sentence") {
  const auto data = make_data({1, 2}), plane = make_data({}, {}, "gaussian9");
  const auto on = [&](const std::string& method, const Run& net, Params params) {
    return host().run(method, params, {{"data", {data}}, {"model", {{net, "model"}}}}).message;
  };
  const auto model = tiny_model(data), flat = tiny_model(plane);
  for (const std::string method : {"propagate", "sample", "landscape"}) {
    CAPTURE(method);
    CHECK(on(method, flat, {}) == "the model makes samples of 2 numbers, the data have 1");
    CHECK(on(method, model, {{"timesteps", int64_t{50}}}) ==
          "timesteps = 50 is not the model's, which was trained with 30 and brings its own noise; "
          "leave timesteps out");
    if (method != "landscape")
      CHECK(on(method, model, {{"t_max", int64_t{25}}}).find("trained with t_max = 20") !=
            std::string::npos);
  }
  CHECK(on("sample", model, {{"timesteps", int64_t{30}}, {"t_max", int64_t{15}}}).empty());
}

TEST_CASE("a model that throws mass off the grid has no density, rather than a wrong one") {
  const auto data = make_data({1, 2});
  const auto model = tiny_model(data);  // hardly trained: its chain widens N(0, 1)
  const auto on = [&](const Reals& range) {
    return host().run("propagate", {{"range", range}, {"cells", int64_t{4001}}},
                      {{"data", {data}}, {"model", {{model, "model"}}}});
  };
  const auto narrow = on({-6, 6}), wide = on({-60, 60});
  CHECK(narrow.status == ASSAY_DIVERGED);
  CHECK(narrow.message.find("left the grid [-6.0") != std::string::npos);
  REQUIRE_MESSAGE(wide.ok(), wide.message);
  CHECK(std::abs(wide.out.metric("lost")) < 1e-5);
}

TEST_CASE("a grid without room for the chain is refused, and with more the masses stay") {
  const auto data = make_data({1, 5});
  const auto on = [&](const Reals& range) {
    return propagate(data,
                     {{"timesteps", int64_t{50}}, {"range", range}, {"cells", int64_t{4001}}});
  };
  for (const Reals& narrow :
       {Reals{0, 2.1}, Reals{-5, 9}, Reals{-6, INFINITY}, Reals{std::nan(""), 9}})
    CHECK(host().refusal("propagate", {{"range", narrow}}) ==
          "range must hold [-6, 6], where the noise is that chains start from");
  CHECK(on({-6, 7}).message.find("3 beyond the outer modes") != std::string::npos);
  const auto wide = on({-12, 12});
  REQUIRE_MESSAGE(wide.ok(), wide.message);
  const auto usual = chain_of(data, 50);
  CHECK(off(wide.out.metric("rate_beyond_3sigma"), usual.out.metric("rate_beyond_3sigma")) < 0.05);
}

TEST_CASE("what has no density is refused in a sentence") {
  const auto data = make_data({1, 2});
  const auto plane = propagate(make_data({}, {}, "gaussian9"), {});
  CHECK(plane.status == ASSAY_INVALID_ARGUMENT);
  CHECK(plane.message.find("one dimension") != std::string::npos);
  const auto nobody = host().run("propagate", {}, {{"data", {data}}});
  CHECK(nobody.message.find("needs the input `model`") != std::string::npos);
}
