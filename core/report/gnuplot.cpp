#include "core/base/error.hpp"
#include "core/base/number.hpp"
#include "core/base/process.hpp"
#include "core/report/axis_ticks.hpp"
#include "core/report/escape.hpp"
#include "core/report/gnuplot.hpp"
#include "core/report/palette.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

constexpr std::array kPointTypes{7, 5, 9, 13, 6, 11};

/// From low to high with a cap at each end; `yerrorbars` would erase what is below its point.
const std::string kErrorBars = ":5:(0):($6-$5) with vectors heads size graph 0.006,90 lw 1.5";

/// Parts of one `plot` command over one CSV, whose rows are counted as figure_csv writes them.
class Script {
 public:
  Script(const Figure& f, const std::string& csv) : f_(f), csv_(quote_gnuplot(csv)) {}

  std::string text() {
    head();
    for (const auto& panel : f_.panels) {
      plots_.clear();
      this->panel(panel);
      if (f_.panels.size() > 1) out_ += "set title " + quote_gnuplot(panel.title) + "\n";
      if (plots_.empty()) {
        out_ +=
            "set label 99 'no data' at graph 0.5, graph 0.5 center\nplot [0:1][0:1] NaN notitle\n";
        continue;
      }
      out_ += "plot \\\n";
      for (size_t i = 0; i < plots_.size(); ++i)
        out_ += "  " + plots_[i] + (i + 1 < plots_.size() ? ", \\\n" : "\n");
    }
    if (f_.panels.size() > 1) out_ += "unset multiplot\n";
    return out_ + "unset output\n";
  }

 private:
  std::string rows(size_t n) {
    const std::string range =
        n ? fmt::format("{} skip 1 every ::{}::{}", csv_, row_, row_ + n - 1) : "";
    row_ += n;
    return range;
  }

  void head() {
    const size_t n = f_.panels.size(), across = n > 1 ? 2 : 1, down = (n + across - 1) / across;
    const size_t width = n > 1 ? 980 : 760, height = n > 1 ? 60 + 340 * down : 460;
    out_ += "# Written by assay. Draw it again: gnuplot " + safe_file_name(f_.name) +
            ".gp, or gnuplot -e \"format='pdf'\" " + safe_file_name(f_.name) + ".gp\n";
    out_ += "if (!exists('format')) format = 'svg'\n";
    out_ += fmt::format(
        "if (format eq 'svg') set terminal svg size {0},{1} font 'Helvetica,14' noenhanced "
        "background '#ffffff'\n"
        "if (format eq 'png') set terminal pngcairo size {2},{3} font 'Helvetica,11' fontscale 2 "
        "linewidth 2 pointscale 2 noenhanced\n"
        "if (format eq 'pdf') set terminal pdfcairo size {4:.2f}in,{5:.2f}in font 'Helvetica,11' "
        "noenhanced\n",
        width, height, 2 * width, 2 * height, static_cast<double>(width) / 96,
        static_cast<double>(height) / 96);
    out_ += "set output " + quote_gnuplot(safe_file_name(f_.name) + ".") + ".format\n";
    out_ +=
        "set encoding utf8\nset datafile separator comma\n"
        "set border 3 lc rgb '#888888'\nset tics nomirror textcolor rgb '#333333'\n"
        "set grid ytics lc rgb '#ececec' lt 1\nset key top center outside horizontal\n"
        "set style fill transparent solid 0.55 border\nset pointintervalbox 0\n";
    if (n > 1) out_ += fmt::format("set multiplot layout {},{}\n", down, across);
    if (!f_.title.empty() && n == 1) out_ += "set title " + quote_gnuplot(f_.title) + "\n";
    out_ += "set xlabel " + quote_gnuplot(f_.x.name) + "\nset ylabel " + quote_gnuplot(f_.y.name) +
            "\n";
    scale("x", f_.x);
    scale("y", f_.y);
    tics("x", f_.x);
    if (f_.kind == PlotKind::heatmap) tics("y", f_.y);
    if ((f_.kind == PlotKind::bar || f_.kind == PlotKind::histogram) && !f_.y.log)
      out_ += "set yrange [" + std::string(f_.y.low < 0 ? "*" : "0") + ":*]\n";
    if (n > 1 && std::isfinite(f_.y.high) && f_.y.high > f_.y.low)
      out_ += fmt::format("set yrange [{}:{}]\n",
                          f_.kind == PlotKind::bar || f_.kind == PlotKind::histogram
                              ? ecmascript(f_.y.log ? f_.y.low : std::min(0.0, f_.y.low))
                              : ecmascript(f_.y.low),
                          ecmascript(f_.y.high));
    if (f_.kind == PlotKind::cdf) out_ += "set yrange [0:1]\n";
    if (f_.kind == PlotKind::heatmap) {
      std::string colours;
      for (size_t i = 0; i < kHeat.size(); ++i)
        colours += fmt::format("{}{} '{}'", i ? ", " : "", i, kHeat[i]);
      out_ += "set palette defined (" + colours +
              ")\nunset grid\nset style fill solid\nset cblabel " + quote_gnuplot(f_.z.name) +
              "\nunset key\n" + (f_.z.log ? "set logscale cb\n" : "");
    }
  }

