// cases x zips x grid -> exclude -> seeds.
#include "core/base/number.hpp"
#include "core/plan/expansion.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

/// One combination of a stage's axes while it is judged: picks[i] is the index on axis i.
class Combination {
 public:
  explicit Combination(const Stage& stage) : stage_(stage) {}
  std::vector<uint32_t> picks;

  const Json* find(const std::string& name) const {
    for (size_t i = 0; i < picks.size(); ++i)
      if (stage_.axes[i].name == name) return &stage_.axes[i].points[picks[i]].value;
    const ParamSchema* p = stage_.method->param(name);
    if (!p) return nullptr;
    const size_t index = static_cast<size_t>(p - stage_.method->params.data());
    for (size_t i = 0; i < picks.size(); ++i)
      for (const auto& [param, value] : stage_.axes[i].points[picks[i]].sets)
        if (param == index) return &value;
    return &stage_.params[index];
  }

  /// Whether a rule removes the combination. Throws ExpressionError.
  bool matches(const ExcludeRule& rule) const {
    for (const auto& [name, values] : rule.matches) {
      const Json* mine = find(name);
      if (!mine || std::none_of(values.begin(), values.end(),
                                [&](const Json& v) { return same_value(v, *mine); }))
        return false;
    }
    return !rule.condition ||
           rule.condition->test([this](const std::string& name) { return find(name); });
  }

 private:
  const Stage& stage_;
};

/// "size 5 x lr 50"
std::string product_text(const std::vector<Axis>& axes) {
  std::string out;
  for (const auto& axis : axes)
    out += fmt::format("{}{} {}", out.empty() ? "" : " x ", axis.name, axis.points.size());
  return out;
}

class OwnPoints {
 public:
  OwnPoints(const Stage& stage, AxisValuePool& pool, Findings& findings)
      : stage_(stage), findings_(findings), combination_(stage) {
    for (const auto& axis : stage.axes) {
      out_.axes.push_back(axis.name);
      auto& ids = ids_.emplace_back();
      for (const auto& point : axis.points) ids.push_back(pool.id(axis.name, point.value));
    }
    out_.order = ids_;
    seeds_ = !stage.axes.empty() && stage.axes.back().name == "seed";
  }

  Relation expand(int64_t max_runs) {
    double total = 1;
    for (const auto& axis : stage_.axes) total *= static_cast<double>(axis.points.size());
    if (total > 10.0 * static_cast<double>(max_runs)) {
      findings_.error(
          "E124",
          fmt::format("{} runs planned in stage \"{}\" ({}); limit is "
                      "experiment.max_runs = {}",
                      ecmascript(total), stage_.name, product_text(stage_.axes), max_runs),
          stage_.place);
      return {};
    }
    walk(0);
    if (out_.rows.empty() && last_rule_)
      findings_.error(
          "E123",
          fmt::format("stage \"{}\" has no runs left: the exclude rule at line {} removed "
                      "the last {} of {}",
                      stage_.name, last_rule_->place.line, removed_by_[last_rule_], considered_),
          last_rule_->place);
    return std::move(out_);
  }

 private:
  void walk(size_t axis) {
    const size_t axes = stage_.axes.size() - (seeds_ ? 1 : 0);
    if (axis < axes) {
      combination_.picks.push_back(0);
      for (size_t i = 0; i < stage_.axes[axis].points.size(); ++i) {
        combination_.picks[axis] = static_cast<uint32_t>(i);
        walk(axis + 1);
      }
      combination_.picks.pop_back();
      return;
    }
    ++considered_;
    if (excluded()) return;
    if (!seeds_) return add(combination_.picks);
    auto picks = combination_.picks;
    picks.push_back(0);
    for (size_t i = 0; i < stage_.axes.back().points.size(); ++i) {
      picks.back() = static_cast<uint32_t>(i);
      add(picks);
    }
  }

  bool excluded() {
    for (const auto& rule : stage_.exclude) {
      try {
        if (!combination_.matches(rule)) continue;
      } catch (const ExpressionError& error) {
        if (!complained_)
          findings_.error(
              "E130", error.what(),
              inside(rule.condition_place, rule.condition_text, error.offset, error.width));
        complained_ = true;
        continue;
      }
      last_rule_ = &rule;
      ++removed_by_[&rule];
      return true;
    }
    return false;
  }

  void add(const std::vector<uint32_t>& picks) {
    JoinRow row;
    row.from = picks;
    for (size_t i = 0; i < picks.size(); ++i) row.ids.push_back(ids_[i][picks[i]]);
    out_.rows.push_back(std::move(row));
  }

  const Stage& stage_;
  Findings& findings_;
  Combination combination_;
  std::vector<std::vector<uint32_t>> ids_;
  bool seeds_ = false, complained_ = false;
  size_t considered_ = 0;
  const ExcludeRule* last_rule_ = nullptr;
  std::map<const ExcludeRule*, size_t> removed_by_;
  Relation out_;
};

}  // namespace

Relation own_points(const Stage& stage, int64_t max_runs, AxisValuePool& pool, Findings& findings) {
  return OwnPoints(stage, pool, findings).expand(max_runs);
}

}  // namespace assay
