// How alike several runs rank the same examples: over seeds within a setting (network and learning
// rates), and across settings (paper: SSFT is stable at large learning rates).
#pragma once
#include "plugins/ssft/scored.hpp"

namespace ssft {

template <class M>
void declare_stability(assay::Schema<M>& s) {
  s.output("spearman/*", ASSAY_SCALAR,
           "of a score between two runs on the same examples, mean over the pairs", ASSAY_HEADLINE);
  s.output("pearson/*", ASSAY_SCALAR, "the same, Pearson's r");
  for (const char* family : {"spearman_within/*", "pearson_within/*"})
    s.output(family, ASSAY_SCALAR, "the same, over pairs of equal network and learning rates");
  for (const char* family : {"spearman_across/*", "pearson_across/*"})
    s.output(family, ASSAY_SCALAR, "the same, over pairs that differ in one of these");
  s.output("stability", ASSAY_TABLE, "the same by pair")
      .column("score", ASSAY_STRING)
      .column("run_1", ASSAY_STRING, "network, learning rate and seed of the first run")
      .column("run_2", ASSAY_STRING, "of the second")
      .column("same_setting", ASSAY_BOOL, "whether they differ in the seed alone")
      .column("spearman", ASSAY_REAL)
      .column("pearson", ASSAY_REAL);
  s.output("correlations", ASSAY_TABLE,
           "the whole matrices of ssft, fslt and events, diagonals included, for heat maps")
      .column("score", ASSAY_STRING)
      .column("run_1", ASSAY_STRING)
      .column("run_2", ASSAY_STRING)
      .column("spearman", ASSAY_REAL)
      .column("pearson", ASSAY_REAL);
}

/// Logs all of it. A pair counts if both runs scored the same examples; without one, the log says
/// so.
void log_stability(const assay::Job& job, const std::vector<Scored>& runs);

}  // namespace ssft