  void scale(const char* which, const FigureAxis& axis) {
    std::vector<double> ticks;
    if (axis.log) {
      const AxisRange range = log_range(axis);
      ticks = log_ticks(range);
      out_ += fmt::format("set logscale {0}\nset {0}range [{1}:{2}]\n", which,
                          ecmascript(range.low), ecmascript(range.high));
    }
    if (which[0] == 'x' && (f_.kind == PlotKind::line || f_.kind == PlotKind::scatter))
      if (const auto grid = grid_ticks(f_); !grid.empty()) ticks = grid;
    if (ticks.size() < 2 || !axis.categories.empty()) return;
    std::string list;
    for (const double t : ticks)
      list += fmt::format("{}'{}' {}", list.empty() ? "" : ", ", brief(t), ecmascript(t));
    out_ += fmt::format("set {}tics ({})\n", which, list);
  }

  void tics(const char* which, const FigureAxis& axis) {
    if (axis.categories.empty()) return;
    const size_t n = axis.categories.size(), stride = n / 30 + 1;
    size_t length = 0;
    std::string list;
    for (size_t i = 0; i < n; i += stride) {
      list += fmt::format("{}{} {}", i ? ", " : "", quote_gnuplot(axis.categories[i]), i);
      length += axis.categories[i].size();
    }
    const bool turn = which[0] == 'x' && length * 9 > 600;
    out_ += fmt::format("set {0}tics {2}({1})\nset {0}range [-0.5:{3}.5]\n", which, list,
                        turn ? "rotate by -35 " : "", n - 1);
  }

  void panel(const FigurePanel& p) {
    for (size_t i = 0; i < p.series.size(); ++i) series(p.series[i], i, p.series.size());
    if (p.cells.empty()) return;
    const size_t nx = f_.x.categories.size();
    plots_.push_back(
        fmt::format("{} using (int($0)%{}):(int($0)/{}):(0.5):(0.5):4 with boxxyerror "
                    "fs solid 1.0 noborder lc palette notitle",
                    rows(p.cells.size()), nx, nx));
  }

  void series(const FigureSeries& s, size_t index, size_t of) {
    const std::string colour = fmt::format("lc rgb '{}'", assay::colour(s.colour));
    const std::string title = s.name.empty() ? "notitle" : "title " + quote_gnuplot(s.name);
    const std::string points = rows(s.points.size());
    switch (f_.kind) {
      case PlotKind::line:
      case PlotKind::scatter: return line(s, points, colour, title);
      case PlotKind::cdf:
        plots_.push_back(points + " using 3:4 with steps lw 2 " + colour + " " + title);
        return;
      case PlotKind::bar: {
        const double width = 0.7 / static_cast<double>(of);
        const std::string at = fmt::format(
            "({}+{})", position(s), brief((static_cast<double>(index) + 0.5) * width - 0.35, 6));
        plots_.push_back(fmt::format("{} using {}:4:({}) with boxes fs solid 0.9 noborder {} {}",
                                     points, at, brief(width * 0.92, 6), colour, title));
        if (errors(s))
          plots_.push_back(points + " using " + at + kErrorBars + " lc rgb '#222222' notitle");
        return;
      }
      case PlotKind::histogram:
        if (!s.bins.empty())
          plots_.push_back(rows(s.bins.size()) + " using (($3+$4)/2):5:($4-$3) with boxes " +
                           colour + " " + title);
        return;
      case PlotKind::box: return boxes(s, index, of, colour, title);
      default: return;
    }
  }

