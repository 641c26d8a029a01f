#include "plugins/common/stats/ranking.hpp"
#include "plugins/ssft/judge.hpp"

#include <cmath>
#include <numeric>

namespace ssft {

namespace stats = assay::stats;

namespace {

bool compared(const std::string& score) {
  return score == "ssft" || score == "fslt" || score == "events" || score == "joint";
}

}  // namespace

Judge::Judge(const assay::Job& job, std::vector<uint8_t> positive, std::vector<uint8_t> learned)
    : job_(job), positive_(std::move(positive)), learned_(std::move(learned)) {
  const auto count = std::accumulate(positive_.begin(), positive_.end(), size_t{0});
  if (count == 0) job_.log("no label is known to be wrong: the AUC and its kin are NaN");
  if (count == positive_.size()) job_.log("every label is wrong: the AUC and its kin are NaN");
}

void Judge::judge(const std::vector<Suspicion>& scores) const {
  // The metrics, on all examples and on those learned.
  const auto k = std::accumulate(positive_.begin(), positive_.end(), size_t{0});
  const auto positive_learned = only(positive_, learned_);
  const auto k_learned =
      std::accumulate(positive_learned.begin(), positive_learned.end(), size_t{0});
  std::vector<std::string> names, subsets;
  std::vector<double> auc, average_precision, precision;
  const auto row = [&](const std::string& name, const char* subset,
                       const std::vector<double>& score, const std::vector<uint8_t>& positive,
                       size_t positives) {
    names.push_back(name);
    subsets.emplace_back(subset);
    auc.push_back(stats::auc(score, positive));
    average_precision.push_back(stats::average_precision(score, positive));
    precision.push_back(stats::precision_at_k(score, positive, positives));
  };
  for (const auto& s : scores) {
    row(s.name, "all", s.value, positive_, k);
    job_.scalar("auc/" + s.name, auc.back());
    job_.scalar("average_precision/" + s.name, average_precision.back());
    job_.scalar("precision_at_k/" + s.name, precision.back());
    for (const int percent : {1, 2, 5, 10, 20})
      job_.scalar("recall_at_" + std::to_string(percent) + "/" + s.name,
                  stats::recall_at_fraction(s.value, positive_, percent / 100.0));
    row(s.name, "learned", only(s.value, learned_), positive_learned, k_learned);
    job_.scalar("auc_learned/" + s.name, auc.back());
  }
  job_.rows("auc", {{"score", names},
                    {"subset", subsets},
                    {"auc", auc},
                    {"average_precision", average_precision},
                    {"precision_at_k", precision}});

  // The recall curves of the scores that the paper compares.
  if (k == 0) return;
  names.clear();
  std::vector<double> fractions, recalls;
  for (const auto& s : scores)
    for (int percent = 0; compared(s.name) && percent <= 50; ++percent) {
      names.push_back(s.name);
      fractions.push_back(percent / 100.0);
      recalls.push_back(stats::recall_at_fraction(s.value, positive_, percent / 100.0));
    }
  job_.rows("recall", {{"score", names}, {"fraction", fractions}, {"recall", recalls}});
}

}  // namespace ssft
