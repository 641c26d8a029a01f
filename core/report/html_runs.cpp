// The page's run tables, the details of each run, and how to reproduce them.
#include "core/base/number.hpp"
#include "core/base/text.hpp"
#include "core/report/escape.hpp"
#include "core/report/html.hpp"

#include <fmt/format.h>

namespace assay {
namespace {

/// "key value" rows of a definition list; nothing for an empty value.
std::string entry(const std::string& key, const std::string& value) {
  if (value.empty()) return "";
  return "<dt>" + escape_html(key) + "</dt><dd>" + escape_html(value) + "</dd>\n";
}

/// For each method and parameter: its commonest value.
using Usual = std::map<std::pair<std::string, std::string>, std::string>;

Usual usual_parameters(const Plan& plan) {
  std::map<std::pair<std::string, std::string>, std::map<std::string, size_t>> counts;
  for (const auto& run : plan.runs)
    for (const auto& [name, value] : run.params.items())
      ++counts[{run.plugin + "." + run.method, name}][show(value)];
  Usual out;
  for (const auto& [key, values] : counts) {
    size_t most = 0;
    for (const auto& [value, n] : values)
      if (n > most) {
        most = n;
        out[key] = value;
      }
  }
  return out;
}

std::string parameters(const Run& run, const Usual& usual) {
  std::string first, rest;
  for (const auto& [name, value] : run.params.items()) {
    const std::string text = show(value);
    const auto at = usual.find({run.plugin + "." + run.method, name});
    const bool differs = at != usual.end() && at->second != text;
    (differs ? first : rest) +=
        fmt::format("<tr{}><th scope=\"row\">{}</th><td>{}</td></tr>\n",
                    differs ? " class=\"differs\"" : "", escape_html(name), escape_html(text));
  }
  if (first.empty() && rest.empty()) return "";
  return "<table class=\"params\"><tbody>\n" + first + rest + "</tbody></table>\n";
}

std::string inputs(const Run& run) {
  std::string out;
  for (const auto& input : run.inputs)
    for (const auto& item : input.items)
      out += entry(
          input.name,
          item.run.empty()
              ? item.path +
                    (item.sha256.empty() ? "" : " (SHA-256 " + item.sha256.substr(0, 12) + "…)")
              : item.run.substr(0, 12) + ":" + item.port);
  return out;
}

std::string resources(const Run& run) {
  std::string out =
      fmt::format("{} core{}", run.resources.cpus, run.resources.cpus == 1 ? "" : "s");
  if (run.resources.gpus) out += fmt::format(", {} GPU", run.resources.gpus);
  if (run.resources.mem) out += ", " + show_size(static_cast<double>(run.resources.mem));
  if (run.resources.time > 0) out += ", at most " + show_duration(run.resources.time);
  return out;
}

std::string details(Frame& frame, const Row& row, const std::vector<std::string>& labels,
                    const Usual& usual) {
  const Run& run = *row.run;
  const std::string state = to_string(row.status->state);
  std::string out = fmt::format(
      "<details class=\"run\" id=\"run-{}\"><summary><b>{}</b> <span class=\"state {}\">{}</span> "
      "<code>{}</code></summary>\n<dl>\n",
      escape_html(run.short_id()), escape_html(labels[0]), escape_html(state), escape_html(state),
      escape_html(run.short_id()));
  for (size_t i = 1; i < labels.size(); ++i) out += entry("also", labels[i]);
  out += entry("state", row.status->message);
  out += entry("method", run.plugin + "." + run.method) + entry("seed", std::to_string(run.seed));
  out += entry("folder", run.folder()) + entry("identity", run.id);
  out += entry("resources", resources(run));
  if (row.status->attempts > 1) out += entry("attempts", std::to_string(row.status->attempts));
  const Json provenance = frame.provenance(row), attributes = frame.attributes(row);
  if (attributes.is_object() && attributes.contains("outcome"))
    out += entry("outcome", show(attributes["outcome"]));
  out += inputs(run);
  if (provenance.is_object())
    for (const auto& [key, value] : provenance.items()) {
      if (!value.is_primitive()) continue;
      std::string text = show(value);
      if (text.size() > 200) text = text.substr(0, 200) + "…";
      out += entry(key, text);
    }
  out += "</dl>\n" + parameters(run, usual);
  const std::string log = frame.log_tail(row, row.complete() ? 8 : 30);
  if (!log.empty()) out += "<pre class=\"log\">" + escape_html(log) + "</pre>\n";
  return out + "</details>\n";
}

std::string linked_table(const Table& t, const std::vector<std::string>& ids) {
  std::string out = "<table class=\"data runs\">\n<thead><tr>";
  for (const auto& a : t.axes) out += "<th scope=\"col\">" + escape_html(a) + "</th>";
  for (const auto& c : t.columns)
    out += fmt::format("<th scope=\"col\"{}>{}</th>", c.number ? " class=\"number\"" : "",
                       escape_html(c.head.back()));
  out += "</tr></thead>\n<tbody>\n";
  for (size_t i = 0; i < t.lines.size(); ++i) {
    const auto& line = t.lines[i];
    out += "<tr>";
    for (const auto& label : line.labels) out += "<td>" + escape_html(label) + "</td>";
    for (size_t c = 0; c < line.cells.size(); ++c) {
      const std::string text = escape_html(line.cells[c].text);
      const bool state = t.columns[c].head.back() == "state", link = c + 1 == line.cells.size();
      out += t.columns[c].number ? "<td class=\"number\">" : "<td>";
      out += state  ? "<span class=\"state " + text + "\">" + text + "</span>"
             : link ? "<a href=\"#run-" + escape_html(ids[i]) + "\"><code>" + text + "</code></a>"
                    : text;
      out += "</td>";
    }
    out += "</tr>\n";
  }
  return out + "</tbody>\n</table>\n";
}

}  // namespace

std::string runs_section(const Plan& plan, Frame& frame) {
  std::string out =
      "<section id=\"runs\">\n<h2>Runs</h2>\n<p class=\"filter\"><label>Filter <input "
      "id=\"filter\" type=\"search\" placeholder=\"a value, a state, an id\"></label> "
      "<span class=\"note\">Click a head to sort, a run to see its details.</span></p>\n";
  for (const auto& stage : plan.stages) {
    const Table t = run_table(stage, frame);
    std::vector<std::string> ids;
    for (const Row* row : frame.select(stage.name, "")) ids.push_back(row->run->short_id());
    out += "<h3>" + escape_html(stage.name) + " <span class=\"method\">" +
           escape_html(stage.plugin + "." + stage.method) +
           "</span></h3>\n<div class=\"scroll tall\">" + linked_table(t, ids) + "</div>\n";
  }
  std::vector<const Row*> first(plan.runs.size());
  std::vector<std::vector<std::string>> labels(plan.runs.size());
  for (const auto& row : frame.rows()) {
    if (!first[row.index]) first[row.index] = &row;
    labels[row.index].push_back(row.point->label());
  }
  const Usual usual = usual_parameters(plan);
  out += "<h3>Details</h3>\n";
  for (size_t i = 0; i < first.size(); ++i)
    if (first[i]) out += details(frame, *first[i], labels[i], usual);
  return out + "</section>\n";
}

std::string reproduce_section(const Plan& plan, Frame& frame) {
  std::set<std::string> commits, commands;
  for (const auto& row : frame.rows()) {
    const Json p = frame.provenance(row);
    for (const auto& [key, into] : {std::pair("git_commit", &commits), {"argv", &commands}})
      if (const auto at = p.find(key); at != p.end() && at->is_string())
        into->insert(at->get<std::string>());
  }
  const std::string file = fs::path(plan.file).filename().string();
  std::string out = "<section id=\"reproduce\">\n<h2>How to reproduce</h2>\n<pre>assay run " +
                    escape_html(file) + " --claims\nassay report " + escape_html(file) +
                    "</pre>\n<dl>\n" + entry("experiment", plan.name) + entry("plan", plan.id());
  for (const auto& command : commands) out += entry("ran as", command);
  for (const auto& commit : commits) out += entry("commit", commit);
  for (const auto& p : plan.plugins) {
    out += entry("plugin", p.name + " " + p.version + " (" + p.build + ")");
    out += entry("", "SHA-256 " + p.sha256);
    if (!p.citation.empty()) out += entry("", p.citation);
  }
  out += "</dl>\n";
  if (!plan.flat_toml.empty())
    out += "<details><summary>" + escape_html(file) +
           ", with profiles and overrides applied</summary>\n<pre>" + escape_html(plan.flat_toml) +
           "</pre>\n</details>\n";
  return out + "</section>\n";
}

}  // namespace assay
