// Joins the stages along the DAG and makes a run of every point.
#include "core/base/number.hpp"
#include "core/base/suggest.hpp"
#include "core/base/text.hpp"
#include "core/plan/expansion.hpp"
#include "core/plan/identity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace assay {
namespace {

/// What a stage became: its points, and the run of each.
struct Expanded {
  Relation points;
  std::vector<size_t> runs;
};

/// An upstream of a stage as the join sees it: its points, or its groups of points.
struct Upstream {
  const InputSpec* input;
  Relation relation;                           // `from` of a row: its own index
  std::vector<std::vector<uint32_t>> members;  // points of the upstream stage, by row
};

class Expander {
 public:
  Expander(const Stages& stages, const fs::path& folder, int64_t max_runs, PlanContext& context,
           Plan& plan, Findings& findings)
      : stages_(stages),
        folder_(folder),
        max_runs_(max_runs),
        context_(context),
        plan_(plan),
        findings_(findings) {}

  void run() {
    for (const Stage* stage : in_order(stages_, findings_)) {
      if (!stage->enabled || stage->broken || full_) continue;
      if (upstream_missing(*stage)) continue;
      expand_stage(*stage);
    }
  }

 private:
  size_t most() const { return static_cast<size_t>(max_runs_) * 10; }

  bool upstream_missing(const Stage& stage) const {
    for (const auto& input : stage.inputs)
      if (!input.stage.empty() && !done_.contains(input.stage)) return true;
    return std::any_of(stage.needs.begin(), stage.needs.end(),
                       [&](const auto& need) { return !done_.contains(need.first); });
  }

  void expand_stage(const Stage& stage) {
    const size_t errors = findings_.errors();
    std::vector<Upstream> upstreams;
    std::vector<RunInput> outside;
    for (const auto& input : stage.inputs) {
      if (input.stage.empty())
        add_outside(input, outside);
      else
        upstreams.push_back(upstream_of(input));
    }
    const Relation own = own_points(stage, max_runs_, pool_, findings_);
    if (findings_.errors() > errors) return;
    auto points = join(stage, upstreams, own);
    if (!points) return;
    put_in_order(*points);
    make_runs(stage, std::move(*points), upstreams, own.axes.size(), outside);
  }

  void add_outside(const InputSpec& input, std::vector<RunInput>& outside) {
    RunInput made;
    made.name = input.name;
    made.kind = input.port->kind;
    made.many = input.port->many();
    Source source;
    if (const auto it = found_.find(input.text); it != found_.end())
      source = it->second;
    else if (find_outside(input, folder_, context_, source, findings_))
      found_.emplace(input.text, source);
    made.items.push_back(std::move(source));
    outside.push_back(std::move(made));
  }

  Upstream upstream_of(const InputSpec& input) {
    const Relation& all = done_.at(input.stage).points;
    Upstream out{&input, {}, {}};
    std::vector<std::string> keep;
    if (input.gathered) {
      for (const auto& axis : all.axes)
        if (!input.over_all &&
            std::find(input.over.begin(), input.over.end(), axis) == input.over.end())
          keep.push_back(axis);
      for (const auto& axis : input.over)
        if (!input.over_all && axis != "seed" && !all.has(axis))
          findings_.error("E141",
                          fmt::format("\"{}\" has no axis \"{}\"; axes: {}", input.stage, axis,
                                      all.axes.empty() ? "none" : assay::join(all.axes, ", ")),
                          input.over_place, did_you_mean(axis, all.axes));
    } else {
      keep = all.axes;
    }
    out.relation = project(all, keep);
    for (size_t i = 0; i < out.relation.rows.size(); ++i) {
      out.members.push_back(std::move(out.relation.rows[i].from));
      out.relation.rows[i].from = {static_cast<uint32_t>(i)};
    }
    return out;
  }

  /// The natural join of all upstreams and the stage's own points; nothing, with an error, when it
  /// is empty or too large. `from`: one entry for each upstream, then the own picks.
  std::optional<Relation> join(const Stage& stage, const std::vector<Upstream>& upstreams,
                               const Relation& own) {
    Relation points;
    points.rows.emplace_back();
    std::vector<std::pair<std::string, const Relation*>> joined;
    const auto add = [&](const std::string& name, const Relation& relation, const Place& place) {
      Relation next = natural_join(points, relation, most());
      if (next.rows.empty()) return empty_join(stage, joined, name, relation, place), false;
      if (next.rows.size() > most()) {
        findings_.error("E124",
                        fmt::format("more than {} runs planned in stage \"{}\"; limit is "
                                    "experiment.max_runs = {}",
                                    most(), stage.name, max_runs_),
                        stage.place);
        return false;
      }
      points = std::move(next);
      joined.emplace_back(name, &relation);
      return true;
    };
    for (const auto& upstream : upstreams)
      if (!add("\"" + upstream.input->stage + "\"", upstream.relation, upstream.input->place))
        return std::nullopt;
    if (!add("its own axes", own, stage.place)) return std::nullopt;
    return points;
  }

