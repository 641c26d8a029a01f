#include "plugins/diffusion/detector.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

namespace diffusion {
namespace {

constexpr int64_t kBins = 60;
constexpr double kFigureStep = 0.002;  // of removal or retention, between points of a figure

int64_t count_bad(const std::vector<uint8_t>& bad) {
  return std::count_if(bad.begin(), bad.end(), [](uint8_t b) { return b != 0; });
}

void write_curve(assay::Job& job, const std::vector<Point>& curve) {
  std::vector<double> all, tau, removal, retention;
  for (size_t i = 0; i < curve.size(); ++i) {
    const Point& p = curve[i];
    all.insert(all.end(), {p.tau, p.removal, p.retention});
    const bool far = removal.empty() || removal.back() - p.removal >= kFigureStep ||
                     p.retention - retention.back() >= kFigureStep || i + 1 == curve.size();
    if (!far) continue;
    tau.push_back(p.tau);
    removal.push_back(p.removal);
    retention.push_back(p.retention);
  }
  job.array("curve", assay::Tensor(all.data(), {static_cast<int64_t>(curve.size()), 3}));
  job.rows("figure", {{"tau", tau}, {"removal", removal}, {"retention", retention}});
}

/// Counts of log10 of the score in kBins equal bins; a score of 0 falls into the first.
void write_histogram(assay::Job& job, const std::vector<double>& score,
                     const std::vector<uint8_t>& bad) {
  double lo = INFINITY, hi = -INFINITY;
  for (const double s : score)
    if (s > 0 && std::isfinite(s))
      lo = std::min(lo, std::log10(s)), hi = std::max(hi, std::log10(s));
  if (!(lo < hi)) return;
  const double width = (hi - lo) / static_cast<double>(kBins);
  std::vector<int64_t> counts[2] = {std::vector<int64_t>(kBins), std::vector<int64_t>(kBins)};
  for (size_t i = 0; i < score.size(); ++i) {
    const double place = score[i] > 0 ? (std::log10(score[i]) - lo) / width : 0;
    const double bin = std::clamp(std::floor(place), 0.0, static_cast<double>(kBins - 1));
    ++counts[bad[i] != 0][static_cast<size_t>(bin)];
  }
  std::vector<double> middle, share;
  std::vector<std::string> group;
  std::vector<int64_t> count;
  for (const int g : {0, 1}) {
    const auto total =
        static_cast<double>(g ? count_bad(bad) : static_cast<int64_t>(bad.size()) - count_bad(bad));
    if (total == 0) continue;
    for (size_t b = 0; b < counts[g].size(); ++b) {
      middle.push_back(lo + (static_cast<double>(b) + 0.5) * width);
      group.emplace_back(g ? "hallucinated" : "in support");
      count.push_back(counts[g][b]);
      share.push_back(static_cast<double>(count.back()) / total);
    }
  }
  job.rows("histogram",
           {{"log10_score", middle}, {"group", group}, {"count", count}, {"share", share}});
}

/// Scores and labels of some of the samples.
struct Part {
  std::vector<double> score;
  std::vector<uint8_t> bad;
};

/// The samples in a random order: the first round(share n), and the rest.
std::pair<Part, Part> split_in_two(const std::vector<double>& score,
                                   const std::vector<uint8_t>& bad, double share, uint64_t key) {
  std::vector<size_t> order(score.size());
  std::iota(order.begin(), order.end(), size_t{0});
  assay::Stream(key).shuffle(order);
  const auto first = static_cast<size_t>(std::llround(share * static_cast<double>(order.size())));
  std::pair<Part, Part> parts;
  for (size_t i = 0; i < order.size(); ++i) {
    Part& part = i < first ? parts.first : parts.second;
    part.score.push_back(score[order[i]]);
    part.bad.push_back(bad[order[i]]);
  }
  return parts;
}

/// Rows of the table `operating`.
struct Operating {
  std::vector<std::string> rule, chosen, tested;
  std::vector<double> tau, removal, retention;
  std::vector<int64_t> n, hallucinated;

