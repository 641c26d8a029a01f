// What `detect` and `score_file` report of scores whose samples are labelled.
#pragma once
#include "plugins/diffusion/detection.hpp"
#include "plugins/diffusion/scored_samples.hpp"

#include <assay/plugin.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace diffusion {

/// The parameters of a detector's report, and the report.
struct Detector {
  double retention = 0.96, removal = 0.95, split = 0.5;

  template <class M>
  static void describe(assay::Schema<M>& s);

  /// Everything about one score: curve, operating points on all samples, and thresholds that are
  /// chosen on one part of the samples and tested on the other. `key` decides the parts. If all
  /// samples are of one kind, a warning: the numbers are NaN, and curve and points are left out.
  void report(assay::Job& job, const std::vector<double>& score, const std::vector<uint8_t>& bad,
              uint64_t key) const;
  /// Every score over every window, on all samples; windows by their ends. Nothing if all samples
  /// are of one kind.
  void sweep(assay::Job& job, const ScoredSamples& samples, const std::vector<uint8_t>& bad) const;

 private:
  template <class M>
  static void declare(assay::Schema<M>& s);
};

template <class M>
void Detector::describe(assay::Schema<M>& s) {
  s.param("retention", &M::retention,
          "an operating point: the smallest threshold that keeps this share of the samples in the "
          "support")
      .above(0)
      .max(1);
  s.param("removal", &M::removal,
          "the other: the largest threshold that removes this share of the hallucinated")
      .above(0)
      .max(1);
  s.param("split", &M::split,
          "the share of samples on which thresholds are chosen that are tested on the rest")
      .above(0)
      .below(1);
  declare(s);
}

template <class M>
void Detector::declare(assay::Schema<M>& s) {
  s.output("auc", ASSAY_SCALAR, "P(a hallucinated sample scores higher than another)",
           ASSAY_HEADLINE);
  s.output("removal_at_retention", ASSAY_SCALAR,
           "share of the hallucinated removed where `retention` of the others are kept",
           ASSAY_HEADLINE);
  s.output("retention_at_removal", ASSAY_SCALAR,
           "share of the others kept where `removal` of the hallucinated are removed");
  s.output("tau", ASSAY_SCALAR, "the threshold at `retention`");
  s.output("tested_removal", ASSAY_SCALAR,
           "removal of the threshold that has `retention` on the other part of the samples");
  s.output("tested_retention", ASSAY_SCALAR, "its retention");
  s.output("n", ASSAY_SCALAR, "samples");
  s.output("hallucinated", ASSAY_SCALAR, "how many of them are");
  s.output("curve", ASSAY_ARRAY,
           "(points, 3): threshold, removal, retention; -infinity, then every distinct score");
  s.output("figure", ASSAY_TABLE, "the curve, thinned for figures")
      .column("tau", ASSAY_REAL, "removed is what scores more")
      .column("removal", ASSAY_REAL, "share of the hallucinated that are removed")
      .column("retention", ASSAY_REAL, "share of the others that are kept");
  s.output("operating", ASSAY_TABLE, "operating points")
      .column("rule", ASSAY_STRING, "what was asked for: retention or removal")
      .column("chosen", ASSAY_STRING, "on which samples the threshold was chosen: all or part")
      .column("tested", ASSAY_STRING, "on which the rest of the row is: all or rest")
      .column("tau", ASSAY_REAL, "the threshold")
      .column("removal", ASSAY_REAL)
      .column("retention", ASSAY_REAL)
      .column("n", ASSAY_INT, "samples it was tested on")
      .column("hallucinated", ASSAY_INT, "of them");
  s.output("histogram", ASSAY_TABLE, "how the scores are distributed")
      .column("log10_score", ASSAY_REAL, "the middle of a bin")
      .column("group", ASSAY_STRING, "hallucinated or in support")
      .column("count", ASSAY_INT, "samples")
      .column("share", ASSAY_REAL, "of their group");
  s.output("sweep", ASSAY_TABLE, "every score over every window, on all samples")
      .column("score", ASSAY_STRING)
      .column("window", ASSAY_STRING, "[t_lo, t_hi)")
      .column("t_lo", ASSAY_INT)
      .column("t_hi", ASSAY_INT)
      .column("visited", ASSAY_INT, "timesteps of the chain inside")
      .column("auc", ASSAY_REAL)
      .column("removal", ASSAY_REAL, "at `retention`")
      .column("retention", ASSAY_REAL, "at `removal`");
}

}  // namespace diffusion
