#include "core/base/suggest.hpp"
#include "core/report/escape.hpp"
#include "core/report/html.hpp"
#include "core/report/report.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {

fs::path report_folder(const fs::path& runs, const Plan& plan) {
  return runs / "reports" / safe_file_name(plan.name);
}

fs::path write_claims(const ClaimResults& results, const fs::path& folder) {
  make_folder(folder);
  const fs::path path = folder / "claims.json";
  write_file(path, to_json(results).dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
  return path;
}

std::vector<TableSpec> tables(const Plan& plan) {
  std::vector<TableSpec> out;
  for (const auto& item : plan.report.items)
    if (const auto* t = std::get_if<TableSpec>(&item)) {
      out.push_back(*t);
      if (out.back().name.empty()) out.back().name = fmt::format("table-{}", out.size());
    }
  return out.empty() ? default_tables(plan) : out;
}

std::vector<Figure> figures(const Plan& plan, Frame& frame, const std::vector<std::string>& only) {
  const auto names = figure_names(plan.report);
  for (const auto& name : only)
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw BadInput(
          "E180", "no figure \"" + name + "\"",
          names.empty() ? "the experiment declares no [[plot]]" : did_you_mean(name, names));
  std::vector<Figure> out;
  size_t i = 0;
  for (const auto& item : plan.report.items)
    if (const auto* plot = std::get_if<PlotSpec>(&item)) {
      const std::string& name = names[i++];
      if (!only.empty() && std::find(only.begin(), only.end(), name) == only.end()) continue;
      out.push_back(make_figure(*plot, frame));
      out.back().name = name;
    }
  return out;
}

std::vector<fs::path> write_plots(const Plan& plan, Frame& frame, const fs::path& folder,
                                  const std::vector<std::string>& formats,
                                  const std::vector<std::string>& only) {
  std::vector<fs::path> out;
  for (const auto& figure : figures(plan, frame, only)) {
    const auto written = write_figure(figure, folder, formats);
    out.insert(out.end(), written.begin(), written.end());
  }
  return out;
}

fs::path write_report(const Plan& plan, Frame& frame, const fs::path& folder,
                      const ReportOptions& options) {
  frame.prefetch();
  const ClaimResults claims = evaluate_claims(plan, frame);
  write_claims(claims, folder);
  const auto drawn = figures(plan, frame);
  for (const auto& figure : drawn) write_figure(figure, folder / "figures", {});
  for (const auto& spec : tables(plan)) {
    make_folder(folder / "tables");
    write_file(folder / "tables" / (safe_file_name(spec.name) + ".csv"),
               render_table(spec, frame, Format::csv));
  }
  const fs::path page = folder / "report.html";
  write_file(page, report_html(plan, frame, claims, drawn, options));
  return page;
}

}  // namespace assay
