// Does a paper's claim hold? A claim is a sentence with a predicate over runs; the answer is
// `holds`, `fails` or `insufficient`, with the numbers that it rests on.
//
// A side of a claim is a number, or an aggregate over the runs that `stage` and `where` select:
//   - a value that is a scalar gives one number a run; mean, median, min, max, sd, n and share
//     aggregate these.
//   - a value that is a column (tables/T/COL, arrays/A): mean and sd first reduce each run to the
//     mean of its rows, then aggregate over runs, so that the interval is over runs (seeds);
//     median, min, max, n and share pool the rows of all runs.
// Intervals (95 %, or `confidence`): mean: Student; share: Wilson; median: between order
// statistics; a difference of two means: Welch; of other two sides: MOVER; paired: Student over the
// pairs. min, max, sd and n have none.
//
// A run that stands at several points (a method without a seed of its own) counts once. Pairs: each
// side is aggregated over the runs that share the paired axes; the verdict is on the mean (agg =
// "median": the median) of the differences.
//
// The verdict is on the point estimate. With `confidence`, the whole interval must clear the bound;
// with `test`, also p < alpha, one-sided in the claim's direction. A claim is insufficient when a
// selected run is missing, when fewer than min_n runs (or pairs) gave a value, or when an interval
// that it demands does not exist.
#pragma once
#include "core/base/files.hpp"
#include "core/report/frame.hpp"
#include "core/report/statistics.hpp"

#include <optional>
#include <string>
#include <vector>

namespace assay {

enum class Verdict { holds, fails, insufficient };
std::string to_string(Verdict verdict);

struct Estimate {
  std::optional<double> value;
  std::optional<Interval> interval;
  size_t n = 0, runs = 0;
  std::string of = "runs";  // what n counts: runs, rows, pairs
};

struct ClaimResult {
  std::string name, text, paper;
  Verdict verdict = Verdict::insufficient;
  Estimate left, right;                // right.n == 0: a bound
  std::optional<Estimate> difference;  // left - right: of claims with two sides
  double level = 0.95;                 // of the intervals
  std::string test;                    // "", sign, wilcoxon, t
  TestResult result;                   // of the test
  std::string ours;                    // "0.952 [0.941, 0.963], n = 3"
  std::string explanation;             // one sentence: why this verdict
};

struct ClaimResults {
  std::string experiment, plan;  // its name and id
  std::vector<ClaimResult> claims;
  size_t count(Verdict verdict) const;
  bool all_hold() const { return count(Verdict::holds) == claims.size(); }
  /// "3 claims: 2 hold, 1 is insufficient".
  std::string summary() const;
};

/// Throws BadInput for a claim that cannot be asked (a forgotten axis, a test without pairs).
ClaimResults evaluate_claims(const Plan& plan, Frame& frame);

/// What claims.json holds: equal results give equal bytes.
Json to_json(const ClaimResults& results);

struct TerminalStyle {
  int width = 100;  // columns
  bool colour = false;
};

/// A table: the claim as a sentence, the paper's number, ours with its interval, the verdict;
/// below a claim that does not hold: why. Ends with a newline.
std::string render_claims_terminal(const ClaimResults& results, const TerminalStyle& style = {});

}  // namespace assay
