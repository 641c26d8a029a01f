#include "core/report/claims.hpp"
#include "tests/report/fixture.hpp"

#include <doctest/doctest.h>

using namespace assay;
using namespace assay::test;

namespace {

/// Two scores over three seeds: good 0.9 0.92 0.94, bad 0.8 0.83 0.81; a column `times` 1..4.
Experiment two_scores() {
  Experiment e;
  e.method("rank").outputs = {port("auc", ASSAY_SCALAR, ASSAY_HEADLINE)};
  e.stage("rank", {"score", "seed"});
  const std::vector<std::pair<std::string, std::vector<double>>> all{{"good", {0.9, 0.92, 0.94}},
                                                                     {"bad", {0.8, 0.83, 0.81}}};
  for (const auto& [score, values] : all)
    for (size_t seed = 0; seed < values.size(); ++seed) {
      auto& run = e.add("rank", {{"score", score}, {"seed", seed}}).metric("auc", values[seed]);
      run.arrays["tables/t/times"] = real_array({1, 2, 3, 4.0 + static_cast<double>(seed)});
    }
  return e;
}

ClaimSpec bound_claim(const std::string& where, const std::string& op, double bound) {
  ClaimSpec c;
  c.text = "the claim";
  c.line = 7;
  c.left.stage = "rank";
  c.left.where = where;
  c.left.value = "metrics/auc";
  c.op = op;
  c.right.number = bound;
  return c;
}

ClaimSpec pair_claim() {
  ClaimSpec c = bound_claim("score == 'good'", ">", 0);
  c.right = c.left;
  c.right.where = "score == 'bad'";
  return c;
}

ClaimResult ask(Experiment& e, const ClaimSpec& claim) {
  e.plan.report.claims = {claim};
  Frame frame(e.plan, e.runs);
  return evaluate_claims(e.plan, frame).claims.at(0);
}

}  // namespace

TEST_CASE("the verdict is on the point estimate, with the Student interval shown") {
  auto e = two_scores();
  const auto r = ask(e, bound_claim("score == 'good'", ">=", 0.91));
  CHECK(r.verdict == Verdict::holds);
  CHECK(*r.left.value == doctest::Approx(0.92));
  CHECK(r.left.n == 3);
  CHECK(r.left.interval->low == doctest::Approx(0.92 - 4.302652729911275 * 0.02 / std::sqrt(3)));
  CHECK(r.explanation == "mean 0.92 is ≥ 0.91");
  CHECK(ask(e, bound_claim("score == 'good'", ">", 0.92)).verdict == Verdict::fails);
  CHECK(ask(e, bound_claim("score == 'good'", "==", 0.92)).verdict == Verdict::holds);
  CHECK(ask(e, bound_claim("score == 'good'", "!=", 0.92)).verdict == Verdict::fails);
}

TEST_CASE("with confidence the whole interval must clear the bound") {
  auto e = two_scores();
  auto c = bound_claim("score == 'good'", ">=", 0.9);  // the 95 % interval begins at 0.8703
  c.confidence = 0.95;
  CHECK(ask(e, c).verdict == Verdict::fails);
  c.right.number = 0.87;
  CHECK(ask(e, c).verdict == Verdict::holds);
  c.right.number = 0.9;
  c.confidence = 0.5;  // narrower: 0.92 -+ 0.8165 * 0.011547 begins at 0.9106
  CHECK(ask(e, c).verdict == Verdict::holds);
  c.left.agg = "max";
  const auto r = ask(e, c);
  CHECK(r.verdict == Verdict::insufficient);
  CHECK(r.explanation == "confidence = 0.5 needs an interval; max of n = 3 has none");
}

TEST_CASE("missing, failed and too few runs are insufficient, each with its reason") {
  auto e = two_scores();
  auto c = bound_claim("score == 'good'", ">=", 0.5);
  c.min_n = 4;
  CHECK(ask(e, c).explanation == "3 values, but min_n = 4");
  c.min_n = 3;
  CHECK(ask(e, c).verdict == Verdict::holds);
  auto& run = e.runs.runs[e.plan.runs[1].id];
  run.state = RunState::failed;
  run.message = "killed by SIGSEGV";
  auto r = ask(e, c);
  CHECK(r.verdict == Verdict::insufficient);
  CHECK(r.explanation ==
        "values are missing: rank:score=good,seed=1: the run failed: killed by SIGSEGV");
  CHECK(*r.left.value == doctest::Approx(0.92));  // of the runs there are
  e.runs.runs.erase(e.plan.runs[1].id);
  CHECK(ask(e, c).explanation ==
        "values are missing: rank:score=good,seed=1: the run has not been started");
  CHECK(ask(e, bound_claim("score == 'best'", ">", 0)).explanation ==
        "values are missing: no run of stage rank satisfies score == 'best'");
}

