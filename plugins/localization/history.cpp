#include "plugins/localization/history.hpp"

#include <cmath>
#include <limits>

namespace localization {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
/// Memorisation has set in when more of the memorised examples than these are right.
constexpr double kOnset = 0.05;

/// Of those that are numbers; NaN if none is.
double mean(const std::vector<double>& values) {
  double sum = 0, count = 0;
  for (const double v : values)
    if (!std::isnan(v)) sum += v, count += 1;
  return count > 0 ? sum / count : kNaN;
}

/// NaN if one of them is, or there are none.
double highest(const std::vector<double>& values) {
  double most = values.empty() ? kNaN : values[0];
  for (const double v : values) most = v > most || std::isnan(v) ? v : most;
  return most;
}

}  // namespace

History::History(const std::vector<Group>& groups) {
  for (const auto& group : groups) groups_.push_back(group.name);
}

void History::add(const assay::Job& job, const std::vector<GroupGradients>& gradients,
                  double memorised) {
  memorised_.push_back(memorised);
  const auto epoch = static_cast<int64_t>(memorised_.size());
  std::vector<int64_t> layers;
  std::vector<double> clean, noisy, total, ratio, cosine;
  for (const auto& g : gradients) {
    layers.push_back(static_cast<int64_t>(layers.size()));
    clean.push_back(g.norm_clean);
    noisy.push_back(g.norm_noisy);
    total.push_back(g.norm_total);
    ratio.push_back(g.ratio);
    cosine.push_back(g.cosine);
  }
  ratios_.insert(ratios_.end(), ratio.begin(), ratio.end());
  cosines_.insert(cosines_.end(), cosine.begin(), cosine.end());
  const std::vector<int64_t> epochs(layers.size(), epoch),
      windows(layers.size(), (epoch + 4) / 5 * 5);
  job.rows("gradients", {{"epoch", epochs},
                         {"window", windows},
                         {"group", groups_},
                         {"layer", layers},
                         {"norm_clean", clean},
                         {"norm_noisy", noisy},
                         {"norm_total", total},
                         {"ratio", ratio},
                         {"cosine", cosine}});
  log_norms(job, epoch, gradients);
}

void History::log_norms(const assay::Job& job, int64_t epoch,
                        const std::vector<GroupGradients>& gradients) const {
  std::vector<int64_t> epochs;
  std::vector<std::string> groups, sets;
  std::vector<double> norms;
  const auto add = [&](const std::string& group, const char* set, double norm) {
    epochs.push_back(epoch);
    groups.push_back(group);
    sets.emplace_back(set);
    norms.push_back(norm);
  };
  for (size_t g = 0; g < groups_.size(); ++g) {
    add(groups_[g], "clean", gradients[g].norm_clean);
    add(groups_[g], "memorised", gradients[g].norm_noisy);
    add(groups_[g], "all", gradients[g].norm_total);
  }
  job.rows("norms", {{"epoch", epochs}, {"group", groups}, {"set", sets}, {"norm", norms}});
}

void History::log_summary(const assay::Job& job) const {
  // By group, over the epochs.
  const size_t G = groups_.size(), E = memorised_.size();
  std::vector<double> cosines;
  for (size_t g = 0; g < G; ++g) {
    std::vector<double> ratio, cosine;
    for (size_t e = 0; e < E; ++e) {
      ratio.push_back(ratios_[e * G + g]);
      cosine.push_back(cosines_[e * G + g]);
    }
    cosines.push_back(mean(cosine));
    job.scalar("ratio/" + groups_[g], mean(ratio));
    job.scalar("cosine/" + groups_[g], cosines.back());
  }
  job.scalar("cosine_highest", highest(cosines));

  // When memorisation sets in.
  size_t before = E;  // epochs that end with hardly any right
  while (before > 0 && memorised_[before - 1] > kOnset) --before;
  const bool sets_in = before < E;
  job.scalar("onset", sets_in ? static_cast<double>(before + 1) : kNaN);
  const auto* row = cosines_.data() + before * G;
  job.scalar("onset_cosine_highest", sets_in ? highest(std::vector<double>(row, row + G)) : kNaN);
}

void History::add_to(assay::Columns& columns) const {
  columns.add("history.memorised", memorised_);
  columns.add("history.ratios", ratios_).add("history.cosines", cosines_);
}

void History::restore(const assay::Reader& checkpoint) {
  memorised_ = checkpoint.read<double>("history.memorised");
  ratios_ = checkpoint.read<double>("history.ratios");
  cosines_ = checkpoint.read<double>("history.cosines");
}

}  // namespace localization
