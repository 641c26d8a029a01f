// Plans as Json documents, and back.
#include "core/plan/json_fields.hpp"
#include "core/plan/plan.hpp"

namespace assay {
namespace {

Json values_json(const Json& object) {
  Json out = Json::object();
  for (const auto& [key, value] : object.items()) out[key] = finite(value);
  return out;
}
Json values_of(const Json& document) {
  Json out = Json::object();
  for (const auto& [key, value] : document.items()) out[key] = restored(value);
  return out;
}

Json input_json(const RunInput& input) {
  Json items = Json::array();
  for (const auto& s : input.items)
    items.push_back(s.run.empty() ? Json{{"path", s.path}, {"sha256", s.sha256}}
                                  : Json{{"run", s.run}, {"port", s.port}});
  Json out = {{"name", input.name}, {"kind", kind_name(input.kind)}, {"items", std::move(items)}};
  if (input.many) out["many"] = true;
  if (input.skip_missing) out["skip_missing"] = true;
  return out;
}

RunInput input_of(const Json& d) {
  RunInput input;
  input.name = d.at("name").get<std::string>();
  const std::string kind = d.at("kind").get<std::string>();
  for (assay_kind k = ASSAY_SCALAR; k <= ASSAY_DIR; ++k)
    if (kind_name(k) == kind) input.kind = k;
  read_field(d, "many", input.many);
  read_field(d, "skip_missing", input.skip_missing);
  for (const auto& item : d.at("items")) {
    Source& s = input.items.emplace_back();
    read_field(item, "run", s.run);
    read_field(item, "port", s.port);
    read_field(item, "path", s.path);
    read_field(item, "sha256", s.sha256);
  }
  return input;
}

Json run_json(const Run& run) {
  Json inputs = Json::array();
  for (const auto& input : run.inputs) inputs.push_back(input_json(input));
  return {{"id", run.id},
          {"plugin", run.plugin},
          {"method", run.method},
          {"params", values_json(run.params)},
          {"seed", run.seed},
          {"inputs", std::move(inputs)},
          {"needs", run.needs},
          {"canonical", run.canonical},
          {"resources",
           {{"cpus", run.resources.cpus},
            {"gpus", run.resources.gpus},
            {"mem", run.resources.mem},
            {"time", run.resources.time}}},
          {"retries", {{"max", run.retries.max}, {"on", run.retries.on}}},
          {"checkpoint_every", run.checkpoint_every},
          {"isolate_exec", run.isolate_exec}};
}

Run run_of(const Json& d) {
  Run run;
  d.at("id").get_to(run.id);
  d.at("plugin").get_to(run.plugin);
  d.at("method").get_to(run.method);
  run.params = values_of(d.at("params"));
  d.at("seed").get_to(run.seed);
  for (const auto& input : d.at("inputs")) run.inputs.push_back(input_of(input));
  d.at("needs").get_to(run.needs);
  d.at("canonical").get_to(run.canonical);
  const Json& r = d.at("resources");
  r.at("cpus").get_to(run.resources.cpus);
  r.at("gpus").get_to(run.resources.gpus);
  r.at("mem").get_to(run.resources.mem);
  r.at("time").get_to(run.resources.time);
  d.at("retries").at("max").get_to(run.retries.max);
  d.at("retries").at("on").get_to(run.retries.on);
  d.at("checkpoint_every").get_to(run.checkpoint_every);
  d.at("isolate_exec").get_to(run.isolate_exec);
  return run;
}

Json message_json(const Message& m) {
  return {{"code", m.code},     {"text", m.text},   {"file", m.file},     {"line", m.line},
          {"column", m.column}, {"width", m.width}, {"source", m.source}, {"help", m.help}};
}
Message message_of(const Json& d) {
  Message m;
  d.at("code").get_to(m.code);
  d.at("text").get_to(m.text);
  d.at("file").get_to(m.file);
  d.at("line").get_to(m.line);
  d.at("column").get_to(m.column);
  d.at("width").get_to(m.width);
  d.at("source").get_to(m.source);
  d.at("help").get_to(m.help);
  return m;
}

Json point_json(const Point& point) {
  Json axes = Json::array();
  for (const auto& [name, value] : point.axes) axes.push_back({name, finite(value)});
  return {{"stage", point.stage}, {"axes", std::move(axes)}, {"run", point.run}};
}
Point point_of(const Json& d) {
  Point point;
  d.at("stage").get_to(point.stage);
  d.at("run").get_to(point.run);
  for (const auto& axis : d.at("axes"))
    point.axes.emplace_back(axis.at(0).get<std::string>(), restored(axis.at(1)));
  return point;
}

Json header_json(const Plan& plan) {
  Json stages = Json::array(), env = Json::array();
  for (const auto& s : plan.stages)
    stages.push_back({{"name", s.name},
                      {"title", s.title},
                      {"plugin", s.plugin},
                      {"method", s.method},
                      {"axes", s.axes}});
  for (const auto& [key, value] : plan.launcher.env) env.push_back({key, value});
  return {{"assay_plan", 1},
          {"id", plan.id()},
          {"file", plan.file},
          {"name", plan.name},
          {"title", plan.title},
          {"description", plan.description},
          {"paper", plan.paper},
          {"authors", plan.authors},
          {"tags", plan.tags},
          {"flat_toml", plan.flat_toml},
          {"stages", std::move(stages)},
          {"launcher", {{"jobs", plan.launcher.jobs}, {"env", std::move(env)}}}};
}

void read_header(const Json& d, Plan& plan) {
  d.at("file").get_to(plan.file);
  d.at("name").get_to(plan.name);
  d.at("title").get_to(plan.title);
  d.at("description").get_to(plan.description);
  d.at("paper").get_to(plan.paper);
  d.at("authors").get_to(plan.authors);
  d.at("tags").get_to(plan.tags);
  d.at("flat_toml").get_to(plan.flat_toml);
  for (const auto& s : d.at("stages"))
    plan.stages.push_back({s.at("name").get<std::string>(), s.at("title").get<std::string>(),
                           s.at("plugin").get<std::string>(), s.at("method").get<std::string>(),
                           s.at("axes").get<std::vector<std::string>>()});
  d.at("launcher").at("jobs").get_to(plan.launcher.jobs);
  for (const auto& e : d.at("launcher").at("env"))
    plan.launcher.env.emplace_back(e.at(0).get<std::string>(), e.at(1).get<std::string>());
}

}  // namespace

Json to_json(const Plan& plan) {
  Json out = header_json(plan);
  Json runs = Json::array(), points = Json::array(), plugins = Json::array(),
       warnings = Json::array();
  for (const auto& run : plan.runs) runs.push_back(run_json(run));
  for (const auto& point : plan.points) points.push_back(point_json(point));
  for (const auto& plugin : plan.plugins) plugins.push_back(to_json(plugin));
  for (const auto& warning : plan.warnings) warnings.push_back(message_json(warning));
  out["runs"] = std::move(runs);
  out["points"] = std::move(points);
  out["plugins"] = std::move(plugins);
  out["warnings"] = std::move(warnings);
  out["report"] = to_json(plan.report);
  return out;
}

Plan plan_from_json(const Json& document) {
  return reading("the plan", [&] {
    if (document.at("assay_plan") != 1)
      throw BadInput("E034", "the plan is of another version of this program");
    Plan plan;
    read_header(document, plan);
    for (const auto& run : document.at("runs")) plan.runs.push_back(run_of(run));
    for (const auto& point : document.at("points")) plan.points.push_back(point_of(point));
    for (const auto& point : plan.points)
      if (point.run >= plan.runs.size())
        throw BadInput("E034", "the plan is damaged: a point without a run");
    for (const auto& plugin : document.at("plugins")) plan.plugins.push_back(plugin_schema(plugin));
    for (const auto& warning : document.at("warnings"))
      plan.warnings.push_back(message_of(warning));
    plan.report = report_spec_from_json(document.at("report"));
    return plan;
  });
}

}  // namespace assay
