// Fitted laws as they are handed on: what `fit` and `import_params` write, and what `predict`,
// `best_pool`, `validate`, `simulate` and `identify` read.
#pragma once
#include "plugins/qqt/intervals.hpp"

#include <assay/plugin.hpp>

#include <string>
#include <vector>

namespace qqt {

/// One curve's law.
struct PoolFit {
  std::string pool, role = "pool", quality_id;
  std::vector<int64_t> members;
  double N = 0;
  Parameters p;
  bool usable = true;  // false: no measurable utility
};

struct Laws {
  Setting setting;
  double gamma = 1;                    // how half-lives stretch in mixtures
  std::vector<PoolFit> pools;          // and controls
  Draws draws;                         // of the parameters, in the order of `pools`
  int64_t points = 0, parameters = 0;  // measured, and searched for, by the fit; 0: unknown
};

/// Declares the table `laws`: a row for each draw (-1: the fit itself) and curve.
template <class Method>
void declare_laws(assay::Schema<Method>& s) {
  s.output("laws", ASSAY_TABLE, "the fitted law of every curve, and its bootstrap draws")
      .format("qqt_laws")
      .column("draw", ASSAY_INT, "of the bootstrap, from 0; -1: the fit itself")
      .column("pool", ASSAY_STRING, "name")
      .column("role", ASSAY_STRING, "pool or control")
      .column("quality_id", ASSAY_STRING, "curves with the same share b")
      .column("members", ASSAY_STRING, "rank of the pool, 0 for the best quality")
      .column("pool_size", ASSAY_REAL, "distinct samples", "samples")
      .column("a", ASSAY_REAL, "scale")
      .column("b", ASSAY_REAL, "utility exponent")
      .column("tau", ASSAY_REAL, "half-life", "repetitions")
      .column("d", ASSAY_REAL, "irreducible error")
      .column("gamma", ASSAY_REAL, "how half-lives stretch in mixtures")
      .column("usable", ASSAY_BOOL, "whether its utility can be measured")
      .column("law", ASSAY_STRING, "utility or data")
      .column("form", ASSAY_STRING, "code or paper")
      .column("unit", ASSAY_REAL, "of samples, u", "samples")
      .column("points", ASSAY_INT, "that the laws were fitted to; 0: unknown")
      .column("parameters", ASSAY_INT, "that were fitted to them; 0: unknown");
}

void write_laws(const assay::Job& job, const Laws& laws);

/// From a table `laws` or a run that has one; std::invalid_argument if it has no pools.
Laws read_laws(const assay::Reader& reader);

}  // namespace qqt
