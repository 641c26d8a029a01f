// assay plugins, assay describe: what is installed, and what a method takes and writes.
#include "core/base/error.hpp"
#include "core/base/number.hpp"
#include "core/base/suggest.hpp"
#include "core/base/text.hpp"
#include "core/cli/commands.hpp"
#include "core/cli/workspace.hpp"
#include "core/report/text_grid.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay::cli {
namespace {

std::string show(const Json& value) {
  if (value.is_number_float()) return ecmascript(value.get<double>());
  return value.dump();
}

std::string range(const ParamSchema& p) {
  if (!p.choices.empty()) return "one of " + join(p.choices, ", ");
  std::string out;
  if (!p.min.is_null()) out = (p.flags & ASSAY_OPEN_MIN ? "> " : ">= ") + show(p.min);
  if (!p.max.is_null())
    out += (out.empty() ? "" : ", ") + std::string(p.flags & ASSAY_OPEN_MAX ? "< " : "<= ") +
           show(p.max);
  return out;
}

/// A heading and lines "name  type  text", the text wrapped beside the other two.
void print_rows(const char* heading, const std::vector<std::array<std::string, 3>>& rows) {
  if (rows.empty()) return;
  size_t first = 0, second = 0;
  for (const auto& row : rows) {
    first = std::max(first, row[0].size());
    second = std::max(second, row[1].size());
  }
  fmt::print("\n{}\n", heading);
  const size_t left = 2 + first + 2 + second + 2;
  const auto width = static_cast<size_t>(std::max(40, terminal_width() - static_cast<int>(left)));
  for (const auto& row : rows) {
    const auto lines = wrap(row[2], width);
    fmt::print("  {:<{}}  {:<{}}  {}\n", row[0], first, row[1], second,
               lines.empty() ? "" : lines[0]);
    for (size_t i = 1; i < lines.size(); ++i) fmt::print("{:{}}{}\n", "", left, lines[i]);
  }
}

std::string about(const ParamSchema& p) {
  std::string out = p.doc;
  if (!p.unit.empty()) out += " [" + p.unit + "]";
  if (const auto r = range(p); !r.empty()) out += "; " + r;
  out += p.required() ? "; required" : "; default " + show(p.fallback);
  if (p.cosmetic()) out += "; does not change results";
  if (!p.aliases.empty()) out += "; formerly " + join(p.aliases, ", ");
  return out;
}

std::string about(const PortSchema& port) {
  std::string out = port.doc;
  if (!port.unit.empty()) out += " [" + port.unit + "]";
  if (!port.format.empty()) out += "; format " + port.format;
  if (port.optional()) out += "; optional";
  if (port.many()) out += "; gathered";
  std::vector<std::string> columns;
  for (const auto& field : port.fields) columns.push_back(field.name);
  if (!columns.empty()) out += "; columns " + join(columns, ", ");
  return out;
}

void print_method(const PluginSchema& plugin, const MethodSchema& method) {
  std::vector<std::string> flags;
  if (method.flags & ASSAY_RESUMABLE) flags.emplace_back("resumable");
  if (method.flags & ASSAY_SEEDLESS) flags.emplace_back("draws nothing: seeds do not multiply it");
  if (method.flags & ASSAY_NONDETERMINISTIC) flags.emplace_back("not repeatable bit for bit");
  if (method.flags & ASSAY_USES_GPU) flags.emplace_back("can use a GPU");
  fmt::print("{}.{} - {}\n", plugin.name, method.name, method.summary);
  if (!flags.empty()) fmt::print("({})\n", join(flags, "; "));
  if (!method.doc.empty()) fmt::print("\n{}\n", method.doc);
  std::vector<std::array<std::string, 3>> rows;
  for (const auto& p : method.params) rows.push_back({p.name, type_name(p.type), about(p)});
  print_rows("parameters", rows);
  rows.clear();
  for (const auto& p : method.inputs) rows.push_back({p.name, kind_name(p.kind), about(p)});
  print_rows("inputs", rows);
  rows.clear();
  for (const auto& p : method.outputs) rows.push_back({p.name, kind_name(p.kind), about(p)});
  print_rows("outputs", rows);
}

void print_plugin(const PluginSchema& plugin) {
  fmt::print("{} {} - {}\n", plugin.name, plugin.version, plugin.summary);
  if (!plugin.citation.empty()) fmt::print("{}\n", plugin.citation);
  std::vector<std::array<std::string, 3>> rows;
  for (const auto& m : plugin.methods) rows.push_back({plugin.name + "." + m.name, "", m.summary});
  print_rows("methods", rows);
  fmt::print("\n{}\nbuilt with {}; ABI {}.{}; SHA-256 {}\n", plugin.path, plugin.build,
             plugin.abi_major, plugin.abi_minor, plugin.sha256.substr(0, 12));
}

}  // namespace

int run_plugins(const Arguments& arguments) {
  auto catalog = plugin_catalog(arguments);
  if (arguments.has("names")) {
    for (const auto& name : catalog.names())
      for (const auto& method : catalog.schema(name).methods)
        fmt::print("{}.{}\n", name, method.name);
    return 0;
  }
  if (catalog.names().empty()) {
    std::vector<std::string> folders;
    for (const auto& folder : catalog.folders()) folders.push_back(folder.string());
    fmt::print("no plugins; searched: {}\n", join(folders, ", "));
    return 0;
  }
  for (const auto& name : catalog.names())
    fmt::print("{:<20} {}\n", name, catalog.path(name).string());
  return 0;
}

int run_describe(const Arguments& arguments) {
  auto catalog = plugin_catalog(arguments);
  const std::string& what = arguments.positional[0];
  const size_t dot = what.find('.');
  const PluginSchema& plugin = catalog.schema(what.substr(0, dot));
  if (arguments.has("json")) {
    fmt::print("{}\n", to_json(plugin).dump(2));
    return 0;
  }
  if (dot == std::string::npos) {
    print_plugin(plugin);
    return 0;
  }
  const MethodSchema* method = plugin.method(what.substr(dot + 1));
  if (!method) {
    std::vector<std::string> known;
    for (const auto& m : plugin.methods) known.push_back(m.name);
    const std::string near = did_you_mean(what.substr(dot + 1), known);
    throw BadInput(
        "E031",
        fmt::format("plugin \"{}\" has no method \"{}\"", plugin.name, what.substr(dot + 1)),
        (near.empty() ? "" : near + " ") + "its methods: " + join(known, ", "));
  }
  print_method(plugin, *method);
  return 0;
}

}  // namespace assay::cli
