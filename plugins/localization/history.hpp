// What gradient accounting says over a training: by epoch and group as it goes on, and in a few
// numbers at the end.
#pragma once
#include "plugins/localization/accounting.hpp"

namespace localization {

/// The outputs of a training with accounting, and what they are computed from when it resumes.
class History {
 public:
  explicit History(const std::vector<Group>& groups);

  template <class M>
  static void declare_outputs(assay::Schema<M>& s) {
    s.output("gradients", ASSAY_TABLE, "sums over an epoch of clean and of memorised gradients")
        .column("epoch", ASSAY_INT, "from 1")
        .column("window", ASSAY_INT, "the last of the five epochs that it is one of")
        .column("group", ASSAY_STRING, "of tensors: a layer")
        .column("layer", ASSAY_INT, "the group's place in the network, from 0")
        .column("norm_clean", ASSAY_REAL, "sum over tensors of ||G|| / sqrt(numel)")
        .column("norm_noisy", ASSAY_REAL, "the same of the memorised examples")
        .column("norm_total", ASSAY_REAL, "the same of all examples")
        .column("ratio", ASSAY_REAL, "norm_noisy / norm_clean")
        .column("cosine", ASSAY_REAL, "between the two sums; NaN if one is 0");
    s.output("norms", ASSAY_TABLE, "the norms in long form")
        .column("epoch", ASSAY_INT)
        .column("group", ASSAY_STRING)
        .column("set", ASSAY_STRING, "clean, memorised or all")
        .column("norm", ASSAY_REAL);
    s.output("ratio/*", ASSAY_SCALAR, "its mean over the epochs, by group");
    s.output("cosine/*", ASSAY_SCALAR, "its mean over the epochs, by group");
    s.output("cosine_highest", ASSAY_SCALAR, "the highest of these means");
    s.output("onset", ASSAY_SCALAR,
             "the epoch from which on more than 5 % of the memorised examples are right; NaN: none")
        .unit("epochs");
    s.output("onset_cosine_highest", ASSAY_SCALAR, "the highest of the groups' cosines then");
  }

  /// Logs an epoch, from 1, and remembers it. `memorised` is the accuracy after it.
  void add(const assay::Job& job, const std::vector<GroupGradients>& gradients, double memorised);
  void log_summary(const assay::Job& job) const;

  void add_to(assay::Columns& columns) const;
  void restore(const assay::Reader& checkpoint);

 private:
  void log_norms(const assay::Job& job, int64_t epoch,
                 const std::vector<GroupGradients>& gradients) const;

  std::vector<std::string> groups_;
  std::vector<double> memorised_;         // by epoch
  std::vector<double> ratios_, cosines_;  // (epoch, group)
};

}  // namespace localization