  std::string values_text(const std::string& axis, const Relation& relation) const {
    std::string out = axis + ": ";
    const auto ids = relation.column(axis);
    for (size_t i = 0; i < ids.size() && i < 10; ++i) {
      const Json& v = pool_.value(axis, ids[i]);
      out += (i ? ", " : "") + (v.is_number_float() ? ecmascript(v.get<double>())
                                : v.is_string()     ? v.get<std::string>()
                                                    : v.dump());
    }
    return out + (ids.size() > 10 ? ", ..." : "");
  }

  void empty_join(const Stage& stage,
                  const std::vector<std::pair<std::string, const Relation*>>& joined,
                  const std::string& name, const Relation& relation, const Place& place) {
    for (const auto& [other_name, other] : joined)
      for (const auto& axis : shared_axes(*other, relation)) {
        const auto a = other->column(axis), b = relation.column(axis);
        std::vector<uint32_t> common;
        std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(common));
        if (!common.empty()) continue;
        findings_.error("E141",
                        fmt::format("\"{}\" joins {} ({}) with {} ({}): no common value of \"{}\"",
                                    stage.name, other_name, values_text(axis, *other), name,
                                    values_text(axis, relation), axis),
                        place);
        return;
      }
    findings_.error("E141",
                    fmt::format("\"{}\": no point of {} agrees with the others on all axes they "
                                "share",
                                stage.name, name),
                    place);
  }

  void make_runs(const Stage& stage, Relation points, const std::vector<Upstream>& upstreams,
                 size_t own_axes, const std::vector<RunInput>& outside) {
    plan_.stages.push_back(
        {stage.name, stage.title, stage.plugin->name, stage.method->name, points.axes});
    Expanded& expanded = done_[stage.name];
    std::vector<std::pair<const Expanded*, RowIndex>> needs;
    for (const auto& [name, place] : stage.needs) {
      const Expanded& needed = done_.at(name);
      needs.emplace_back(&needed, RowIndex(needed.points, shared_axes(points, needed.points)));
    }
    const size_t before = plan_.points.size();
    std::set<size_t> distinct;
    for (const JoinRow& row : points.rows) {
      Run run;
      fill(run, stage, row, upstreams.size(), own_axes);
      Point point;
      point.stage = stage.name;
      for (size_t i = 0; i < points.axes.size(); ++i)
        point.axes.emplace_back(points.axes[i], pool_.value(points.axes[i], row.ids[i]));
      if (!stage.seedless())
        if (const Json* seed = point.axis("seed")) run.seed = seed->get<uint64_t>();
      run.inputs = inputs_of(stage, row, upstreams, outside);
      if (!add_needs(stage, run, points, row, needs)) return void(done_.erase(stage.name));
      point.run = add_run(std::move(run), *stage.method);
      if (full_) return;
      distinct.insert(point.run);
      expanded.runs.push_back(point.run);
      plan_.points.push_back(std::move(point));
    }
    if (const size_t count = plan_.points.size() - before; distinct.size() < count)
      findings_.warn(
          "W206",
          fmt::format("stage \"{}\": {} points are {} run{}: what varies between them "
                      "does not enter the run's identity",
                      stage.name, count, distinct.size(), distinct.size() == 1 ? "" : "s"),
          stage.place);
    expanded.points = std::move(points);
  }

  void fill(Run& run, const Stage& stage, const JoinRow& row, size_t upstreams,
            size_t own_axes) const {
    run.plugin = stage.plugin->name;
    run.method = stage.method->name;
    std::vector<const Json*> values(stage.params.size());
    for (size_t i = 0; i < values.size(); ++i) values[i] = &stage.params[i];
    for (size_t i = 0; i < own_axes; ++i)
      for (const auto& [param, value] : stage.axes[i].points[row.from[upstreams + i]].sets)
        values[param] = &value;
    Json::object_t params;
    for (size_t i = 0; i < values.size(); ++i)
      params.emplace(stage.method->params[i].name, *values[i]);
    run.params = std::move(params);
    run.resources = stage.resources;
    run.retries = stage.retries;
    run.checkpoint_every = stage.checkpoint_every;
    run.isolate_exec = stage.isolate_exec;
  }

