// A table in each format.
#include "core/base/text.hpp"
#include "core/report/escape.hpp"
#include "core/report/table.hpp"
#include "core/report/text_grid.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

size_t head_rows(const Table& t) {
  size_t n = 1;
  for (const auto& c : t.columns) n = std::max(n, c.head.size());
  return n;
}

std::string head_at(const Column& c, size_t row, size_t rows) {
  const size_t skip = rows - c.head.size();
  return row < skip ? "" : c.head[row - skip];
}

/// How many columns from `c` on share the heads 0..row: they stand under one head.
size_t span_of(const Table& t, size_t c, size_t row, size_t rows) {
  size_t n = 1;
  if (row + 1 == rows) return 1;
  const auto same = [&](size_t other) {
    for (size_t r = 0; r <= row; ++r)
      if (head_at(t.columns[c], r, rows) != head_at(t.columns[other], r, rows)) return false;
    return true;
  };
  while (c + n < t.columns.size() && same(c + n)) ++n;
  return n;
}

std::string terminal(const Table& t) {
  const size_t rows = head_rows(t), axes = t.axes.size();
  std::vector<std::vector<std::string>> grid;
  for (size_t r = 0; r < rows; ++r) {
    auto& line = grid.emplace_back();
    for (const auto& a : t.axes) line.push_back(r + 1 == rows ? a : "");
    for (size_t c = 0; c < t.columns.size(); ++c) {
      const bool first = c == 0 || span_of(t, c - 1, r, rows) == 1;
      line.push_back(first ? one_line(head_at(t.columns[c], r, rows)) : "");
    }
  }
  for (const auto& l : t.lines) {
    auto& line = grid.emplace_back();
    for (const auto& label : l.labels) line.push_back(one_line(label));
    for (const auto& c : l.cells) line.push_back((c.best ? "*" : "") + one_line(c.text));
  }
  std::vector<size_t> width(axes + t.columns.size(), 0);
  for (const auto& line : grid)
    for (size_t i = 0; i < line.size(); ++i) width[i] = std::max(width[i], display_width(line[i]));
  std::string out = t.title.empty() ? "" : one_line(t.title) + "\n";
  size_t total = width.empty() ? 0 : 2 * (width.size() - 1);
  for (const size_t w : width) total += w;
  for (size_t i = 0; i < grid.size(); ++i) {
    std::string line;
    for (size_t c = 0; c < grid[i].size(); ++c)
      line += (c ? "  " : "") + pad(grid[i][c], width[c], c >= axes && t.columns[c - axes].number);
    while (line.ends_with(' ')) line.pop_back();
    out += line + "\n";
    if (i + 1 == rows) {
      for (size_t k = 0; k < total; ++k) out += "─";
      out += "\n";
    }
  }
  bool best = false;
  for (const auto& l : t.lines)
    for (const auto& c : l.cells) best |= c.best;
  if (!t.note.empty()) out += t.note + (best ? "; * best" : "") + "\n";
  return out;
}

std::string markdown(const Table& t) {
  std::string out = "|", rule = "|";
  for (const auto& a : t.axes) {
    out += " " + escape_markdown(a) + " |";
    rule += " --- |";
  }
  for (const auto& c : t.columns) {
    out += " " + escape_markdown(join(c.head, ", ")) + " |";
    rule += c.number ? " ---: |" : " --- |";
  }
  out += "\n" + rule + "\n";
  for (const auto& l : t.lines) {
    out += "|";
    for (const auto& label : l.labels) out += " " + escape_markdown(label) + " |";
    for (const auto& c : l.cells) {
      const std::string text = escape_markdown(c.text);
      out += " " + (c.best ? "**" + text + "**" : text) + " |";
    }
    out += "\n";
  }
  if (!t.note.empty()) out += "\n" + escape_markdown(t.note) + "\n";
  return out;
}

