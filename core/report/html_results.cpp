// The page's figures, tables, galleries and texts, in the order of the experiment file.
#include "core/report/embedded.hpp"
#include "core/report/escape.hpp"
#include "core/report/html.hpp"
#include "core/report/png.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unistd.h>

namespace assay {
namespace {

constexpr size_t kMostGalleries = 12;         // runs whose images one item shows
constexpr size_t kMostInlineCsv = 256 << 10;  // bytes of a CSV that the page carries

struct Page {
  const Plan& plan;
  Frame& frame;
  const std::vector<Figure>& figures;
  bool interactive;
  size_t figure = 0, table = 0;
  std::string out;
};

std::string caption(const std::string& title, const std::string& text) {
  std::string out;
  if (!title.empty()) out += "<h3>" + escape_html(title) + "</h3>\n";
  if (!text.empty()) out += "<p class=\"caption\">" + escape_html(text) + "</p>\n";
  return out;
}

std::string download(const std::string& file, const std::string& folder, const std::string& csv) {
  if (csv.size() > kMostInlineCsv)
    return "<span class=\"file\">" + escape_html(folder + "/" + file) + "</span>";
  return "<a download=\"" + escape_html(file) + "\" href=\"data:text/csv;base64," + base64(csv) +
         "\">CSV</a>";
}

/// The figure as gnuplot draws it, or why there is no picture.
std::string static_picture(const Figure& f) {
  if (!have_gnuplot())
    return "<p class=\"note\">No picture: this build of Assay has no ECharts (npm ci) and gnuplot "
           "is "
           "not installed.</p>\n";
  char folder[] = "/tmp/assay-figure-XXXXXX";
  if (!::mkdtemp(folder)) throw Failure(why("cannot create", folder));
  std::string svg, problem;
  try {
    svg = read_file(write_figure(f, folder, {"svg"}).back());
  } catch (const Failure& failure) {
    problem = failure.what();
  }
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  if (svg.empty()) return "<p class=\"note\">" + escape_html(problem) + "</p>\n";
  return "<img class=\"static\" alt=\"" + escape_html(f.title.empty() ? f.name : f.title) +
         "\" src=\"data:image/svg+xml;base64," + base64(svg) + "\">\n";
}

void add(Page& page, const PlotSpec&) {
  const size_t index = page.figure++;
  const Figure& f = page.figures.at(index);
  std::string& out = page.out;
  out += "<figure id=\"figure-" + escape_html(f.name) + "\">\n" + caption(f.title, f.caption);
  if (f.empty()) {
    out += "<p class=\"nothing\">Nothing to draw yet.</p>\n";
  } else if (page.interactive) {
    out += fmt::format("<div class=\"chart\" data-figure=\"{}\"></div>\n", index);
  } else {
    out += static_picture(f);
  }
  out += "<figcaption>";
  for (std::string note : f.notes) {
    if (note[0] >= 'a' && note[0] <= 'z') note[0] = static_cast<char>(note[0] - 'a' + 'A');
    out += escape_html(note) + ". ";
  }
  out += download(f.name + ".csv", "figures", figure_csv(f)) + "</figcaption>\n</figure>\n";
}

void add_table(Page& page, const TableSpec& spec) {
  const Table t = make_table(spec, page.frame);
  const std::string name = spec.name.empty() ? fmt::format("table-{}", page.table + 1) : spec.name;
  ++page.table;
  page.out += "<figure class=\"table\">\n" + caption(spec.title, spec.caption) +
              "<div class=\"scroll\">" + render_table(t, Format::html) + "</div>\n<figcaption>" +
              (t.note.empty() ? "" : escape_html(t.note) + ". ") +
              download(safe_file_name(name) + ".csv", "tables", render_table(t, Format::csv)) +
              "</figcaption>\n</figure>\n";
}

void add(Page& page, const TableSpec& spec) { add_table(page, spec); }

std::string gallery(const ImagesSpec& spec, Frame& frame, const Row& row) {
  const auto images = frame.array(row, spec.value);
  if (!images) return "<p class=\"nothing\">no " + escape_html(spec.value) + "</p>\n";
  const ImageShape shape = image_shape(*images);
  const size_t n = std::min(shape.n, static_cast<size_t>(std::max(1, spec.most)));
  const size_t scale = std::clamp<size_t>(84 / std::max(shape.width, shape.height), 1, 4);
  std::string out =
      fmt::format("<div class=\"gallery\" style=\"--columns:{};--width:{}px\">\n",
                  std::max(1, spec.columns), std::max<size_t>(84, shape.width * scale));
  for (size_t i = 0; i < n; ++i) {
    out += fmt::format(
        "<div><img alt=\"image {}\" width=\"{}\" height=\"{}\" src=\"data:image/png;"
        "base64,{}\">",
        i, shape.width * scale, shape.height * scale, base64(encode_png(*images, shape, i)));
    for (const auto& label : spec.labels) {
      const Value& v = frame.value(row, label);
      if (v.absent() || (!v.scalar() && i >= v.size())) continue;
      out += "<span><i>" + escape_html(short_name(label)) + "</i> " + escape_html(v.show(i)) +
             "</span>";
    }
    out += "</div>\n";
  }
  out += "</div>\n";
  if (shape.n > n) out += fmt::format("<p class=\"note\">{} of {} images</p>\n", n, shape.n);
  return out;
}

void add(Page& page, const ImagesSpec& spec) {
  page.out += "<figure class=\"images\">\n" + caption(spec.title, spec.caption);
  size_t shown = 0;
  const Rows rows = distinct_runs(page.frame.select(spec.stage, spec.where));
  for (const Row* row : rows) {
    if (!row->complete()) continue;
    if (++shown > kMostGalleries) break;
    if (rows.size() > 1) page.out += "<h4>" + escape_html(row->point->label()) + "</h4>\n";
    page.out += gallery(spec, page.frame, *row);
  }
  if (shown == 0) page.out += "<p class=\"nothing\">No run is complete yet.</p>\n";
  if (shown > kMostGalleries)
    page.out +=
        fmt::format("<p class=\"note\">{} of {} runs shown</p>\n", kMostGalleries, rows.size());
  page.out += "</figure>\n";
}

void add(Page& page, const TextSpec& spec) {
  page.out += "<div class=\"prose\">\n" + caption(spec.title, "") + paragraphs(spec.body);
  if (!spec.value.empty())
    for (const Row* row : distinct_runs(page.frame.select(spec.stage, spec.where))) {
      const Value& text = page.frame.value(*row, spec.value);
      if (!text.absent())
        page.out += "<h4>" + escape_html(row->point->label()) + "</h4>\n<pre>" +
                    escape_html(text.show(0)) + "</pre>\n";
    }
  page.out += "</div>\n";
}

}  // namespace

std::string paragraphs(const std::string& text) {
  std::string out, paragraph;
  const auto flush = [&] {
    if (!paragraph.empty()) out += "<p>" + escape_html(paragraph) + "</p>\n";
    paragraph.clear();
  };
  size_t at = 0;
  while (at <= text.size()) {
    const size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    if (line.find_first_not_of(" \t\r") == std::string::npos)
      flush();
    else
      paragraph += (paragraph.empty() ? "" : "\n") + line;
    at = end + 1;
  }
  flush();
  return out;
}

std::string results_section(const Plan& plan, Frame& frame, const std::vector<Figure>& figures,
                            bool interactive) {
  Page page{plan, frame, figures, interactive, 0, 0, ""};
  bool tabled = false;
  for (const auto& item : plan.report.items) {
    tabled |= std::holds_alternative<TableSpec>(item);
    std::visit([&](const auto& spec) { add(page, spec); }, item);
  }
  if (!tabled)
    for (const auto& spec : default_tables(plan)) add_table(page, spec);
  if (page.out.empty()) return "";
  std::string note;
  if (!interactive && !figures.empty() && embedded::echarts().empty())
    note =
        "<p class=\"note\">Figures are static pictures by gnuplot: ECharts was not there when "
        "Assay was built (npm ci installs it).</p>\n";
  return "<section id=\"results\">\n<h2>Results</h2>\n" + note + page.out + "</section>\n";
}

}  // namespace assay
