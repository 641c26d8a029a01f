#include "plugins/common/stats/ranking.hpp"
#include "plugins/ssft/stability.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ssft {
namespace {

struct Pair {
  const Scored *first, *second;
  bool same_setting;
  double spearman, pearson;
};

/// Of one score, over the pairs (i, j) with i < j, and, if `whole`, with i >= j too.
std::vector<Pair> correlate(const std::vector<const Scored*>& runs, size_t column, bool whole) {
  std::vector<Pair> pairs;
  for (size_t i = 0; i < runs.size(); ++i)
    for (size_t j = whole ? 0 : i + 1; j < runs.size(); ++j) {
      if (runs[i]->index != runs[j]->index) continue;
      const auto &x = runs[i]->columns[column], &y = runs[j]->columns[column];
      pairs.push_back({runs[i], runs[j], runs[i]->setting() == runs[j]->setting(),
                       assay::stats::spearman(x, y), assay::stats::pearson(x, y)});
    }
  return pairs;
}

void log_means(const assay::Job& job, const char* score, const std::vector<Pair>& pairs) {
  const auto log = [&](const char* suffix, const auto& counts) {
    double n = 0, spearman = 0, pearson = 0;
    for (const auto& p : pairs) {
      if (!counts(p)) continue;
      ++n;
      spearman += p.spearman;
      pearson += p.pearson;
    }
    if (n == 0) return;
    job.scalar(std::string("spearman") + suffix + "/" + score, spearman / n);
    job.scalar(std::string("pearson") + suffix + "/" + score, pearson / n);
  };
  log("", [](const Pair&) { return true; });
  log("_within", [](const Pair& p) { return p.same_setting; });
  log("_across", [](const Pair& p) { return !p.same_setting; });
}

void log_table(const assay::Job& job, const char* table, const char* score,
               const std::vector<Pair>& pairs, bool with_setting) {
  const std::vector<std::string> scores(pairs.size(), score);
  std::vector<std::string> run_1, run_2;
  std::vector<uint8_t> same;
  std::vector<double> spearman, pearson;
  for (const auto& p : pairs) {
    run_1.push_back(p.first->name());
    run_2.push_back(p.second->name());
    same.push_back(p.same_setting);
    spearman.push_back(p.spearman);
    pearson.push_back(p.pearson);
  }
  std::vector<assay::Column> columns{{"score", scores}, {"run_1", run_1}, {"run_2", run_2}};
  if (with_setting) columns.emplace_back("same_setting", assay::bools(same));
  columns.emplace_back("spearman", spearman);
  columns.emplace_back("pearson", pearson);
  job.rows(table, columns);
}

}  // namespace

void log_stability(const assay::Job& job, const std::vector<Scored>& runs) {
  std::vector<const Scored*> sorted;
  for (const auto& run : runs) sorted.push_back(&run);
  std::stable_sort(sorted.begin(), sorted.end(), [](const Scored* x, const Scored* y) {
    return std::tie(x->model, x->lr_a, x->lr_b, x->seed) <
           std::tie(y->model, y->lr_a, y->lr_b, y->seed);
  });
  for (size_t c = 0; c < kColumns; ++c) {
    const std::string score = kScoreColumns[c].name;
    const auto pairs = correlate(sorted, c, false);
    if (pairs.empty()) return job.log("no two runs scored the same examples");
    log_means(job, score.c_str(), pairs);
    log_table(job, "stability", score.c_str(), pairs, true);
    if (score == "ssft" || score == "fslt" || score == "events")
      log_table(job, "correlations", score.c_str(), correlate(sorted, c, true), false);
  }
}

}  // namespace ssft
