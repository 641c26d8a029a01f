// assay claims, table, plot, report: what finished runs show.
#include "core/base/error.hpp"
#include "core/base/suggest.hpp"
#include "core/base/text.hpp"
#include "core/cli/commands.hpp"
#include "core/cli/results.hpp"
#include "core/cli/workspace.hpp"
#include "core/report/figure.hpp"
#include "core/report/gnuplot.hpp"
#include "core/report/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace assay::cli {
namespace {

/// True for names that were asked for; all when none was. Throws BadInput for an unknown one.
class Selection {
 public:
  Selection(const Arguments& arguments, const char* what, const std::vector<std::string>& known) {
    for (const auto& name : arguments.all("name")) {
      if (std::find(known.begin(), known.end(), name) == known.end())
        throw BadInput("E180", fmt::format("the experiment has no {} \"{}\"", what, name),
                       did_you_mean(name, known));
      wanted_.insert(name);
    }
  }
  bool operator()(const std::string& name) const {
    return wanted_.empty() || wanted_.contains(name);
  }

 private:
  std::set<std::string> wanted_;
};

Format format_of(const std::string& name) {
  if (name == "terminal") return Format::terminal;
  if (name == "markdown") return Format::markdown;
  if (name == "csv") return Format::csv;
  if (name == "latex") return Format::latex;
  throw BadInput("E160",
                 fmt::format("--format takes terminal, markdown, csv or latex, got \"{}\"", name),
                 did_you_mean(name, {"terminal", "markdown", "csv", "latex"}));
}

const char* extension(Format format) {
  return format == Format::markdown ? ".md"
         : format == Format::csv    ? ".csv"
         : format == Format::latex  ? ".tex"
                                    : ".txt";
}

}  // namespace

int run_claims(const Arguments& arguments) {
  const Plan plan = load_plan(arguments);
  const RunsFolder runs(runs_root(arguments));
  return Results(plan, runs).print_claims(arguments.has("json"));
}

int run_report(const Arguments& arguments) {
  const Plan plan = load_plan(arguments);
  const RunsFolder runs(runs_root(arguments));
  fmt::print("{}\n", Results(plan, runs).write_report(arguments.get("output")).string());
  return 0;
}

int run_table(const Arguments& arguments) {
  const Plan plan = load_plan(arguments);
  const RunsFolder runs(runs_root(arguments));
  const Format format = format_of(arguments.get("format", "terminal"));
  std::vector<TableSpec> specs;
  for (const auto& item : plan.report.items)
    if (const auto* spec = std::get_if<TableSpec>(&item)) specs.push_back(*spec);
  if (specs.empty()) specs = default_tables(plan);
  std::vector<std::string> names;
  for (const auto& spec : specs) names.push_back(spec.name);
  const Selection wanted(arguments, "table", names);
  Results results(plan, runs);
  for (const auto& spec : specs) {
    if (!wanted(spec.name)) continue;
    const std::string text = render_table(spec, results.frame(), format);
    if (!arguments.has("output")) {
      fmt::print("{}\n", text);
      continue;
    }
    const fs::path folder = arguments.get("output");
    make_folder(folder);
    const fs::path file = folder / (spec.name + extension(format));
    write_file(file, text);
    fmt::print("{}\n", file.string());
  }
  return 0;
}

int run_plot(const Arguments& arguments) {
  const Plan plan = load_plan(arguments);
  const RunsFolder runs(runs_root(arguments));
  std::vector<PlotSpec> specs;
  for (const auto& item : plan.report.items)
    if (const auto* spec = std::get_if<PlotSpec>(&item)) specs.push_back(*spec);
  const auto names = figure_names(plan.report);
  const Selection wanted(arguments, "plot", names);
  if (specs.empty()) fmt::print("{} declares no [[plot]]\n", plan.file);
  Results results(plan, runs);
  const fs::path folder = results.folder(arguments.get("output"));
  for (size_t i = 0; i < specs.size(); ++i) {
    if (!wanted(names[i])) continue;
    specs[i].name = names[i];
    make_folder(folder);
    const Figure figure = make_figure(specs[i], results.frame());
    if (figure.empty()) {
      fmt::print("{}: no finished runs to draw\n", names[i]);
      continue;
    }
    for (const auto& file : write_figure(figure, folder, {arguments.get("format", "svg")}))
      fmt::print("{}\n", file.string());
  }
  return 0;
}

}  // namespace assay::cli
