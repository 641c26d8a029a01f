// The page's claims and warnings.
#include "core/base/number.hpp"
#include "core/report/escape.hpp"
#include "core/report/html.hpp"
#include "core/report/text_grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace assay {
namespace {

/// The interval and the bound on a line: where the estimate stands, at a glance.
std::string glyph(const ClaimResult& c) {
  const Estimate& e = c.difference ? *c.difference : c.left;
  if (!e.value || (!c.difference && !c.right.value)) return "";
  const double bound = c.difference ? 0 : *c.right.value;
  double low = std::min(*e.value, bound), high = std::max(*e.value, bound);
  if (e.interval) {
    low = std::min(low, e.interval->low);
    high = std::max(high, e.interval->high);
  }
  if (!(high > low) || !std::isfinite(high - low)) return "";
  const auto x = [&](double v) { return 8 + 124 * (v - low) / (high - low); };
  std::string out = fmt::format(
      "<svg class=\"glyph {0}\" viewBox=\"0 0 140 26\" width=\"140\" height=\"26\" "
      "role=\"img\" aria-label=\"estimate against the bound\">"
      "<line x1=\"2\" x2=\"138\" y1=\"13\" y2=\"13\" class=\"axis\"/>"
      "<line x1=\"{1:.1f}\" x2=\"{1:.1f}\" y1=\"3\" y2=\"23\" class=\"bound\"/>",
      to_string(c.verdict), x(bound));
  if (e.interval)
    out += fmt::format("<line x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"13\" y2=\"13\" class=\"interval\"/>",
                       x(e.interval->low), x(e.interval->high));
  return out + fmt::format("<circle cx=\"{:.1f}\" cy=\"13\" r=\"4.5\"/></svg>", x(*e.value));
}

std::string list_item(const std::string& text) { return "<li>" + escape_html(text) + "</li>\n"; }

/// Distinct values of a provenance key over runs that have it.
std::set<std::string> distinct(Frame& frame, const std::string& key, const std::string& plugin) {
  std::set<std::string> out;
  for (const auto& row : frame.rows()) {
    if (!plugin.empty() && row.run->plugin != plugin) continue;
    const Json p = frame.provenance(row);
    if (const auto at = p.find(key); at != p.end()) out.insert(show(*at));
  }
  return out;
}

void warn_about_runs(const Plan& plan, Frame& frame, std::vector<std::string>& out) {
  size_t missing = 0, diverged = 0, dirty = 0;
  std::set<size_t> seen;
  for (const auto& row : frame.rows()) {
    if (!seen.insert(row.index).second) continue;
    missing += !row.complete();
    const Json attributes = frame.attributes(row), provenance = frame.provenance(row);
    diverged += attributes.value("outcome", Json()) == "diverged";
    if (const auto at = provenance.find("git_dirty"); at != provenance.end())
      dirty += *at == true || *at == 1 || *at == "true";
  }
  const auto runs = [](size_t n) { return fmt::format("{} run{}", n, n == 1 ? "" : "s"); };
  if (missing)
    out.push_back(fmt::format("{} of {} {} not complete; their values are missing below",
                              runs(missing), seen.size(), missing == 1 ? "is" : "are"));
  if (diverged) out.push_back(runs(diverged) + " diverged");
  if (dirty) out.push_back(runs(dirty) + " came from a working tree with uncommitted changes");
  for (const auto& plugin : plan.plugins)
    if (const auto n = distinct(frame, "so_sha256", plugin.name).size(); n > 1)
      out.push_back(fmt::format("runs of {} came from {} different binaries", plugin.name, n));
  if (const auto cpus = distinct(frame, "cpu", ""); cpus.size() > 1)
    out.push_back(fmt::format("runs came from {} kinds of processor", cpus.size()));
}

}  // namespace

std::string claims_section(const ClaimResults& claims) {
  if (claims.claims.empty()) return "";
  const bool paper = std::any_of(claims.claims.begin(), claims.claims.end(),
                                 [](const ClaimResult& c) { return !c.paper.empty(); });
  std::string out =
      "<section id=\"claims\">\n<h2>Claims</h2>\n<table class=\"claims\">\n<thead><tr>"
      "<th>Claim</th>";
  if (paper) out += "<th>Paper</th>";
  out += "<th>Ours</th><th></th><th>Verdict</th></tr></thead>\n<tbody>\n";
  for (const auto& c : claims.claims) {
    out += "<tr><td class=\"text\">" + escape_html(c.text) + "<p class=\"why\">" +
           escape_html(c.explanation) + "</p></td>";
    if (paper)
      out += "<td class=\"theirs\">" + escape_html(c.paper.empty() ? "–" : c.paper) + "</td>";
    out += "<td class=\"ours\">" + glue_counts(escape_html(c.ours)) + "</td><td>" + glyph(c) +
           fmt::format("</td><td><span class=\"badge {0}\">{0}</span></td></tr>\n",
                       to_string(c.verdict));
  }
  return out + "</tbody>\n</table>\n<p class=\"note\">" + escape_html(claims.summary()) +
         ". Brackets hold 95 % intervals unless a claim asks for another level; the verdict is on "
         "the point estimate unless a claim names a confidence.</p>\n</section>\n";
}

std::string warnings_section(const Plan& plan, Frame& frame, const ClaimResults& claims) {
  std::vector<std::string> warnings;
  for (const auto& w : plan.warnings) warnings.push_back(w.text);
  warn_about_runs(plan, frame, warnings);
  size_t few = 0;
  for (const auto& c : claims.claims) {
    const Estimate& e = c.difference ? *c.difference : c.left;
    few += e.interval && e.runs < 3;
  }
  if (few)
    warnings.push_back(fmt::format("{} claim{} an interval from fewer than 3 runs", few,
                                   few == 1 ? " shows" : "s show"));
  if (warnings.empty()) return "";
  std::string out = "<section id=\"warnings\" class=\"warnings\">\n<h2>Warnings</h2>\n<ul>\n";
  for (const auto& w : warnings) out += list_item(w);
  return out + "</ul>\n</section>\n";
}

}  // namespace assay
