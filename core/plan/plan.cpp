#include "core/base/sha256.hpp"
#include "core/plan/expansion.hpp"
#include "core/plan/expression.hpp"
#include "core/plan/plan.hpp"

#include <set>

namespace assay {

std::vector<std::string> Run::upstream() const {
  std::set<std::string> ids(needs.begin(), needs.end());
  for (const auto& input : inputs)
    for (const auto& item : input.items)
      if (!item.run.empty()) ids.insert(item.run);
  return {ids.begin(), ids.end()};
}

const Json* Point::axis(const std::string& name) const {
  for (const auto& [axis_name, value] : axes)
    if (axis_name == name) return &value;
  return nullptr;
}

std::string Point::label() const {
  std::string out = stage;
  for (size_t i = 0; i < axes.size(); ++i) out += (i ? "," : ":") + axes_text({axes[i]});
  return out;
}

std::string Plan::id() const {
  Sha256 hash;
  hash.add(name);
  for (const auto& run : runs) hash.add("\n" + run.id);
  return hex(hash.digest()).substr(0, 32);
}

const Run* Plan::find(const std::string& run_id) const {
  for (const auto& run : runs)
    if (run.id == run_id) return &run;
  return nullptr;
}

const PluginSchema& Plan::plugin(const Run& run) const {
  for (const auto& p : plugins)
    if (p.name == run.plugin) return p;
  throw std::logic_error("the plan has no schema of plugin " + run.plugin);
}

const MethodSchema& Plan::schema(const Run& run) const {
  if (const MethodSchema* m = plugin(run).method(run.method)) return *m;
  throw std::logic_error("the plan has no schema of " + run.plugin + "." + run.method);
}

const Json* Plan::value(const Point& point, const std::string& wanted) const {
  if (const Json* axis = point.axis(wanted)) return axis;
  const Json& params = runs[point.run].params;
  const auto it = params.find(wanted);
  return it == params.end() ? nullptr : &*it;
}

std::vector<const Point*> select_points(const Plan& plan, const std::string& stage,
                                        const std::string& where) {
  std::optional<Expression> condition;
  if (!where.empty()) condition = Expression::parse(where);
  std::vector<const Point*> out;
  for (const auto& point : plan.points)
    if (point.stage == stage && (!condition || condition->test([&](const std::string& name) {
          return plan.value(point, name);
        })))
      out.push_back(&point);
  return out;
}

}  // namespace assay
