// What `fit` reports.
#pragma once
#include "plugins/qqt/diagnosis.hpp"
#include "plugins/qqt/laws.hpp"

#include <string>
#include <vector>

namespace qqt {

/// The curves fitted together, those fitted apart because they are flat, and what came out.
struct Findings {
  std::vector<Curve> curves, flat;
  FitOptions options;
  Fit fit;                                  // of `curves`
  std::vector<Parameters> flat_parameters;  // of `flat`
  Profile profile;                          // of d; empty unless asked for
  Draws draws;                              // of `curves`
  std::vector<Warning> warnings;

  /// sqrt(SSE / (M - P)); NaN if there are no more points than parameters.
  double residual_sd() const;
};

/// Everything that diagnose() finds, a free or profiled d that is not determined, the flat pools.
std::vector<Warning> warnings_of(const Findings& findings);

/// Fitted together and flat, in the order pools (by rank), controls; `gamma` for mixtures.
Laws laws_of(const Findings& findings, double gamma);

/// gamma from the measured union of this name; std::invalid_argument if there is none.
double gamma_of(const Laws& laws, const std::vector<Curve>& unions, const std::string& name);

void write_fit_results(const assay::Job& job, const Findings& findings, const Laws& laws);

template <class Method>
void declare_fit_tables(assay::Schema<Method>& s) {
  s.output("params", ASSAY_TABLE, "every parameter with its interval")
      .column("pool", ASSAY_STRING)
      .column("pool_size", ASSAY_REAL, "distinct samples", "samples")
      .column("parameter", ASSAY_STRING, "a, b, tau, d")
      .column("value", ASSAY_REAL, "NaN: tau of a curve that never repeats, which has none")
      .column("lo", ASSAY_REAL,
              "5 % of the draws, or value - 1.645 se; of a profiled d its interval")
      .column("hi", ASSAY_REAL, "95 %")
      .column("se", ASSAY_REAL,
              "standard error of the asymptotics; NaN: fixed, at a bound, or not to be had")
      .column("at_bound", ASSAY_BOOL, "of its range")
      .column("measurable", ASSAY_BOOL, "whether the pool has utility that can be measured");
  s.output("summary", ASSAY_TEXT, "a line a pool: b and half-life, each with its interval");
  s.output("pools", ASSAY_TABLE, "one row a curve: the parameters side by side")
      .column("pool", ASSAY_STRING)
      .column("role", ASSAY_STRING)
      .column("a", ASSAY_REAL)
      .column("b", ASSAY_REAL)
      .column("tau", ASSAY_REAL, "half-life; NaN: the curve never repeats", "repetitions")
      .column("d", ASSAY_REAL)
      .column("utility", ASSAY_REAL, "-b")
      .column("sse", ASSAY_REAL, "sum of squared errors of its points")
      .column("points", ASSAY_INT)
      .column("measurable", ASSAY_BOOL);
  s.output("fitted", ASSAY_TABLE, "measured and fitted errors at the points")
      .column("pool", ASSAY_STRING)
      .column("n", ASSAY_REAL, "samples seen", "samples")
      .column("error", ASSAY_REAL, "measured")
      .column("fitted", ASSAY_REAL)
      .column("residual", ASSAY_REAL, "measured - fitted")
      .column("seed", ASSAY_INT);
  s.output("figure", ASSAY_TABLE, "the paper's left figure: measured points and fitted curves")
      .column("pool", ASSAY_STRING)
      .column("kind", ASSAY_STRING, "measured or fitted")
      .column("n", ASSAY_REAL, "samples seen", "samples")
      .column("error", ASSAY_REAL);
  s.output("decay", ASSAY_TABLE, "its right figure: utility after k repetitions")
      .column("pool", ASSAY_STRING)
      .column("repetitions", ASSAY_REAL, "k")
      .column("utility", ASSAY_REAL, "-b 2^(-k / tau)");
  s.output("profile", ASSAY_TABLE, "the best fit at each d, if d_mode is profile")
      .column("d", ASSAY_REAL)
      .column("sse", ASSAY_REAL)
      .column("a", ASSAY_REAL);
  s.output("warnings", ASSAY_TABLE, "what not to believe")
      .column("kind", ASSAY_STRING,
              "at_bound, steep, runs, above_one, flat, not_identified, few_points, not_converged")
      .column("pool", ASSAY_STRING, "empty: the whole fit")
      .column("text", ASSAY_STRING);
  s.output("covariance", ASSAY_ARRAY, "(p, p), in the order of the table theta");
  s.output("theta", ASSAY_TABLE, "the p parameters that were searched for")
      .column("parameter", ASSAY_STRING, "ln a, b, ln tau or d")
      .column("pool", ASSAY_STRING, "whose; the first, if several share it")
      .column("value", ASSAY_REAL);
}

template <class Method>
void declare_fit_results(assay::Schema<Method>& s) {
  declare_fit_tables(s);
  s.output("sse", ASSAY_SCALAR, "of all points fitted together",
           ASSAY_LOWER_IS_BETTER | ASSAY_HEADLINE);
  s.output("mean_sse", ASSAY_SCALAR, "the mean of the curves' SSE, as the paper reports it",
           ASSAY_LOWER_IS_BETTER);
  s.output("rms", ASSAY_SCALAR, "sqrt(SSE / points)", ASSAY_LOWER_IS_BETTER);
  s.output("residual_sd", ASSAY_SCALAR, "sqrt(SSE / (points - parameters))");
  s.output("a", ASSAY_SCALAR, "of the first pool");
  s.output("d", ASSAY_SCALAR, "of the first pool");
  s.output("b_of/*", ASSAY_SCALAR, "exponent of the pool of rank 0, 1, ...");
  s.output("tau_of/*", ASSAY_SCALAR, "half-life of the pool of rank 0, 1, ...").unit("repetitions");
  s.output("measurable/*", ASSAY_SCALAR, "of the pool of rank 0, 1, ...: 1, or 0 if it is flat");
  s.output("gamma", ASSAY_SCALAR, "how half-lives stretch in mixtures");
  s.output("d_low", ASSAY_SCALAR, "of the 90 % interval of the profile of d");
  s.output("d_high", ASSAY_SCALAR, "the same");
  s.output("warning_count", ASSAY_SCALAR, "sentences in the table warnings");
  s.output("warnings_of/*", ASSAY_SCALAR, "how many of each kind");
  s.output("start", ASSAY_SERIES, "SSE that each start of the optimiser came to");
}

}  // namespace qqt
