// The methods one after another, on the released parameters and on curves made up from them.
#include "tests/plugins/qqt/qqt_host.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace fake;
using qqt_test::host;

namespace {

Run released(const std::string& law = "utility") {
  const Run run = host().run("import_params", {{"id", "tmars_imagenet1k_" + law}, {"law", law}},
                             {{"params", {std::string(ASSAY_EXPERIMENTS "/qqt/released.jsonl")}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  return run;
}

Run simulated(const Params& params = {}) {
  const Run laws = released();
  const Run run = host().run("simulate", params, {{"laws", {Source(laws)}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  return run;
}

Run fitted(const Run& curves, const Params& params = {}) {
  Params all{{"form", std::string("code")}, {"bootstrap", int64_t{40}}};
  for (const auto& [key, value] : params) all[key] = value;
  return host().run("fit", all, {{"curves", {Source(curves)}}});
}

double value_of(const Run& fit, const std::string& pool, const std::string& column) {
  const auto& names = fit.out.column("pools", "pool").strings;
  const auto at = std::find(names.begin(), names.end(), pool) - names.begin();
  return fit.out.column("pools", column).as<double>().at(static_cast<size_t>(at));
}

bool warned(const Run& fit, const std::string& kind) {
  const auto& kinds = fit.out.column("warnings", "kind").strings;
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}
}  // namespace

TEST_CASE("best_pool chooses as the released laws do, and gives the repetitions of the paper") {
  const Run laws = released();
  const Run best = host().run("best_pool",
                              {{"budgets", std::vector<double>{1280e6, 32e6, 64e6, 128e6, 640e6}},
                               {"to", 5e9},
                               {"from", 8e6}},
                              {{"laws", {Source(laws)}}});
  REQUIRE_MESSAGE(best.ok(), best.message);
  CHECK(best.out.column("best", "q").as<int64_t>() == std::vector<int64_t>{1, 1, 2, 2, 3});
  const auto cross = best.out.column("crossovers", "samples").as<double>();
  REQUIRE(cross.size() == 2);
  CHECK(std::abs(cross[0] - 100.54e6) <= 0.005e6);
  CHECK(std::abs(cross[1] - 1096.3e6) <= 0.05e6);
  // The best pool is worth a fresh second one after 2.4 repetitions, a fresh third after 4.6.
  const auto worth = best.out.column("equal_utility", "repetitions").as<double>();
  CHECK(std::abs(worth[0] - 2.4) <= 0.05);
  CHECK(std::abs(worth[1] - 4.6) <= 0.05);
  CHECK(best.out.texts.at("advice").find("without draws") != std::string::npos);
  CHECK(best.out.metric("gain_over_fixed") > 0);
}

TEST_CASE("predict gives every union at every budget, once, in ascending order") {
  const Run laws = released("data");
  const Run run = host().run(
      "predict",
      {{"budgets", std::vector<double>{128e6, 32e6, 32e6}}, {"unions", std::string("all")}},
      {{"laws", {Source(laws)}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto n = run.out.column("predictions", "samples").as<double>();
  CHECK(n.size() == 15 * 2);
  CHECK(n[0] == 32e6);
  CHECK(n[1] == 128e6);
  CHECK(run.out.metric("above_one") == 0);
}

TEST_CASE("what simulate makes up without noise, fit finds again") {
  const Run fit = fitted(simulated({{"noise_sd", 0.0}}));
  REQUIRE_MESSAGE(fit.ok(), fit.message);
  CHECK(fit.out.metric("sse") < 1e-20);
  CHECK(value_of(fit, "top 0-10%", "b") == doctest::Approx(-0.16).epsilon(1e-5));
  CHECK(value_of(fit, "top 30-40%", "tau") == doctest::Approx(25.0 / 11).epsilon(1e-5));
  CHECK(value_of(fit, "random 25% of top 40%", "b") == doctest::Approx(-0.12).epsilon(1e-5));
  CHECK(fit.out.column("params", "pool").strings.size() == 5 * 4);
}

TEST_CASE("the laws of a fit have its draws, and best_pool says how sure it is") {
  const Run curves = simulated();
  const Run fit = fitted(curves);
  REQUIRE_MESSAGE(fit.ok(), fit.message);
  CHECK(fit.out.column("laws", "draw").as<int64_t>().size() == 41 * 5);
  const Run best = host().run("best_pool", {}, {{"laws", {Source(fit)}}});
  REQUIRE_MESSAGE(best.ok(), best.message);
  const auto q = best.out.column("best", "q").as<int64_t>();
  CHECK(q[0] == 1);
  CHECK(best.out.column("best", "probability").as<double>()[0] > 0.9);
  double sum = 0;
  const auto samples = best.out.column("decisions", "samples").as<double>();
  const auto share = best.out.column("decisions", "probability").as<double>();
  for (size_t i = 0; i < samples.size(); ++i) sum += samples[i] == 128e6 ? share[i] : 0;
  CHECK(sum == doctest::Approx(1));
}

TEST_CASE("the grid is deterministic, and no better than least squares") {
  const Run curves = simulated();
  const Params grid{
      {"optimizer", std::string("grid")}, {"bootstrap", int64_t{0}}, {"grid_points", int64_t{40}}};
  const Run one = fitted(curves, grid), two = fitted(curves, grid);
  REQUIRE_MESSAGE(one.ok(), one.message);
  CHECK(one.out == two.out);
  CHECK(one.out.metric("sse") >= fitted(curves).out.metric("sse"));
}

TEST_CASE("the covariance has a row for each parameter that was searched for, and says which") {
  const Run fit = fitted(simulated());
  REQUIRE_MESSAGE(fit.ok(), fit.message);
  const auto& names = fit.out.column("theta", "parameter").strings;
  CHECK(names.size() == 11);  // one a, and b and tau of four pools and the control
  CHECK(std::count(names.begin(), names.end(), "ln tau") == 5);
  CHECK(fit.out.arrays.at("covariance").shape == std::vector<int64_t>{11, 11});
  const auto value = fit.out.column("theta", "value").as<double>();
  CHECK(std::exp(value[0]) == doctest::Approx(fit.out.metric("a")));
}

TEST_CASE("the grid refuses curves that share an exponent, least squares share it") {
  qqt_test::Files files;
  std::string csv = "pool,N,n,error,role,quality_id\n";
  for (const double n : {500., 1000., 2000., 4000., 8000.}) {
    const std::string point =
        std::to_string(n) + "," + std::to_string(0.9 * std::pow(n / 500, -0.2));
    csv += "a,1000," + point + ",pool,best\nfresh,100000," + point + ",control,best\n";
  }
  files.write("c.csv", csv);
  const Run curves = host().run("import", {}, {{"files", {files.path() + "/c.csv"}}});
  REQUIRE_MESSAGE(curves.ok(), curves.message);
  CHECK(fitted(curves, {{"optimizer", std::string("grid")}, {"unit", 1000.0}})
            .message.find("pools \"a\" and \"fresh\" have one quality_id") == 0);
  const Run fit = fitted(curves, {{"unit", 1000.0}, {"d", 0.0}});
  const auto b = fit.out.column("pools", "b").as<double>();
  CHECK(b[0] == b[1]);
}

TEST_CASE("a profile of d is a table, and the fit is at its best row") {
  const Run fit = fitted(simulated(), {{"d_mode", std::string("profile")},
                                       {"profile_d", std::vector<double>{0, 0.1, 0.2, 0.3}}});
  REQUIRE_MESSAGE(fit.ok(), fit.message);
  const auto sse = fit.out.column("profile", "sse").as<double>();
  REQUIRE(sse.size() == 4);
  CHECK(fit.out.metric("sse") == doctest::Approx(*std::min_element(sse.begin(), sse.end())));
  CHECK(fit.out.metric("d_low") <= fit.out.metric("d"));
  const auto& parameter = fit.out.column("params", "parameter").strings;
  const auto lo = fit.out.column("params", "lo").as<double>(),
             hi = fit.out.column("params", "hi").as<double>();
  for (size_t i = 0; i < parameter.size(); ++i) {
    if (parameter[i] != "d") continue;
    CHECK(lo[i] == fit.out.metric("d_low"));
    CHECK(hi[i] == fit.out.metric("d_high"));
  }
}

TEST_CASE("a profile that does not rise to its ends is warned about, whichever optimiser made it") {
  const Run curves = simulated();
  for (const char* optimizer : {"nlls", "grid"}) {
    CAPTURE(optimizer);
    const auto profile = [&](std::vector<double> d) {
      return fitted(curves, {{"optimizer", std::string(optimizer)},
                             {"d_mode", std::string("profile")},
                             {"grid_points", int64_t{40}},
                             {"bootstrap", int64_t{0}},
                             {"profile_d", std::move(d)}});
    };
    const Run narrow = profile({0.1, 0.11});
    REQUIRE_MESSAGE(narrow.ok(), narrow.message);
    CHECK(warned(narrow, "not_identified"));
    CHECK(narrow.out.metric("d_low") >= 0.1);
    const Run wide = profile({0, 0.01, 0.1, 0.2, 0.5, 0.9});
    REQUIRE_MESSAGE(wide.ok(), wide.message);
    CHECK_FALSE(warned(wide, "not_identified"));
    CHECK(wide.out.metric("d_high") < 0.9);
    CHECK(wide.out.metric("d_high") >= wide.out.metric("d"));
  }
}

TEST_CASE(
    "parameters that end at a node of the grid's end are at a bound, without standard error") {
  const Run fit = fitted(simulated(), {{"optimizer", std::string("grid")},
                                       {"grid_tau", std::vector<double>{7, 10}},
                                       {"grid_points", int64_t{20}},
                                       {"bootstrap", int64_t{0}}});
  REQUIRE_MESSAGE(fit.ok(), fit.message);
  CHECK(warned(fit, "at_bound"));
  const auto at_bound = fit.out.column("params", "at_bound").as<uint8_t>();
  const auto se = fit.out.column("params", "se").as<double>();
  CHECK(std::count(at_bound.begin(), at_bound.end(), 1) > 0);
  for (size_t i = 0; i < se.size(); ++i)
    if (at_bound[i]) CHECK(std::isnan(se[i]));
}

TEST_CASE("steep laws, and errors above 1, are said with every choice") {
  qqt_test::Files files;
  const auto choose = [&](const std::string& b) {
    files.write("p.jsonl", R"({"best_a": 1, "b_values": [)" + b +
                               R"(, -0.1], "c_values": [2, 3], "names": ["A", "B"]})");
    const Run laws = host().run("import_params", {{"controls", int64_t{0}}, {"pool_size", 1e6}},
                                {{"params", {files.path() + "/p.jsonl"}}});
    REQUIRE_MESSAGE(laws.ok(), laws.message);
    const Run run = host().run("best_pool", {{"budgets", std::vector<double>{5e4, 1e6}}},
                               {{"laws", {Source(laws)}}});
    REQUIRE_MESSAGE(run.ok(), run.message);
    return run;
  };
  const Run steep = choose("-0.75");
  CHECK(steep.out.texts.at("advice").find("Do not rely on these predictions") == 0);
  CHECK(steep.log.at(0).find("|b| is beyond 0.7 of pool \"A\"") != std::string::npos);
  const Run plain = choose("-0.6");
  CHECK(plain.out.texts.at("advice").find("Do not rely") == std::string::npos);
  // 5e4 is below the unit, so that (a n / u)^b is above 1.
  CHECK(plain.out.texts.at("advice").find("is above 1, where the law does not hold") !=
        std::string::npos);
}

TEST_CASE("law data knows no repetitions until a fresh pool is as good") {
  const Run laws = released("data");
  const Run best = host().run("best_pool", {}, {{"laws", {Source(laws)}}});
  REQUIRE_MESSAGE(best.ok(), best.message);
  CHECK(best.out.column("equal_utility", "pool").strings.empty());
}

TEST_CASE("two pools of one rank are refused, as from two files numbered from 0") {
  qqt_test::Files files;
  files.write("a.csv", "pool,N,n,error\na,100,50,0.9\na,100,100,0.8\n");
  files.write("b.csv", "pool,N,n,error\nb,100,50,0.9\nb,100,100,0.85\n");
  const Run a = host().run("import", {}, {{"files", {files.path() + "/a.csv"}}}),
            b = host().run("import", {}, {{"files", {files.path() + "/b.csv"}}});
  const Run fit = host().run("fit", {}, {{"curves", {Source(a), Source(b)}}});
  CHECK(fit.message.find("pools \"a\" and \"b\" both have the rank 0") == 0);
}

TEST_CASE("a union without a point in the range matters only where gamma is fitted from it") {
  qqt_test::Files files;
  files.write("c.csv",
              "pool,N,n,error,role,members\na,100,50,0.9,pool,0\na,100,100,0.8,pool,0\n"
              "a,100,400,0.7,pool,0\nb,100,50,0.95,pool,1\nb,100,100,0.85,pool,1\n"
              "b,100,400,0.8,pool,1\nboth,200,1000,0.6,union,0+1\n");
  const Run curves = host().run("import", {}, {{"files", {files.path() + "/c.csv"}}});
  REQUIRE_MESSAGE(curves.ok(), curves.message);
  Params params{{"max_n", 500.0}, {"unit", 10.0}, {"d", 0.0}};
  CHECK(fitted(curves, params).ok());
  params["gamma_from"] = std::string("both");
  CHECK(fitted(curves, params).message.find("pool \"both\" has no point from min_n") == 0);
}

TEST_CASE("pools without a rank make no unions in simulate, in one sentence") {
  qqt_test::Files files;
  files.write("epoch_2_.jsonl", R"({"key": "imagenet1k", "metrics": {"main_metric": 0.25}})");
  files.write("epoch_4_.jsonl", R"({"key": "imagenet1k", "metrics": {"main_metric": 0.35}})");
  std::vector<Run> curves;
  for (const char* pool : {"x", "y"})
    curves.push_back(host().run("import", {{"pool", std::string(pool)}, {"pool_size", 1e6}},
                                {{"files", {files.path()}}}));
  const Run fit = host().run("fit", {}, {{"curves", {Source(curves[0]), Source(curves[1])}}});
  REQUIRE_MESSAGE(fit.ok(), fit.message);
  const Run run = host().run("simulate", {{"unions", true}}, {{"laws", {Source(fit)}}});
  CHECK(run.status == ASSAY_INVALID_ARGUMENT);
  CHECK(run.message.find("has no rank") != std::string::npos);
}

TEST_CASE("a free d is warned about, a fixed one is not") {
  const Run free = fitted(simulated(), {{"d_mode", std::string("free")}});
  REQUIRE(warned(free, "not_identified"));
  CHECK(free.out.column("warnings", "text").strings[0].find("its 90 % interval is ") !=
        std::string::npos);
  CHECK_FALSE(warned(fitted(simulated()), "not_identified"));
}

TEST_CASE("a pool that never learns is flagged, fitted apart and left out of unions") {
  qqt_test::Files files;
  std::string csv = "pool,N,n,error\n";
  for (const double n : {500., 1000., 2000., 4000., 8000.}) {
    csv += "good,1000," + std::to_string(n) + "," + std::to_string(0.9 * std::pow(n / 500, -0.2)) +
           "\n";
    csv += "junk,1000," + std::to_string(n) + ",0.985\n";
  }
  files.write("c.csv", csv);
  const Run curves = host().run("import", {}, {{"files", {files.path() + "/c.csv"}}});
  REQUIRE_MESSAGE(curves.ok(), curves.message);
  const Run fit = fitted(curves, {{"unit", 1000.0}, {"d", 0.0}});
  REQUIRE_MESSAGE(fit.ok(), fit.message);
  CHECK(warned(fit, "flat"));
  CHECK(fit.out.metric("measurable/0") == 1);
  CHECK(fit.out.metric("measurable/1") == 0);
  Params question{{"budgets", std::vector<double>{1000, 1e5}}};
  Run best = host().run("best_pool", question, {{"laws", {Source(fit)}}});
  REQUIRE_MESSAGE(best.ok(), best.message);
  CHECK(best.out.column("best", "union").strings == std::vector<std::string>{"good", "good"});
  question["unmeasurable"] = std::string("keep");
  best = host().run("best_pool", question, {{"laws", {Source(fit)}}});
  REQUIRE_MESSAGE(best.ok(), best.message);
}

TEST_CASE("validate: laws predict unions that follow them, with no regret and gamma found") {
  const Run curves = simulated({{"noise_sd", 0.0},
                                {"unions", true},
                                {"epochs", std::vector<double>{2, 4, 6, 10, 20, 50, 100}}});
  const Run fit = fitted(curves, {{"gamma_from", std::string("top 0-10% + top 10-20%")}});
  REQUIRE_MESSAGE(fit.ok(), fit.message);
  CHECK(fit.out.metric("gamma") == doctest::Approx(1).epsilon(1e-3));
  const Run run =
      host().run("validate", {}, {{"laws", {Source(fit)}}, {"curves", {Source(curves)}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.metric("mae") < 1e-4);
  CHECK(run.out.metric("regret") == 0);
  CHECK(run.out.metric("agreement") == 1);
  CHECK(run.out.metric("regret_all") > 0);
  CHECK(run.out.metric("switch_factor") < 1.5);  // 100.5 M, measured between 64 M and 128 M
}

TEST_CASE(
    "identify: with d free a spreads by more than a factor of ten, with d fixed it does not") {
  const Run laws = released();
  const auto spread = [&](const char* mode) {
    const Run run = host().run("identify", {{"d_mode", std::string(mode)}, {"draws", int64_t{20}}},
                               {{"laws", {Source(laws)}}});
    REQUIRE_MESSAGE(run.ok(), run.message);
    return run.out.metric("hi/a") / run.out.metric("lo/a");
  };
  CHECK(spread("fixed") < 2);
  CHECK(spread("free") > 10);
}

TEST_CASE("parameters that contradict one another are refused in one sentence") {
  const Run curves = simulated();
  const auto message = [&](const Params& p) { return fitted(curves, p).message; };
  CHECK(message({{"b_range", std::vector<double>{-0.1}}}).find("b_range is [low, high]") == 0);
  CHECK(message({{"tau_range", std::vector<double>{5, 1}}}).find("low <= high; got [5, 1]") !=
        std::string::npos);
  CHECK(message({{"min_n", 10.0}, {"max_n", 5.0}}).find("min_n is above max_n") == 0);
  CHECK(message({{"max_n", 5.0}}).find("has no point from min_n to max_n") != std::string::npos);
  CHECK(message({{"optimizer", std::string("grid")}, {"d_mode", std::string("free")}})
            .find("no axis for d") != std::string::npos);
  CHECK(message({{"profile_d", std::vector<double>{0.2, 0.1}}}).find("profile_d ascends") == 0);
  CHECK(message({{"gamma_from", std::string("none")}}).find("there is none") != std::string::npos);
  CHECK(message({{"resample", std::string("seeds")}}).find("two or more seeds") !=
        std::string::npos);
  CHECK(message({{"flat_above", 0.2}}).find("no pool has measurable utility") == 0);
}