TEST_CASE("a value that is not finite never enters a mean") {
  auto e = two_scores();
  e.runs.runs[e.plan.runs[0].id].metric("auc", std::nan(""));
  const auto r = ask(e, bound_claim("score == 'good'", ">", 0));
  CHECK(r.verdict == Verdict::insufficient);
  CHECK(*r.left.value == doctest::Approx(0.93));
}

TEST_CASE("mean reduces a column by run; median, share and n pool its rows") {
  auto e = two_scores();
  auto c = bound_claim("score == 'good'", ">", 0);
  c.left.value = "tables/t/times";
  auto r = ask(e, c);
  CHECK(r.left.n == 3);
  CHECK(*r.left.value == doctest::Approx((2.5 + 2.75 + 3) / 3));
  c.left.agg = "share(>= 4)";
  r = ask(e, c);
  CHECK(r.left.n == 12);
  CHECK(r.left.runs == 3);
  CHECK(*r.left.value == doctest::Approx(0.25));
  CHECK(*r.left.interval == wilson_interval(3, 12));
  c.left.agg = "median";
  CHECK(*ask(e, c).left.value == doctest::Approx(2.5));
  c.left.agg = "n";
  CHECK(*ask(e, c).left.value == 12);
  c.left.agg = "max";
  CHECK(*ask(e, c).left.value == 6);
}

TEST_CASE("two sides are compared by Welch's interval of their difference") {
  auto e = two_scores();
  auto c = pair_claim();
  auto r = ask(e, c);
  CHECK(r.verdict == Verdict::holds);
  const std::vector<double> good{0.9, 0.92, 0.94}, bad{0.8, 0.83, 0.81};
  CHECK(r.difference->interval->low == doctest::Approx(welch_interval(good, bad)->low));
  CHECK(r.ours.starts_with("0.92 against 0.8133; difference 0.107 ["));
  c.right.times = 1.2;  // 0.976
  CHECK(ask(e, c).verdict == Verdict::fails);
  CHECK(ask(e, c).ours.starts_with("0.92 against 1.2 × 0.8133; difference -0.056 ["));
  c.right.times = 1;
  c.right.plus = 0.106;
  CHECK(ask(e, c).verdict == Verdict::holds);
  CHECK(ask(e, c).ours.starts_with("0.92 against 0.8133 + 0.106; difference 0.001 ["));
  c.right.plus = 0.107;
  CHECK(ask(e, c).verdict == Verdict::fails);
}

TEST_CASE("paired claims rest on the differences of partners") {
  auto e = two_scores();
  auto c = pair_claim();
  c.paired = {"seed"};
  auto r = ask(e, c);
  const std::vector<double> d{0.1, 0.09, 0.13};
  CHECK(r.verdict == Verdict::holds);
  CHECK(r.difference->n == 3);
  CHECK(r.difference->of == "pairs");
  CHECK(r.difference->interval->low == doctest::Approx(student_interval(d)->low));
  c.test = "sign";  // three of three positive: p = 1/8
  r = ask(e, c);
  CHECK(r.verdict == Verdict::fails);
  CHECK(r.result.p == doctest::Approx(0.125));
  CHECK(r.explanation == "mean 0.92 is > 0.8133, and the sign test gives p = 0.125 ≥ alpha = 0.05");
  c.alpha = 0.2;
  CHECK(ask(e, c).verdict == Verdict::holds);
  c.test = "t";
  c.alpha = 0.05;
  CHECK(ask(e, c).verdict == Verdict::holds);
  c.op = "<";
  CHECK(ask(e, c).verdict == Verdict::fails);
}

TEST_CASE("a pair without its partner is a gap") {
  auto e = two_scores();
  auto c = pair_claim();
  c.paired = {"seed"};
  c.right.where = "score == 'bad' and seed > 0";
  const auto r = ask(e, c);
  CHECK(r.verdict == Verdict::insufficient);
  CHECK(r.explanation == "values are missing: no partner on the right for seed = 0");
  CHECK(r.difference->n == 2);
}

TEST_CASE("a run at several points counts once") {
  Experiment e;
  e.method("rank");
  e.stage("rank", {"seed"});
  for (int seed = 0; seed < 3; ++seed)
    e.add("rank", {{"seed", seed}}, std::string(32, 'b')).metric("auc", 0.9);
  const auto r = ask(e, bound_claim("", ">", 0.5));
  CHECK(r.left.n == 1);
  CHECK_FALSE(r.left.interval);
}