  std::vector<RunInput> inputs_of(const Stage& stage, const JoinRow& row,
                                  const std::vector<Upstream>& upstreams,
                                  const std::vector<RunInput>& outside) const {
    std::vector<RunInput> out = outside;
    for (size_t u = 0; u < upstreams.size(); ++u) {
      const InputSpec& spec = *upstreams[u].input;
      const Expanded& from = done_.at(spec.stage);
      RunInput input;
      input.name = spec.name;
      input.kind = spec.port->kind;
      input.many = spec.port->many();
      input.skip_missing = spec.skip_missing;
      for (const uint32_t member : upstreams[u].members[row.from[u]])
        input.items.push_back({plan_.runs[from.runs[member]].id, spec.from, "", ""});
      // The identity knows a set of runs: the method sees them in an order that depends on nothing
      // else.
      std::sort(input.items.begin(), input.items.end(),
                [](const Source& a, const Source& b) { return a.run < b.run; });
      input.items.erase(
          std::unique(input.items.begin(), input.items.end(),
                      [](const Source& a, const Source& b) { return a.run == b.run; }),
          input.items.end());
      out.push_back(std::move(input));
    }
    const auto place = [&](const RunInput& i) { return stage.method->input(i.name); };
    std::sort(out.begin(), out.end(),
              [&](const RunInput& a, const RunInput& b) { return place(a) < place(b); });
    return out;
  }

  bool add_needs(const Stage& stage, Run& run, const Relation& points, const JoinRow& row,
                 const std::vector<std::pair<const Expanded*, RowIndex>>& needs) {
    std::set<std::string> ids;
    for (size_t i = 0; i < needs.size(); ++i) {
      const auto& rows = needs[i].second.find(points, row);
      for (const uint32_t r : rows) ids.insert(plan_.runs[needs[i].first->runs[r]].id);
      if (!rows.empty()) continue;
      findings_.error(
          "E141",
          fmt::format("\"{}\" needs \"{}\", which has no run with the same values of the "
                      "axes they share",
                      stage.name, stage.needs[i].first),
          stage.needs[i].second);
      return false;
    }
    run.needs.assign(ids.begin(), ids.end());
    return true;
  }

  size_t add_run(Run run, const MethodSchema& method) {
    run.canonical = canonical_json(run, method);
    run.id = run_id(run.canonical);
    const auto [it, fresh] = by_id_.emplace(run.id, plan_.runs.size());
    if (!fresh) return it->second;
    plan_.runs.push_back(std::move(run));
    if (static_cast<int64_t>(plan_.runs.size()) > max_runs_) {
      full_ = true;
      findings_.error(
          "E124",
          fmt::format("more than {0} runs planned; limit is experiment.max_runs = {0}", max_runs_),
          stages_.front().place);
    }
    return it->second;
  }

  const Stages& stages_;
  const fs::path folder_;
  int64_t max_runs_;
  PlanContext& context_;
  Plan& plan_;
  Findings& findings_;
  AxisValuePool pool_;
  std::map<std::string, Expanded> done_;
  std::map<std::string, Source> found_;
  std::unordered_map<std::string, size_t> by_id_;
  bool full_ = false;
};

}  // namespace

std::vector<const Stage*> in_order(const Stages& stages, Findings& findings) {
  std::vector<const Stage*> out, open;
  std::set<const Stage*> done;
  const std::function<void(const Stage&, const Place&)> visit = [&](const Stage& stage,
                                                                    const Place& place) {
    if (done.contains(&stage)) return;
    if (const auto it = std::find(open.begin(), open.end(), &stage); it != open.end()) {
      std::string chain;
      for (auto i = it; i != open.end(); ++i) chain += "\"" + (*i)->name + "\" needs ";
      findings.error("E140", "stage " + chain + "\"" + stage.name + "\"", place);
      return;
    }
    open.push_back(&stage);
    for (const auto& input : stage.inputs)
      if (const Stage* up = find_stage(stages, input.stage)) visit(*up, input.place);
    for (const auto& [name, where] : stage.needs)
      if (const Stage* up = find_stage(stages, name)) visit(*up, where);
    open.pop_back();
    done.insert(&stage);
    out.push_back(&stage);
  };
  for (const auto& stage : stages) visit(stage, stage.place);
  return out;
}

void expand(const Stages& stages, const fs::path& folder, int64_t max_runs, PlanContext& context,
            Plan& plan, Findings& findings) {
  Expander(stages, folder, max_runs, context, plan, findings).run();
}

std::string axes_text(const Axes& axes) {
  std::string out;
  for (const auto& [name, value] : axes) {
    out += (out.empty() ? "" : ", ") + name + "=";
    out += value.is_number_float() ? ecmascript(value.get<double>())
           : value.is_string()     ? value.get<std::string>()
                                   : value.dump();
  }
  return out;
}

}  // namespace assay
