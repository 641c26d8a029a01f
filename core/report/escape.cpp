#include "core/base/text.hpp"
#include "core/report/escape.hpp"
#include "core/report/text_grid.hpp"

#include <array>

namespace assay {
namespace {

using Replacement = std::pair<std::string_view, std::string_view>;

template <size_t N>
std::string replace_all(std::string_view text, const std::array<Replacement, N>& with) {
  std::string out;
  while (!text.empty()) {
    size_t used = 0;
    for (const auto& [from, to] : with)
      if (text.starts_with(from)) {
        out += to;
        used = from.size();
        break;
      }
    if (used == 0) out += text[0];
    text.remove_prefix(used ? used : 1);
  }
  return out;
}

}  // namespace

std::string escape_html(std::string_view text) {
  static constexpr std::array<Replacement, 5> kWith{
      {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}, {"'", "&#39;"}}};
  return replace_all(printable(text), kWith);
}

std::string escape_markdown(std::string_view text) {
  static constexpr std::array<Replacement, 9> kWith{{{"\\", "\\\\"},
                                                     {"|", "\\|"},
                                                     {"&", "&amp;"},
                                                     {"<", "&lt;"},
                                                     {"*", "\\*"},
                                                     {"_", "\\_"},
                                                     {"`", "\\`"},
                                                     {"[", "\\["},
                                                     {"]", "\\]"}}};
  return replace_all(one_line(text), kWith);
}

std::string escape_latex(std::string_view text) {
  static constexpr std::array<Replacement, 16> kWith{{{"\\", "\\textbackslash{}"},
                                                      {"&", "\\&"},
                                                      {"%", "\\%"},
                                                      {"$", "\\$"},
                                                      {"#", "\\#"},
                                                      {"_", "\\_"},
                                                      {"{", "\\{"},
                                                      {"}", "\\}"},
                                                      {"~", "\\textasciitilde{}"},
                                                      {"^", "\\textasciicircum{}"},
                                                      {"<", "\\textless{}"},
                                                      {">", "\\textgreater{}"},
                                                      {"±", "$\\pm$"},
                                                      {"≤", "$\\le$"},
                                                      {"≥", "$\\ge$"},
                                                      {"–", "--"}}};
  return replace_all(one_line(text), kWith);
}

std::string escape_csv(std::string_view text) {
  if (text.find_first_of(",\"\n\r") == std::string_view::npos) return std::string(text);
  static constexpr std::array<Replacement, 1> kWith{{{"\"", "\"\""}}};
  return '"' + replace_all(text, kWith) + '"';
}

std::string quote_gnuplot(std::string_view text) {
  static constexpr std::array<Replacement, 1> kWith{{{"'", "''"}}};
  return '\'' + replace_all(one_line(text), kWith) + '\'';
}

std::string json_for_html(const Json& json) {
  static constexpr std::array<Replacement, 3> kWith{
      {{"<", "\\u003c"}, {">", "\\u003e"}, {"&", "\\u0026"}}};
  return replace_all(json.dump(-1, ' ', false, Json::error_handler_t::replace), kWith);
}

std::string safe_file_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '.' || c == '_' || c == '-';
    out += fine ? c : '_';
  }
  if (out.empty() || out[0] == '.') out.insert(out.begin(), '_');
  return out.substr(0, 100);
}

}  // namespace assay