std::string csv(const Table& t) {
  std::string out;
  const auto put = [&](const std::string& field, bool last) {
    out += escape_csv(field) + (last ? "\n" : ",");
  };
  std::vector<std::string> head = t.axes;
  for (const auto& c : t.columns) head.insert(head.end(), c.raw.begin(), c.raw.end());
  for (size_t i = 0; i < head.size(); ++i) put(head[i], i + 1 == head.size());
  for (const auto& l : t.lines) {
    std::vector<std::string> fields = l.labels;
    for (const auto& c : l.cells) fields.insert(fields.end(), c.raw.begin(), c.raw.end());
    for (size_t i = 0; i < fields.size(); ++i) put(fields[i], i + 1 == fields.size());
  }
  return out;
}

std::string latex(const Table& t) {
  const size_t rows = head_rows(t);
  std::string out = "\\begin{tabular}{" + std::string(t.axes.size(), 'l');
  for (const auto& c : t.columns) out += c.number ? 'r' : 'l';
  out += "}\n\\toprule\n";
  const auto put = [&out](const std::vector<std::string>& cells) {
    out += join(cells, " & ") + " \\\\\n";
  };
  for (size_t r = 0; r < rows; ++r) {
    std::vector<std::string> cells;
    for (const auto& a : t.axes) cells.push_back(r + 1 == rows ? escape_latex(a) : "");
    for (size_t c = 0; c < t.columns.size();) {
      const size_t span = span_of(t, c, r, rows);
      const std::string text = escape_latex(head_at(t.columns[c], r, rows));
      cells.push_back(span > 1 ? fmt::format("\\multicolumn{{{}}}{{c}}{{{}}}", span, text) : text);
      c += span;
    }
    put(cells);
  }
  out += "\\midrule\n";
  for (const auto& l : t.lines) {
    std::vector<std::string> cells;
    for (const auto& label : l.labels) cells.push_back(escape_latex(label));
    for (const auto& c : l.cells) {
      const std::string text = escape_latex(c.text);
      cells.push_back(c.best ? "\\textbf{" + text + "}" : text);
    }
    put(cells);
  }
  out += "\\bottomrule\n\\end{tabular}\n";
  if (!t.note.empty()) out += "% " + one_line(t.note) + "\n";
  return out;
}

std::string html(const Table& t) {
  const size_t rows = head_rows(t);
  std::string out = "<table class=\"data\">\n<thead>\n";
  for (size_t r = 0; r < rows; ++r) {
    out += "<tr>";
    if (r == 0)
      for (const auto& a : t.axes)
        out += fmt::format("<th scope=\"col\" rowspan=\"{}\">{}</th>", rows, escape_html(a));
    for (size_t c = 0; c < t.columns.size();) {
      const size_t span = span_of(t, c, r, rows);
      out += fmt::format("<th scope=\"col\"{}{}>{}</th>",
                         span > 1 ? fmt::format(" colspan=\"{}\" class=\"group\"", span) : "",
                         span == 1 && t.columns[c].number ? " class=\"number\"" : "",
                         escape_html(head_at(t.columns[c], r, rows)));
      c += span;
    }
    out += "</tr>\n";
  }
  out += "</thead>\n<tbody>\n";
  for (const auto& l : t.lines) {
    out += "<tr>";
    for (const auto& label : l.labels) out += "<th scope=\"row\">" + escape_html(label) + "</th>";
    for (size_t c = 0; c < l.cells.size(); ++c) {
      const std::string text = escape_html(l.cells[c].text);
      out += std::string("<td") + (t.columns[c].number ? " class=\"number\"" : "") + ">" +
             (l.cells[c].best ? "<b>" + text + "</b>" : text) + "</td>";
    }
    out += "</tr>\n";
  }
  return out + "</tbody>\n</table>\n";
}

}  // namespace

std::string render_table(const Table& table, Format format) {
  switch (format) {
    case Format::markdown: return markdown(table);
    case Format::csv: return csv(table);
    case Format::latex: return latex(table);
    case Format::html: return html(table);
    default: return terminal(table);
  }
}

}  // namespace assay
