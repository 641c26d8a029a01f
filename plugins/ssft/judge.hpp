// How well scores of suspicion find the examples that count as positive, those with a wrong label
// unless said otherwise: one row a score and subset.
#pragma once
#include "plugins/ssft/scores.hpp"

#include <assay/plugin.hpp>

namespace ssft {

/// The elements of `x` whose flag is set.
template <class T>
std::vector<T> only(const std::vector<T>& x, const std::vector<uint8_t>& keep) {
  std::vector<T> out;
  for (size_t i = 0; i < x.size(); ++i)
    if (keep[i]) out.push_back(x[i]);
  return out;
}

/// The metrics, their declaration and their logging, shared by `score` and `aggregate`.
class Judge {
 public:
  template <class M>
  static void declare_outputs(assay::Schema<M>& s) {
    s.output(
        "auc/*", ASSAY_SCALAR,
        "by score: the probability that a positive (mislabelled) example is more suspicious than "
        "a negative one, ties 1/2",
        ASSAY_HIGHER_IS_BETTER | ASSAY_HEADLINE);
    s.output("auc_learned/*", ASSAY_SCALAR, "the same among the examples that were learned",
             ASSAY_HIGHER_IS_BETTER);
    s.output("average_precision/*", ASSAY_SCALAR, "by score", ASSAY_HIGHER_IS_BETTER);
    s.output("precision_at_k/*", ASSAY_SCALAR,
             "by score: precision of the k most suspicious, k = the number of positives",
             ASSAY_HIGHER_IS_BETTER);
    for (const char* at :
         {"recall_at_1/*", "recall_at_2/*", "recall_at_5/*", "recall_at_10/*", "recall_at_20/*"})
      s.output(at, ASSAY_SCALAR,
               "by score: share of the positives among the given percentage of most suspicious "
               "examples",
               ASSAY_HIGHER_IS_BETTER);
    s.output("auc", ASSAY_TABLE, "the same in long form")
        .column("score", ASSAY_STRING)
        .column("subset", ASSAY_STRING, "all, or learned: without those never learned")
        .column("auc", ASSAY_REAL)
        .column("average_precision", ASSAY_REAL)
        .column("precision_at_k", ASSAY_REAL);
    s.output("recall", ASSAY_TABLE,
             "positives found by ssft, fslt, events and joint, by share of the data looked at")
        .column("score", ASSAY_STRING)
        .column("fraction", ASSAY_REAL)
        .column("recall", ASSAY_REAL);
  }

  /// `positive`: which examples a score should find; `learned`: which count as learned.
  Judge(const assay::Job& job, std::vector<uint8_t> positive, std::vector<uint8_t> learned);
  /// Logs every metric of every score. NaN, with the reason in the log, if there is no positive.
  void judge(const std::vector<Suspicion>& scores) const;

 private:
  const assay::Job& job_;
  std::vector<uint8_t> positive_, learned_;
};

}  // namespace ssft
