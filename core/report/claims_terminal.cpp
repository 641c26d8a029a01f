// Claims on a terminal.
#include "core/report/claims.hpp"
#include "core/report/text_grid.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

std::string rule(size_t width) {
  std::string out;
  for (size_t i = 0; i < width; ++i) out += "─";
  return out + "\n";
}

std::string paint(const std::string& text, const char* code, bool colour) {
  return colour ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
}

const char* colour_of(Verdict v) {
  return v == Verdict::holds ? "1;32" : v == Verdict::fails ? "1;31" : "1;33";
}

struct Widths {
  size_t claim, paper, ours, verdict;
};

Widths layout(const ClaimResults& results, size_t total) {
  Widths w{5, 0, 4, 12};
  for (const auto& c : results.claims) {
    w.claim = std::max(w.claim, display_width(one_line(c.text)));
    w.ours = std::max(w.ours, display_width(c.ours));
    if (!c.paper.empty()) w.paper = std::max(w.paper, std::max<size_t>(5, display_width(c.paper)));
  }
  w.paper = std::min<size_t>(w.paper, total / 6);
  w.ours = std::min(w.ours, std::max<size_t>(16, total / 3));
  const size_t taken = w.ours + w.verdict + 4 + (w.paper ? w.paper + 2 : 0);
  w.claim = std::min(w.claim, std::max<size_t>(20, total > taken ? total - taken : 0));
  return w;
}

}  // namespace

std::string render_claims_terminal(const ClaimResults& results, const TerminalStyle& style) {
  if (results.claims.empty()) return "no claims\n";
  const size_t total = static_cast<size_t>(std::max(style.width, 60));
  const Widths w = layout(results, total);
  const size_t used = w.claim + w.ours + w.verdict + 4 + (w.paper ? w.paper + 2 : 0);
  const auto line = [&](const std::string& a, const std::string& b, const std::string& c,
                        const std::string& d) {
    std::string out = pad(a, w.claim) + "  ";
    if (w.paper) out += pad(b, w.paper) + "  ";
    out += pad(c, w.ours) + "  " + d;
    while (out.ends_with(' ')) out.pop_back();
    return out + "\n";
  };
  std::string out = line("claim", "paper", "ours", "verdict") + rule(used);
  for (const auto& c : results.claims) {
    const auto text = wrap(one_line(c.text), w.claim), paper = wrap(one_line(c.paper), w.paper),
               ours = wrap(glue_counts(c.ours), w.ours);
    for (size_t i = 0; i < std::max({text.size(), paper.size(), ours.size()}); ++i) {
      const auto at = [i](const auto& v) { return i < v.size() ? unglue(v[i]) : std::string(); };
      out += line(at(text), at(paper), at(ours),
                  i ? "" : paint(to_string(c.verdict), colour_of(c.verdict), style.colour));
    }
    if (c.verdict == Verdict::holds) continue;
    for (const auto& reason : wrap(one_line(c.explanation), used - 4))
      out += "    " + paint(reason, "2", style.colour) + "\n";
  }
  return out + rule(used) + results.summary() + "\n";
}

}  // namespace assay