  void add(const char* by, bool all, const Point& p, const std::vector<uint8_t>& bad) {
    rule.emplace_back(by);
    chosen.emplace_back(all ? "all" : "part");
    tested.emplace_back(all ? "all" : "rest");
    tau.push_back(p.tau);
    removal.push_back(p.removal);
    retention.push_back(p.retention);
    n.push_back(static_cast<int64_t>(bad.size()));
    hallucinated.push_back(count_bad(bad));
  }
  void write(assay::Job& job) const {
    job.rows("operating", {{"rule", rule},
                           {"chosen", chosen},
                           {"tested", tested},
                           {"tau", tau},
                           {"removal", removal},
                           {"retention", retention},
                           {"n", n},
                           {"hallucinated", hallucinated}});
  }
};

}  // namespace

void Detector::report(assay::Job& job, const std::vector<double>& score,
                      const std::vector<uint8_t>& bad, uint64_t key) const {
  job.scalar("n", static_cast<double>(bad.size()));
  job.scalar("hallucinated", static_cast<double>(count_bad(bad)));
  write_histogram(job, score, bad);
  if (const auto why = one_kind(bad); !why.empty()) {
    job.warn(why);
    for (const char* number : {"auc", "tau", "removal_at_retention", "retention_at_removal",
                               "tested_removal", "tested_retention"})
      job.scalar(number, std::numeric_limits<double>::quiet_NaN());
    return;
  }

  // The curve of all samples, and its operating points.
  write_curve(job, removal_curve(score, bad));
  const Detection all = detect(score, bad, retention, removal);
  job.scalar("auc", all.auc);
  job.scalar("tau", all.retention.tau);
  job.scalar("removal_at_retention", all.retention.removal);
  job.scalar("retention_at_removal", all.removal.retention);
  Operating rows;
  rows.add("retention", true, all.retention, bad);
  rows.add("removal", true, all.removal, bad);

  // Thresholds that are tested on other samples than they were chosen on.
  const auto [chosen, rest] = split_in_two(score, bad, split, key);
  if (one_kind(chosen.bad).empty() && one_kind(rest.bad).empty()) {
    const auto part = detect(chosen.score, chosen.bad, retention, removal);
    const Point tested = at_tau(rest.score, rest.bad, part.retention.tau);
    job.scalar("tested_removal", tested.removal);
    job.scalar("tested_retention", tested.retention);
    rows.add("retention", false, tested, rest.bad);
    rows.add("removal", false, at_tau(rest.score, rest.bad, part.removal.tau), rest.bad);
  } else {
    job.warn(
        "the hallucinated are too few to choose a threshold on one part of the samples and "
        "test it on the rest; draw more samples");
  }
  rows.write(job);
}

void Detector::sweep(assay::Job& job, const ScoredSamples& samples,
                     const std::vector<uint8_t>& bad) const {
  if (!one_kind(bad).empty()) return;
  std::vector<std::string> name, window;
  std::vector<int64_t> lo, hi, visited;
  std::vector<double> auc, removed, retained;
  std::vector<size_t> order(samples.windows.size());  // by the windows' ends
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const Window &x = samples.windows[a], &y = samples.windows[b];
    return x.lo != y.lo ? x.lo < y.lo : x.hi < y.hi;
  });
  for (size_t s = 0; s < kScores.size(); ++s)
    for (const size_t w : order) {
      const auto score = samples.of(static_cast<Score>(s), w);
      const Detection found = detect(score, bad, retention, removal);
      name.emplace_back(kScores[s]);
      window.push_back(show(samples.windows[w]));
      lo.push_back(samples.windows[w].lo);
      hi.push_back(samples.windows[w].hi);
      visited.push_back(samples.visited[w]);
      auc.push_back(found.auc);
      removed.push_back(found.retention.removal);
      retained.push_back(found.removal.retention);
      job.tick("trying windows", static_cast<int64_t>(auc.size()),
               static_cast<int64_t>(kScores.size() * samples.windows.size()));
    }
  job.rows("sweep", {{"score", name},
                     {"window", window},
                     {"t_lo", lo},
                     {"t_hi", hi},
                     {"visited", visited},
                     {"auc", auc},
                     {"removal", removed},
                     {"retention", retained}});
}

}  // namespace diffusion
