#include "core/base/error.hpp"
#include "core/base/files.hpp"
#include "core/base/json.hpp"
#include "core/report/aggregate.hpp"
#include "core/report/statistics.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace assay;

namespace {

const Json& oracle() {
  static const Json j = Json::parse(read_file(ASSAY_ORACLES "/statistics.json"));
  return j;
}

doctest::Approx near(double x) { return doctest::Approx(x).epsilon(1e-9); }

void check_interval(const Interval& ours, const Json& theirs) {
  CHECK(ours.low == near(theirs[0].get<double>()));
  CHECK(ours.high == near(theirs[1].get<double>()));
}

void check_test(TestResult (*test)(Numbers, Alternative), const std::vector<double>& d,
                const Json& theirs) {
  const auto greater = test(d, Alternative::greater);
  CHECK(greater.statistic == near(theirs["statistic"].get<double>()));
  CHECK(greater.p == near(theirs["greater"].get<double>()));
  CHECK(test(d, Alternative::less).p == near(theirs["less"].get<double>()));
  CHECK(test(d, Alternative::two_sided).p == near(theirs["two-sided"].get<double>()));
}

}  // namespace

TEST_CASE("moments, quartiles and intervals of a sample agree with scipy") {
  for (const auto& s : oracle()["samples"]) {
    const auto x = s["x"].get<std::vector<double>>();
    CAPTURE(s["x"].dump());
    CHECK(mean(x) == near(s["mean"].get<double>()));
    CHECK(median(x) == near(s["median"].get<double>()));
    CHECK(sd(x) == near(s["sd"].get<double>()));
    CHECK(sem(x) == near(s["sem"].get<double>()));
    CHECK(quantile(x, 0.25) == near(s["quartiles"][0].get<double>()));
    CHECK(quantile(x, 0.75) == near(s["quartiles"][1].get<double>()));
    check_interval(*student_interval(x, 0.95), s["student95"]);
    check_interval(*student_interval(x, 0.99), s["student99"]);
    const auto of_median = median_interval(x, 0.95);
    CHECK(of_median.has_value() == !s["median95"].is_null());
    if (of_median) check_interval(*of_median, s["median95"]);
  }
}

TEST_CASE("sign, Wilcoxon and t tests agree with scipy and with enumeration") {
  for (const auto& t : oracle()["tests"]) {
    const auto d = t["d"].get<std::vector<double>>();
    CAPTURE(t["d"].dump());
    check_test(wilcoxon_test, d, t["wilcoxon"]);
    check_test(sign_test, d, t["sign"]);
    if (!t["t"].is_null()) check_test(t_test, d, t["t"]);
  }
}

TEST_CASE("Wilson and Welch intervals agree with scipy") {
  for (const auto& w : oracle()["wilson"]) {
    CAPTURE(w.dump());
    const Interval i = wilson_interval(w["k"], w["n"], w["level"]);
    CHECK(i.low == doctest::Approx(w["interval"][0].get<double>()).epsilon(1e-9));
    CHECK(i.high == doctest::Approx(w["interval"][1].get<double>()).epsilon(1e-9));
  }
  for (const auto& w : oracle()["welch"])
    check_interval(
        *welch_interval(w["a"].get<std::vector<double>>(), w["b"].get<std::vector<double>>()),
        w["interval"]);
}

TEST_CASE("too few values have no interval, and no test rejects") {
  const std::vector<double> none, one{0.5};
  CHECK_FALSE(student_interval(one));
  CHECK_FALSE(median_interval(one));
  CHECK_FALSE(welch_interval(one, one));
  CHECK(std::isnan(mean(none)));
  CHECK(std::isnan(sd(one)));
  CHECK(t_test(one, Alternative::greater).p == 1);
  CHECK(wilcoxon_test(none, Alternative::greater).p == 1);
  CHECK(sign_test(std::vector<double>{0, 0}, Alternative::greater).p == 1);
}

TEST_CASE("zero differences are left out and that is said") {
  const std::vector<double> d{0, 1, 2, 3};
  CHECK(wilcoxon_test(d, Alternative::greater).n == 3);
  CHECK(wilcoxon_test(d, Alternative::greater).note == "1 zero difference left out");
  CHECK(wilcoxon_test(d, Alternative::greater).p == doctest::Approx(1.0 / 8));
}

TEST_CASE("Newcombe's interval of 56/70 - 48/80 is his published [0.0524, 0.3339]") {
  const double a = 56.0 / 70, b = 48.0 / 80;
  const Interval i = difference_interval(a, wilson_interval(56, 70), b, wilson_interval(48, 80));
  CHECK(i.low == doctest::Approx(0.0524).epsilon(0.001));
  CHECK(i.high == doctest::Approx(0.3339).epsilon(0.001));
}

TEST_CASE("a share counts with its operator and its interval is Wilson's") {
  const Aggregate share = parse_aggregate("share(>= 4)");
  const std::vector<double> x{1, 4, 4, 9};
  CHECK(share.of(x) == 0.75);
  CHECK(*share.interval(x) == wilson_interval(3, 4));
  CHECK(parse_aggregate("share(!=0)").of(x) == 1);
  CHECK_THROWS_WITH_AS(parse_aggregate("share(4)"),
                       "\"share(4)\" must be share(OP NUMBER), as in share(>= 4)", BadInput);
  CHECK_THROWS_AS(parse_aggregate("maen"), BadInput);
}

TEST_CASE("comparison forgives rounding but not differences") {
  CHECK(compare(0.1 + 0.2, "==", 0.3));
  CHECK(compare(0.1 + 0.2, "<=", 0.3));
  CHECK_FALSE(compare(0.1 + 0.2, ">", 0.3));
  CHECK(compare(0.3001, ">", 0.3));
  CHECK_FALSE(compare(std::nan(""), "!=", 0.3));
}