  /// x of a point: its number, or the index of its category by name.
  std::string position(const FigureSeries& s) const {
    if (f_.x.categories.empty()) return "column(3)";
    std::string out = "word('";
    for (const auto& p : s.points) out += fmt::format("{} ", p.x);
    return out + "', int($0)+1)";
  }

  static bool errors(const FigureSeries& s) {
    return std::any_of(s.points.begin(), s.points.end(),
                       [](const FigurePoint& p) { return p.has_error(); });
  }

  void line(const FigureSeries& s, const std::string& points, const std::string& colour,
            const std::string& title) {
    if (s.points.empty()) return;
    const std::string x = f_.x.categories.empty() ? "3" : "(" + position(s) + "+0)";
    if (f_.bands && errors(s))
      plots_.push_back(points +
                       " using 3:5:6 with filledcurves fs transparent solid 0.18 noborder " +
                       colour + " notitle");
    else if (errors(s))
      plots_.push_back(points + " using " + x + kErrorBars + " " + colour + " notitle");
    const bool many = s.points.size() > 40;
    const std::string type = fmt::format("pt {}", kPointTypes[s.symbol % kPointTypes.size()]);
    const std::string with = f_.kind == PlotKind::scatter
                                 ? fmt::format("points {} ps {}", type, many ? "0.4" : "1")
                             : many ? "lines lw 2"
                                    : "linespoints lw 2 ps 0.8 " + type;
    plots_.push_back(points + " using " + x + ":4 with " + with + " " + colour + " " + title);
  }

  void boxes(const FigureSeries& s, size_t index, size_t of, const std::string& colour,
             const std::string& title) {
    if (s.boxes.empty()) return;
    const double width = 0.7 / static_cast<double>(of),
                 offset = (static_cast<double>(index) + 0.5) * width - 0.35;
    std::string places = "(word('";
    for (const auto& b : s.boxes) places += fmt::format("{} ", b.category);
    places += fmt::format("', int($0)+1)+{})", brief(offset, 6));
    const std::string data = rows(s.boxes.size());
    const std::string size = fmt::format("({})", brief(width * 0.8, 6));
    plots_.push_back(data + " using " + places + ":5:4:8:7:" + size +
                     " with candlesticks whiskerbars 0.5 lw 1.5 " + colour + " " + title);
    plots_.push_back(data + " using " + places + ":6:6:6:6:" + size +
                     " with candlesticks lt -1 lw 2 notitle");
  }

  const Figure& f_;
  std::string csv_, out_;
  std::vector<std::string> plots_;
  size_t row_ = 0;
};

}  // namespace

std::string gnuplot_script(const Figure& figure, const std::string& csv_name) {
  return Script(figure, csv_name).text();
}

bool have_gnuplot() {
  static const bool have = run_process({.argv = {"gnuplot", "--version"}, .timeout = 20}).ok();
  return have;
}

std::vector<fs::path> write_figure(const Figure& figure, const fs::path& folder,
                                   const std::vector<std::string>& formats) {
  for (const auto& format : formats)
    if (format != "svg" && format != "png" && format != "pdf")
      throw BadInput("E180", "no picture format \"" + format + "\"", "one of: svg, png, pdf");
  make_folder(folder);
  const std::string name = safe_file_name(figure.name);
  std::vector<fs::path> written{folder / (name + ".csv"), folder / (name + ".gp")};
  write_file(written[0], figure_csv(figure));
  write_file(written[1], gnuplot_script(figure, name + ".csv"));
  if (formats.empty()) return written;
  if (!have_gnuplot())
    throw BadInput(
        "E181", "gnuplot is not installed, so no picture was drawn",
        "install the package gnuplot-nox; " + written[1].string() + " and its CSV are written");
  for (const auto& format : formats) {
    const Outcome outcome =
        run_process({.argv = {"gnuplot", "-e", "format='" + format + "'", name + ".gp"},
                     .folder = folder,
                     .timeout = 120});
    const fs::path picture = folder / (name + "." + format);
    if (!outcome.ok() || !fs::exists(picture))
      throw Failure("gnuplot could not draw " + picture.string() + ": " +
                    (outcome.timed_out ? "it took more than 120 s" : outcome.errors));
    written.push_back(picture);
  }
  return written;
}

}  // namespace assay
