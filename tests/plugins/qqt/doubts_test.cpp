// What a fit and a choice say that they do not know.
#include "tests/plugins/qqt/qqt_host.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace fake;
using qqt_test::host;

namespace {

/// Curves of a law with d = 0 at these n, of pools of 1000.
Run fit_of(const std::string& csv, const Params& params) {
  qqt_test::Files files;
  files.write("c.csv", "pool,N,n,error,role\n" + csv);
  const Run curves = host().run("import", {}, {{"files", {files.path() + "/c.csv"}}});
  REQUIRE_MESSAGE(curves.ok(), curves.message);
  Params all{{"unit", 100.0}, {"d", 0.0}};
  for (const auto& [key, value] : params) all[key] = value;
  const Run fit = host().run("fit", all, {{"curves", {Source(curves)}}});
  REQUIRE_MESSAGE(fit.ok(), fit.message);
  return fit;
}

std::vector<std::string> texts(const Run& fit) {
  return fit.out.column("warnings", "text").strings;
}

bool said(const Run& fit, const std::string& what) {
  const auto all = texts(fit);
  return std::any_of(all.begin(), all.end(),
                     [&](const auto& t) { return t.find(what) != std::string::npos; });
}

const std::string kPool =
    "a,1000,500,0.70,pool\na,1000,1000,0.62,pool\na,1000,2000,0.55,pool\n"
    "a,1000,4000,0.51,pool\na,1000,8000,0.50,pool\n";
}  // namespace

TEST_CASE("a curve that never repeats has no half-life, and that is said") {
  const Run fit = fit_of(kPool +
                             "fresh,100000,500,0.71,control\nfresh,100000,1000,0.63,control\n"
                             "fresh,100000,4000,0.48,control\n",
                         {});
  CHECK(said(fit, "pool \"fresh\" has no point beyond one epoch"));
  const auto& pool = fit.out.column("params", "pool").strings;
  const auto& parameter = fit.out.column("params", "parameter").strings;
  const auto value = fit.out.column("params", "value").as<double>(),
             lo = fit.out.column("params", "lo").as<double>();
  for (size_t i = 0; i < value.size(); ++i) {
    CAPTURE(i);
    const bool unseen = pool[i] == "fresh" && parameter[i] == "tau";
    CHECK(std::isnan(value[i]) == unseen);
    if (parameter[i] == "tau") CHECK(std::isnan(lo[i]) == unseen);
  }
  const auto se = fit.out.column("params", "se").as<double>();
  CHECK(std::isfinite(se[0]));  // what cannot be known of one is no reason to know nothing
  CHECK(fit.out.texts.at("summary").find("half-life not identified") != std::string::npos);
}

TEST_CASE("an interval of a half-life that goes to an end of its range is said, others are not") {
  const Run loose = fit_of(kPool, {});
  const auto tau = loose.out.column("pools", "tau").as<double>()[0];
  const Params narrow{{"tau_range", std::vector<double>{0.2, tau * 1.0001}}};
  CHECK(said(fit_of(kPool, narrow), "an end of tau_range"));
  CHECK_FALSE(said(loose, "an end of tau_range"));
}

TEST_CASE("two points for three parameters leave a choice without a probability, and say so") {
  const Run fit = fit_of(
      "a,1000,1000,0.7,pool\na,1000,4000,0.6,pool\nb,1000,1000,0.8,pool\n"
      "b,1000,4000,0.7,pool\n",
      {});
  const Run best =
      host().run("best_pool", {{"budgets", std::vector<double>{4000}}}, {{"laws", {Source(fit)}}});
  REQUIRE_MESSAGE(best.ok(), best.message);
  CHECK(best.out.texts.at("advice") ==
        "This cannot say how sure the choice is: there are 4 points for 5 parameters; measure more "
        "points of each pool.");
  // At a N = u all errors are 1, which is no crossover.
  const Run low =
      host().run("best_pool", {{"budgets", std::vector<double>{4000}}, {"from", 0.01}, {"to", 1e5}},
                 {{"laws", {Source(fit)}}});
  REQUIRE_MESSAGE(low.ok(), low.message);
  const auto cross = low.out.column("crossovers", "samples").as<double>();
  REQUIRE(cross.size() == 1);  // where a has worn out
  CHECK(cross[0] > 1000);
}
