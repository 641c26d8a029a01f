#include "core/base/text.hpp"
#include "core/report/echarts.hpp"
#include "core/report/embedded.hpp"
#include "core/report/escape.hpp"
#include "core/report/html.hpp"

#include <fmt/format.h>

namespace assay {
namespace {

std::string header(const Plan& plan, const Frame& frame, const ClaimResults& claims) {
  std::string out = "<header>\n<p class=\"kind\">Assay report</p>\n<h1>" +
                    escape_html(plan.title.empty() ? plan.name : plan.title) + "</h1>\n";
  if (!plan.paper.empty()) out += "<p class=\"paper\">" + escape_html(plan.paper) + "</p>\n";
  if (!plan.authors.empty())
    out += "<p class=\"authors\">" + escape_html(join(plan.authors, ", ")) + "</p>\n";
  size_t complete = 0;
  std::set<size_t> seen;
  for (const auto& row : frame.rows())
    if (seen.insert(row.index).second && row.complete()) ++complete;
  out += "<p class=\"verdicts\">";
  for (const Verdict v : {Verdict::holds, Verdict::fails, Verdict::insufficient})
    if (const size_t n = claims.count(v)) {
      std::string word = to_string(v);
      if (n > 1 && v != Verdict::insufficient) word.pop_back();  // 1 holds, 2 hold
      out += fmt::format("<span class=\"badge {}\">{} {}</span> ", to_string(v), n, word);
    }
  out += fmt::format("<span class=\"count\">{} of {} runs complete</span></p>\n", complete,
                     seen.size());
  for (const auto& tag : plan.tags) out += "<span class=\"tag\">" + escape_html(tag) + "</span> ";
  if (!plan.description.empty())
    out += "<div class=\"description\">" + paragraphs(plan.description) + "</div>\n";
  return out + "</header>\n";
}

Json figure_data(const std::vector<Figure>& figures) {
  Json all = Json::array();
  for (const auto& f : figures) all.push_back({{"name", f.name}, {"option", echarts_options(f)}});
  return all;
}

}  // namespace

std::string report_html(const Plan& plan, Frame& frame, const ClaimResults& claims,
                        const std::vector<Figure>& figures, const ReportOptions& options) {
  const bool interactive = !embedded::echarts().empty() && !options.static_figures;
  std::string out =
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data: "
      "blob:; style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>" +
      escape_html(plan.title.empty() ? plan.name : plan.title) + "</title>\n<style>\n";
  out += embedded::css();
  out += "</style>\n</head>\n<body>\n<main>\n";
  out += header(plan, frame, claims);
  out += warnings_section(plan, frame, claims);
  out += claims_section(claims);
  out += results_section(plan, frame, figures, interactive);
  out += pipeline_section(plan, frame);
  out += runs_section(plan, frame);
  out += reproduce_section(plan, frame);
  out += "</main>\n<div id=\"problems\" hidden></div>\n";
  if (interactive) {
    out += "<script type=\"application/json\" id=\"figures\">" +
           json_for_html(figure_data(figures)) + "</script>\n";
    if (!figures.empty()) {
      out += "<script>\n";
      out += embedded::echarts();
      out += "\n</script>\n";
    }
  }
  out += "<script>\n";
  out += embedded::js();
  return out + "</script>\n</body>\n</html>\n";
}

}  // namespace assay
