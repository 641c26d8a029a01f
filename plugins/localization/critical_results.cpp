#include "plugins/common/stats/mann_whitney.hpp"
#include "plugins/localization/critical_results.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace localization {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr const char* kGroups[] = {"clean", "memorised"};

double ratio(double part, double whole) { return whole > 0 ? part / whole : kNaN; }

double mean(const std::vector<double>& x) {
  return ratio(std::accumulate(x.begin(), x.end(), 0.0), static_cast<double>(x.size()));
}

/// Linear between neighbours, as numpy.quantile; NaN of nothing.
double quantile(std::vector<double> x, double q) {
  if (x.empty()) return kNaN;
  std::sort(x.begin(), x.end());
  const double at = q * static_cast<double>(x.size() - 1);
  const auto low = static_cast<size_t>(at);
  const double high = x[std::min(low + 1, x.size() - 1)];
  return x[low] + (at - static_cast<double>(low)) * (high - x[low]);
}

/// "res1a.conv.weight" lies in the layer "res1a".
std::string layer_of(const std::string& parameter) {
  return parameter.substr(0, parameter.find('.'));
}

/// The layers' names, each once, in their order.
std::vector<std::string> layer_names(const CriticalResults& r) {
  std::vector<std::string> names;
  for (const auto& parameter : r.layers)
    if (names.empty() || names.back() != layer_of(parameter)) names.push_back(layer_of(parameter));
  return names;
}

void log_targets(const assay::Job& job, const CriticalResults& r) {
  std::vector<int64_t> example, count, predicted;
  std::vector<uint8_t> flipped;
  std::vector<std::string> group;
  std::vector<double> clean, memorised, test;
  for (size_t t = 0; t < r.targets.size(); ++t) {
    const auto& target = r.targets[t];
    example.push_back(target.example);
    count.push_back(static_cast<int64_t>(target.picks.size()));
    predicted.push_back(target.predicted);
    flipped.push_back(target.flipped);
    group.emplace_back(kGroups[r.memorised[t]]);
    clean.push_back(r.after[t].clean);
    memorised.push_back(r.after[t].memorised);
    test.push_back(r.after[t].test);
  }
  job.rows("targets", {{"example", example},
                       {"index", r.index},
                       {"group", group},
                       {"memorised", assay::bools(r.memorised)},
                       {"label", r.label},
                       {"true_label", r.true_label},
                       {"count", count},
                       {"flipped", assay::bools(flipped)},
                       {"predicted", predicted},
                       {"acc_clean", clean},
                       {"acc_memorised", memorised},
                       {"acc_test", test}});
}

void log_units(const assay::Job& job, const CriticalResults& r) {
  std::vector<int64_t> example, order, unit;
  std::vector<std::string> group, layer, parameter;
  std::vector<double> score;
  for (size_t t = 0; t < r.targets.size(); ++t)
    for (size_t n = 0; n < r.targets[t].picks.size(); ++n) {
      const auto& pick = r.targets[t].picks[n];
      example.push_back(r.targets[t].example);
      group.emplace_back(kGroups[r.memorised[t]]);
      order.push_back(static_cast<int64_t>(n) + 1);
      parameter.push_back(r.layers[static_cast<size_t>(pick.layer)]);
      layer.push_back(layer_of(parameter.back()));
      unit.push_back(pick.unit);
      score.push_back(pick.score);
    }
  job.rows("units", {{"example", example},
                     {"group", group},
                     {"order", order},
                     {"layer", layer},
                     {"parameter", parameter},
                     {"unit", unit},
                     {"score", score}});
}

void log_layers(const assay::Job& job, const CriticalResults& r) {
  std::vector<std::string> layers, groups;
  std::vector<int64_t> picks;
  std::vector<double> per_target;
  for (const auto& name : layer_names(r))
    for (const uint8_t g : {0, 1}) {
      int64_t here = 0, targets = 0;
      for (size_t t = 0; t < r.targets.size(); ++t) {
        if (r.memorised[t] != g) continue;
        ++targets;
        for (const auto& pick : r.targets[t].picks)
          here += layer_of(r.layers[static_cast<size_t>(pick.layer)]) == name;
      }
      layers.push_back(name);
      groups.emplace_back(kGroups[g]);
      picks.push_back(here);
      per_target.push_back(ratio(static_cast<double>(here), static_cast<double>(targets)));
    }
  job.rows("layers",
           {{"layer", layers}, {"group", groups}, {"picks", picks}, {"per_target", per_target}});
}

void log_group(const assay::Job& job, const CriticalResults& r, uint8_t g) {
  std::vector<double> counts, clean, memorised, test;
  int64_t searched = 0, picks = 0, last = 0;
  for (size_t t = 0; t < r.targets.size(); ++t) {
    if (r.memorised[t] != g) continue;
    ++searched;
    for (const auto& pick : r.targets[t].picks)
      ++picks,
          last += layer_of(r.layers[static_cast<size_t>(pick.layer)]) == layer_of(r.last_parameter);
    clean.push_back(r.after[t].clean);
    memorised.push_back(r.after[t].memorised);
    test.push_back(r.after[t].test);
    if (r.targets[t].flipped) counts.push_back(static_cast<double>(r.targets[t].picks.size()));
  }
  const auto log = [&](const char* metric, double value) {
    job.scalar(std::string(metric) + "/" + kGroups[g], value);
  };
  log("count_mean", mean(counts));
  log("count_median", quantile(counts, 0.5));
  log("count_q1", quantile(counts, 0.25));
  log("count_q3", quantile(counts, 0.75));
  log("flipped", ratio(static_cast<double>(counts.size()), static_cast<double>(searched)));
  log("searched", static_cast<double>(searched));
  log("skipped", static_cast<double>(g ? r.skipped_memorised : r.skipped_clean));
  log("last_layer", ratio(static_cast<double>(last), static_cast<double>(picks)));
  log("clean_after", mean(clean));
  log("memorised_after", mean(memorised));
  log("test_after", mean(test));
}

void log_contrast(const assay::Job& job, const CriticalResults& r) {
  std::vector<double> counts[2];
  int64_t flipped = 0, to_truth = 0;
  for (size_t t = 0; t < r.targets.size(); ++t) {
    const auto& target = r.targets[t];
    counts[r.memorised[t]].push_back(target.flipped ? static_cast<double>(target.picks.size())
                                                    : std::numeric_limits<double>::infinity());
    if (!target.flipped || !r.memorised[t]) continue;
    ++flipped;
    to_truth += target.predicted == r.true_label[t];
  }
  job.scalar("p_fewer", assay::stats::mann_whitney(counts[1], counts[0]).p_less);
  job.scalar("to_true_label", ratio(static_cast<double>(to_truth), static_cast<double>(flipped)));
}

}  // namespace

Accuracies accuracies(const Judged& judged, const std::vector<uint8_t>& correct, int64_t target) {
  double right[3] = {}, count[3] = {};
  for (size_t i = 0; i < correct.size(); ++i) {
    if (target >= 0 && judged.example[i] == target) continue;
    ++count[judged.group[i]];
    right[judged.group[i]] += correct[i];
  }
  return {ratio(right[0], count[0]), ratio(right[1], count[1]), ratio(right[2], count[2])};
}

void log_critical(const assay::Job& job, const CriticalResults& results) {
  job.scalar("before/clean", results.before.clean);
  job.scalar("before/memorised", results.before.memorised);
  job.scalar("before/test", results.before.test);
  for (const uint8_t g : {0, 1}) log_group(job, results, g);
  log_contrast(job, results);
  log_targets(job, results);
  log_units(job, results);
  log_layers(job, results);
}

}  // namespace localization
