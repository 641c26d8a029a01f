#include "plugins/ssft/groups.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <numeric>

namespace ssft {
namespace {

double mean(const std::vector<int64_t>& x) {
  return static_cast<double>(std::accumulate(x.begin(), x.end(), int64_t{0})) /
         static_cast<double>(x.size());
}

/// The columns of the table `groups` that are metrics too.
struct Number {
  const char* name;
  double GroupTimes::*value;
};
constexpr Number kNumbers[] = {
    {"learned", &GroupTimes::learned},     {"retention", &GroupTimes::retention},
    {"mean_fslt", &GroupTimes::mean_fslt}, {"median_fslt", &GroupTimes::median_fslt},
    {"mean_ssft", &GroupTimes::mean_ssft}, {"median_ssft", &GroupTimes::median_ssft}};

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

double median(std::vector<int64_t> x) {
  if (x.empty()) return std::nan("");
  std::sort(x.begin(), x.end());
  const size_t half = x.size() / 2;
  return x.size() % 2 ? static_cast<double>(x[half])
                      : static_cast<double>(x[half - 1] + x[half]) / 2;
}

std::vector<GroupTimes> times_by_group(const Record& record,
                                       const std::vector<std::string>& group) {
  std::map<std::string, std::vector<size_t>> members;
  for (size_t i = 0; i < group.size(); ++i) members[group[i]].push_back(i);
  std::vector<GroupTimes> out;
  for (const auto& [name, examples] : members) {
    std::vector<int64_t> fslt, ssft;
    GroupTimes g{name, static_cast<int64_t>(examples.size())};
    for (const size_t i : examples) {
      fslt.push_back(record.fslt[i]);
      ssft.push_back(record.ssft[i]);
      g.learned += !record.never_learned[i];
      g.retention += record.never_forgotten[i];
    }
    g.learned /= static_cast<double>(g.examples);
    g.retention /= static_cast<double>(g.examples);
    g.mean_fslt = mean(fslt);
    g.mean_ssft = mean(ssft);
    g.median_fslt = median(std::move(fslt));
    g.median_ssft = median(std::move(ssft));
    out.push_back(g);
  }
  return out;
}

std::string metric_name(const std::string& group) {
  std::string name;
  for (const char c : group) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain)
      name += c;
    else if (!name.empty() && name.back() != '_')
      name += '_';
  }
  return name;
}

Sides sides(const std::vector<std::string>& group, const std::vector<std::string>& positive,
            const std::vector<std::string>& negative) {
  for (const auto* side : {&positive, &negative})
    for (const auto& name : *side) {
      if (name == "mislabelled" || has(group, name)) continue;
      auto known = group;
      std::sort(known.begin(), known.end());
      known.erase(std::unique(known.begin(), known.end()), known.end());
      std::string list;
      for (const auto& one : known) list += (list.empty() ? "\"" : ", \"") + one + "\"";
      throw std::invalid_argument("A has no group \"" + name + "\"; its groups are " + list);
    }
  Sides out;
  for (const auto& name : group) {
    out.positive.push_back(has(positive, name));
    out.compared.push_back(out.positive.back() || negative.empty() || has(negative, name));
  }
  return out;
}

void log_groups(const assay::Job& job, const Record& record, const std::vector<std::string>& group,
                const Sides& sides) {
  const auto groups = times_by_group(record, group);
  std::vector<std::string> names;
  std::vector<int64_t> examples;
  for (const auto& g : groups) {
    names.push_back(g.group);
    examples.push_back(g.examples);
    job.scalar("group_size/" + metric_name(g.group), static_cast<double>(g.examples));
  }
  std::vector<assay::Column> table{{"group", names}, {"examples", examples}};
  std::deque<std::vector<double>> columns;
  for (const auto& [name, value] : kNumbers) {
    auto& column = columns.emplace_back();
    for (const auto& g : groups) {
      column.push_back(g.*value);
      job.scalar(std::string(name) + "/" + metric_name(g.group), g.*value);
    }
    table.emplace_back(name, column);
  }
  job.rows("groups", table);

  std::vector<std::string> side(group.size());
  for (size_t i = 0; i < side.size(); ++i)
    side[i] = sides.positive[i] ? "positive" : sides.compared[i] ? "negative" : "";
  for (const auto& g : times_by_group(record, side))
    for (const auto& [name, value] : kNumbers)
      if (!g.group.empty()) job.scalar(g.group + "/" + name, g.*value);
}

}  // namespace ssft
