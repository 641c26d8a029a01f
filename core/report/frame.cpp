#include "core/base/suggest.hpp"
#include "core/base/text.hpp"
#include "core/plan/expression.hpp"
#include "core/report/frame.hpp"
#include "core/report/table.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

constexpr size_t kMostOpen = 64;  // archives at once: a plan may have thousands of runs

std::string why_absent(const RunStatus& status) {
  switch (status.state) {
    case RunState::absent: return "the run has not been started";
    case RunState::running: return "the run is still going";
    case RunState::failed:
      return "the run failed" + (status.message.empty() ? "" : ": " + status.message);
    default: return "the run was " + to_string(status.state);
  }
}

void collect(const ReportSpec& spec, std::map<std::string, std::set<ValueText>>& wanted) {
  for (const auto& c : spec.claims)
    for (const auto* side : {&c.left, &c.right}) wanted[side->stage].insert(side->value);
  for (const auto& item : spec.items) {
    if (const auto* t = std::get_if<TableSpec>(&item))
      wanted[t->stage].insert(t->values.begin(), t->values.end());
    if (const auto* p = std::get_if<PlotSpec>(&item))
      for (const auto* text : {&p->x, &p->y, &p->z, &p->value, &p->series, &p->marker, &p->facet})
        wanted[p->stage].insert(*text);
    if (const auto* i = std::get_if<ImagesSpec>(&item))
      wanted[i->stage].insert(i->labels.begin(), i->labels.end());
    if (const auto* t = std::get_if<TextSpec>(&item)) wanted[t->stage].insert(t->value);
  }
}

}  // namespace

Frame::Frame(const Plan& plan, RunSource& source) : plan_(plan), source_(source) {
  statuses_.reserve(plan.runs.size());
  for (const auto& run : plan.runs) statuses_.push_back(source.status(run));
  rows_.reserve(plan.points.size());
  for (const auto& p : plan.points)
    rows_.push_back({p.run, &p, &plan.runs.at(p.run), &statuses_.at(p.run)});
}

const StageInfo& Frame::stage(const std::string& name) const {
  std::vector<std::string> known;
  for (const auto& s : plan_.stages) {
    if (s.name == name) return s;
    known.push_back(s.name);
  }
  throw BadInput("E140", "no stage \"" + name + "\"", did_you_mean(name, known));
}

Rows Frame::select(const std::string& stage_name, const std::string& where) const {
  stage(stage_name);
  Rows out;
  try {
    for (const Point* point : select_points(plan_, stage_name, where))
      out.push_back(&rows_.at(static_cast<size_t>(point - plan_.points.data())));
  } catch (const ExpressionError& e) {
    throw BadInput("E130", fmt::format("where = \"{}\": {}", where, e.what()));
  }
  return out;
}

const Json* Row::coordinate(const std::string& name) const {
  if (const Json* axis = point->axis(name)) return axis;
  const auto param = run->params.find(name);
  return param == run->params.end() ? nullptr : &*param;
}

RunData* Frame::open(size_t run) {
  if (statuses_[run].state != RunState::complete) return nullptr;
  if (const auto found = opened_.find(run); found != opened_.end()) return found->second.get();
  if (order_.size() >= kMostOpen) {
    opened_.erase(order_.front());
    order_.pop_front();
  }
  order_.push_back(run);
  return (opened_[run] = source_.open(plan_.runs[run])).get();
}

const Value& Frame::value(const Row& row, const ValueText& text) {
  if (const Json* axis = row.coordinate(text)) {
    const auto [at, fresh] = axes_.try_emplace(axis);
    if (fresh) at->second = Value::of(*axis);
    return at->second;
  }
  const auto [at, fresh] = values_.try_emplace({row.index, text});
  if (!fresh) return at->second;
  RunData* data = open(row.index);
  at->second =
      data ? read_value(*data, plan_.schema(*row.run), text) : Value::none(why_absent(*row.status));
  return at->second;
}

std::optional<Series> Frame::series(const Row& row, const std::string& metric) {
  const auto [at, fresh] = series_.try_emplace({row.index, metric});
  if (fresh)
    if (RunData* data = open(row.index)) at->second = data->series(metric);
  return at->second;
}

std::optional<Array> Frame::array(const Row& row, const std::string& path) {
  RunData* data = open(row.index);
  return data ? data->array(path) : std::nullopt;
}

Json Frame::attributes(const Row& row) {
  const auto [at, fresh] = attributes_.try_emplace(row.index, Json::object());
  if (fresh)
    if (RunData* data = open(row.index)) at->second = data->attributes();
  return at->second;
}

Json Frame::provenance(const Row& row) {
  const auto [at, fresh] = provenance_.try_emplace(row.index, Json::object());
  if (fresh)
    if (RunData* data = open(row.index)) {
      at->second = data->provenance();
      if (at->second.is_object()) at->second.erase("git_diff");
    }
  return at->second;
}

void Frame::prefetch() {
  std::map<std::string, std::set<ValueText>> by_stage;
  collect(plan_.report, by_stage);
  std::vector<std::set<ValueText>> by_run(plan_.runs.size()), series_by_run(plan_.runs.size());
  std::vector<const Row*> first(plan_.runs.size());
  for (const auto& row : rows_) {
    if (!first[row.index]) first[row.index] = &row;
    for (const auto& text : by_stage[row.point->stage])
      if (text.find('/') != ValueText::npos) by_run[row.index].insert(text);
    for (const auto& item : plan_.report.items)
      if (const auto* p = std::get_if<PlotSpec>(&item))
        if (p->x == "step" && p->stage == row.point->stage)
          series_by_run[row.index].insert(metric_name(p->y));
  }
  for (size_t i = 0; i < by_run.size(); ++i) {
    if (!first[i]) continue;
    for (const auto& text : by_run[i]) value(*first[i], text);
    for (const auto& text : headline_values(plan_.schema(plan_.runs[i]))) value(*first[i], text);
    value(*first[i], "provenance/wall_seconds");
    for (const auto& metric : series_by_run[i]) series(*first[i], metric);
    attributes(*first[i]);
    provenance(*first[i]);
  }
}

void require_axes(const Rows& rows, const std::string& what, const std::vector<std::string>& shown,
                  const std::vector<std::string>& over) {
  std::map<std::string, std::set<std::string>> seen;
  std::vector<std::string> order;
  for (const Row* row : rows)
    for (const auto& [name, value] : row->point->axes) {
      if (!seen.contains(name)) order.push_back(name);
      seen[name].insert(value.dump());
    }
  const auto in = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  for (const auto& name : order)
    if (seen[name].size() > 1 && !in(shown, name) && !in(over, name) && !in(over, "*"))
      throw BadInput(
          "E180",
          fmt::format("{}: axis \"{}\" ({} values) is neither shown nor aggregated", what, name,
                      seen[name].size()),
          fmt::format("show it, filter it with where = \"{} == ...\", or name it in over", name));
}

Rows distinct_runs(const Rows& rows) {
  Rows out;
  std::set<size_t> seen;
  for (const Row* row : rows)
    if (seen.insert(row->index).second) out.push_back(row);
  return out;
}

std::string show_axes(const Row& row, const std::vector<std::string>& axes) {
  std::vector<std::string> parts;
  for (const auto& name : axes)
    if (const Json* value = row.coordinate(name)) parts.push_back(name + " = " + show(*value));
  return join(parts, ", ");
}

}  // namespace assay