TEST_CASE("claims that cannot be asked are errors at their line") {
  auto e = two_scores();
  const auto message = [&](const ClaimSpec& c) {
    try {
      ask(e, c);
    } catch (const BadInput& bad) {
      return render(bad.messages());
    }
    return std::string();
  };
  CHECK(message(bound_claim("", ">", 0.5)) ==
        "error[E180]: claim \"the claim\": axis \"score\" (2 values) is neither shown nor "
        "aggregated\n"
        "  --> demo.toml:7:1\n"
        "help: show it, filter it with where = \"score == ...\", or name it in over\n");
  auto c = pair_claim();
  c.test = "t";
  CHECK(message(c).find("test = \"t\" compares pairs of runs") != std::string::npos);
  c.paired = {"seed"};
  c.test = "tt";
  CHECK(message(c).find("no test \"tt\"") != std::string::npos);
  CHECK(message(bound_claim("scor == 'good'", ">", 0)).find("scor") != std::string::npos);
  c = bound_claim("score == 'good'", ">", 0);
  c.left.stage = "rnak";
  CHECK(message(c).find("did you mean \"rank\"?") != std::string::npos);
}

TEST_CASE("expressions over references are values, by row where a column takes part") {
  auto e = two_scores();
  auto c = bound_claim("score == 'good'", ">", 0);
  c.left.value = "'metrics/auc' * 100 - 1";
  CHECK(*ask(e, c).left.value == doctest::Approx(91));
  c.left.value = "'tables/t/times' / 'metrics/auc'";
  c.left.agg = "n";
  CHECK(*ask(e, c).left.value == 12);
}

TEST_CASE("selectors reduce a column or an array of each run to a number") {
  auto e = two_scores();
  auto c = bound_claim("score == 'good' and seed == 2", ">", 0);  // times: 1 2 3 6
  for (const auto& [selector, expected] :
       std::vector<std::pair<std::string, double>>{{"mean", 3},
                                                   {"median", 2.5},
                                                   {"min", 1},
                                                   {"max", 6},
                                                   {"sum", 12},
                                                   {"n", 4},
                                                   {"last", 6},
                                                   {"sd", std::sqrt(14.0 / 3)}}) {
    CAPTURE(selector);
    c.left.value = "tables/t/times@" + selector;
    CHECK(*ask(e, c).left.value == doctest::Approx(expected));
  }
  c.left.value = "tables/t/times@first";
  CHECK_THROWS_AS(ask(e, c), BadInput);
}

TEST_CASE("where sees the run's parameters beside the axes") {
  auto e = two_scores();
  for (auto& run : e.plan.runs) run.params["width"] = run.params["score"] == "good" ? 64 : 32;
  CHECK(*ask(e, bound_claim("width > 32", ">", 0)).left.value == doctest::Approx(0.92));
}

TEST_CASE("the terminal table wraps the sentence and ends with the count") {
  auto e = two_scores();
  auto c = bound_claim("score == 'good'", ">=", 0.91);
  c.text = "Forgetting time finds mislabelled examples better than any score of the first split";
  c.paper = "0.95";
  e.plan.report.claims = {c, bound_claim("score == 'bad'", ">=", 0.9)};
  Frame frame(e.plan, e.runs);
  CHECK("\n" + render_claims_terminal(evaluate_claims(e.plan, frame), {80, false}) == R"(
claim                            paper  ours                        verdict
────────────────────────────────────────────────────────────────────────────────
Forgetting time finds            0.95   0.920 [0.870, 0.970],       holds
mislabelled examples better             n = 3
than any score of the first
split
the claim                               0.813 [0.775, 0.851],       fails
                                        n = 3
    mean 0.8133 is not ≥ 0.9
────────────────────────────────────────────────────────────────────────────────
2 claims: 1 holds, 1 fails
)");
}

TEST_CASE("claims.json holds the numbers behind the verdict") {
  auto e = two_scores();
  auto c = pair_claim();
  c.paired = {"seed"};
  c.test = "wilcoxon";
  c.name = "good beats bad";
  e.plan.report.claims = {c};
  Frame frame(e.plan, e.runs);
  const Json j = to_json(evaluate_claims(e.plan, frame))["claims"][0];
  CHECK(j["verdict"] == "fails");  // p = 1/8
  CHECK(j["name"] == "good beats bad");
  CHECK(j["difference"]["n"] == 3);
  CHECK(j["difference"]["of"] == "pairs");
  CHECK(j["test"]["p"] == 0.125);
  CHECK(j["left"]["value"].get<double>() == doctest::Approx(0.92));
  CHECK_FALSE(j.contains("paper"));
}
