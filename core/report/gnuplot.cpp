#include "core/base/error.hpp"
#include "core/base/number.hpp"
#include "core/base/process.hpp"
#include "core/report/axis_ticks.hpp"
#include "core/report/escape.hpp"
#include "core/report/gnuplot.hpp"
#include "core/report/gnuplot_panel.hpp"
#include "core/report/heat_scale.hpp"
#include "core/report/panel_grid.hpp"
#include "core/report/text_grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace assay {
namespace {

constexpr double kGap = 24;  // between panels, pixels

std::string number(double v) { return ecmascript(std::round(v * 1e5) / 1e5); }

/// One `plot` command a panel over one CSV, with all margins set so that panels are equally large.
class Script {
 public:
  Script(const Figure& f, const std::string& csv)
      : f_(f), size_(panel_size(f)), panels_(f, quote_gnuplot(csv), size_.width) {
    const size_t n = f.panels.size();
    columns_ = panel_columns(n);
    rows_ = (n + columns_ - 1) / columns_;
    const auto across = static_cast<double>(columns_), down = static_cast<double>(rows_);
    room_ = panel_room(f, across * (size_.width + kGap) + 60);
    left_ = room_.left + 34;
    width_ = left_ + across * (size_.width + kGap) + (f.kind == PlotKind::heatmap ? 90 : 0);
    measure_legend();
    title_ = f.title.empty() ? 0 : 32;
    named_ = n > 1 ? 26 : 0;
    above_ = std::any_of(f.lines.begin(), f.lines.end(),
                         [](const auto& l) { return l.axis == "x" && !l.label.empty(); })
                 ? 18
                 : 0;
    top_ = 14 + title_ + legend_height_;
    height_ = top_ + down * (size_.height + named_ + above_ + 14) + room_.below + 32;
  }

  std::string text() {
    head();
    look();
    names();
    for (size_t i = 0; i < f_.panels.size(); ++i) panel(i);
    if (f_.panels.size() > 1) out_ += "unset multiplot\n";
    return out_ + "unset output\n";
  }

 private:
  void measure_legend() {
    const auto shown = panels_.legend();
    double widest = 0;
    for (const auto* s : shown)
      widest = std::max(widest, static_cast<double>(display_width(s->name)));
    const double fit = std::floor((width_ - 20) / (8.2 * widest + 60));
    legend_columns_ = std::max<size_t>(1, std::min(shown.size(), static_cast<size_t>(fit)));
    legend_height_ =
        22 * static_cast<double>((shown.size() + legend_columns_ - 1) / legend_columns_);
  }

  /// Pixels from the left or from the top as gnuplot's share of the screen.
  std::string across(double x) const { return "screen " + number(x / width_); }
  std::string up(double y) const { return "screen " + number(1 - y / height_); }

  void head() {
    const std::string name = safe_file_name(f_.name);
    out_ += "# Written by assay. Draw it again: gnuplot " + name +
            ".gp, or gnuplot -e \"format='pdf'\" " + name + ".gp\n";
    out_ += "if (!exists('format')) format = 'svg'\n";
    out_ += fmt::format(
        "if (format eq 'svg') set terminal svg size {0:.0f},{1:.0f} font 'Helvetica,14' noenhanced "
        "background '#ffffff'\n"
        "if (format eq 'png') set terminal pngcairo size {2:.0f},{3:.0f} font 'Helvetica,11' "
        "fontscale 2 linewidth 2 pointscale 2 noenhanced\n"
        "if (format eq 'pdf') set terminal pdfcairo size {4:.2f}in,{5:.2f}in font 'Helvetica,11' "
        "noenhanced\n",
        width_, height_, 2 * width_, 2 * height_, width_ / 96, height_ / 96);
    out_ += "set output " + quote_gnuplot(name + ".") + ".format\n";
  }

  void look() {
    out_ +=
        "set encoding utf8\nset datafile separator comma\n"
        "set border 3 lc rgb '#888888'\nset tics out scale 0.6 nomirror textcolor rgb '#333333'\n"
        "set grid ytics lc rgb '#ececec' lt 1\n"
        "set style fill transparent solid 0.5 border\nset pointintervalbox 0\n";
    if (f_.panels.size() > 1) out_ += "set multiplot\n";
    if (f_.y.low < 0 && f_.kind == PlotKind::bar) out_ += "set xzeroaxis lt 1 lc rgb '#888888'\n";
    legend();
    ends("x", f_.x);
    ends("y", f_.y);
    for (const auto& line : f_.lines) reference(line);
    if (f_.kind == PlotKind::heatmap) colours();
  }

  /// A key as wide as the picture: gnuplot fits keys to a plot, so that of several panels has an
  /// invisible plot of its own.
  void legend() {
    if (legend_height_ == 0) return;
    out_ += fmt::format("set key at {}, {} center top horizontal maxcols {} samplen 2\n",
                        across(width_ / 2), up(8 + title_), legend_columns_);
    if (f_.panels.size() == 1) return;
    out_ +=
        "set lmargin at screen 0\nset rmargin at screen 1\nset tmargin at screen 1\n"
        "set bmargin at screen 0\nunset border\nunset tics\nunset grid\nplot [0:1][0:1] ";
    const auto entries = panels_.legend_plots();
    for (size_t i = 0; i < entries.size(); ++i) out_ += (i ? ", \\\n  " : "") + entries[i];
    out_ +=
        "\nunset key\nset border 3 lc rgb '#888888'\n"
        "set tics out scale 0.6 nomirror textcolor rgb '#333333'\n"
        "set grid ytics lc rgb '#ececec' lt 1\n";
  }

  /// The title and the names of the axes, once for all panels.
  void names() {
    const double down = static_cast<double>(rows_) * (size_.height + named_ + above_ + 14);
    const double total = static_cast<double>(columns_) * (size_.width + kGap) - kGap;
    if (!f_.title.empty())
      out_ += fmt::format("set label 1 {} at {}, {} center font ',16'\n", quote_gnuplot(f_.title),
                          across(width_ / 2), up(22));
    out_ += fmt::format("set label 2 {} at {}, {} center\n", quote_gnuplot(f_.x.name),
                        across(left_ + total / 2), up(top_ + down + room_.below + 6));
    out_ += fmt::format("set label 3 {} at {}, {} center rotate\n", quote_gnuplot(f_.y.name),
                        across(14), up(top_ + (down - 14 + named_ + above_) / 2));
  }

  /// The range of an axis, where gnuplot's own is not wanted or panels share it.
  void ends(const std::string& which, const FigureAxis& axis) {
    if (axis.log) out_ += "set logscale " + which + "\n";
    if (!axis.categories.empty()) {
      const size_t n = axis.categories.size();
      out_ += axis.first_on_top ? fmt::format("set {}range [{}.5:-0.5]\n", which, n - 1)
                                : fmt::format("set {}range [-0.5:{}.5]\n", which, n - 1);
      return;
    }
    const bool from_zero =
        which == "y" && !axis.log && (f_.kind == PlotKind::bar || f_.kind == PlotKind::histogram);
    if (which == "y" && f_.kind == PlotKind::cdf) {
      out_ += "set yrange [0:1]\n";
    } else if (axis.log || axis.fixed) {
      const AxisRange range = axis.log ? log_range(axis) : AxisRange{axis.low, axis.high};
      out_ += fmt::format("set {}range [{}:{}]\n", which, ecmascript(range.low),
                          ecmascript(range.high));
    } else if (std::isfinite(axis.low) && axis.high > axis.low) {
      const double space =
          f_.kind == PlotKind::histogram && which == "x" ? 0 : 0.04 * (axis.high - axis.low);
      out_ += fmt::format("set {}range [{}:{}]\n", which,
                          ecmascript(from_zero && axis.low >= 0 ? 0 : axis.low - space),
                          ecmascript(axis.high + space));
    }
  }

  void reference(const ReferenceLine& line) {
    const std::string at = ecmascript(line.at);
    const bool upright = line.axis == "x";
    out_ += upright ? fmt::format("set arrow from {0}, graph 0 to {0}, graph 1", at)
                    : fmt::format("set arrow from graph 0, first {0} to graph 1, first {0}", at);
    out_ += " nohead front dt 2 lw 1.3 lc rgb '#444444'\n";
    if (line.label.empty()) return;
    const std::string label = fmt::format("{} {}", ++labels_, quote_gnuplot(line.label));
    out_ += upright
                ? fmt::format("set label {} at {}, graph 1 center offset 0,0.7", label, at)
                : fmt::format("set label {} at graph 0.99, first {} right offset 0,0.6", label, at);
    out_ += " front tc rgb '#333333' font ',12'\n";
  }

  void colours() {
    const HeatScale scale = heat_scale(f_);
    std::string list;
    for (size_t i = 0; i < scale.colours.size(); ++i)
      list += fmt::format("{}{} '{}'", i ? ", " : "", i, scale.colours[i]);
    out_ += "set palette maxcolors 0 defined (" + list + ")\nunset grid\nset style fill solid\n";
    if (scale.log) out_ += "set logscale cb\n";
    out_ += fmt::format("set cbrange [{}:{}]\nset cblabel {}\nset cbtics scale 0 font ',12'\n",
                        ecmascript(scale.low), ecmascript(scale.high), quote_gnuplot(f_.z.name));
    const double tall = std::min(size_.height, 260.0);
    const double middle =
        top_ + named_ +
        (static_cast<double>(rows_) * (size_.height + named_ + above_ + 14) - 14 - named_) / 2;
    out_ +=
        fmt::format("set colorbox user origin {}, {} size {}, {} noborder\n", across(width_ - 96),
                    up(middle + tall / 2), across(12), "screen " + number(tall / height_));
  }

  /// Tick labels of the outer panels, ticks alone of the others.
  void ticks(const std::string& which, const FigureAxis& axis, bool labels) {
    std::vector<std::pair<double, std::string>> list;
    if (!axis.categories.empty()) {
      const auto names = tick_names(axis);
      const size_t stride = room_.turned ? 1 : names.size() / (which == "x" ? 24 : 30) + 1;
      for (size_t i = 0; i < names.size(); i += stride)
        list.emplace_back(static_cast<double>(i), names[i]);
    } else {
      std::vector<double> at;
      if (axis.log) at = log_ticks(log_range(axis));
      if (which == "x" && (f_.kind == PlotKind::line || f_.kind == PlotKind::scatter))
        if (const auto grid = grid_ticks(f_); !grid.empty()) at = grid;
      if (at.size() >= 2)
        for (const double t : at) list.emplace_back(t, brief(t));
    }
    std::string text;
    for (const auto& [at, name] : list)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", quote_gnuplot(labels ? name : ""),
                          ecmascript(at));
    const bool turn = which == "x" && room_.turned;
    out_ += fmt::format("set {}tics {}font ',12'{}\n", which, turn ? "rotate by 35 right " : "",
                        list.empty() ? " autofreq" : " (" + text + ")");
    if (list.empty()) out_ += fmt::format("set format {} {}\n", which, labels ? "'%h'" : "''");
  }

  void panel(size_t i) {
    const auto column = static_cast<double>(i % columns_), row = static_cast<double>(i / columns_);
    const double left = left_ + column * (size_.width + kGap),
                 top = top_ + row * (size_.height + named_ + above_ + 14) + named_ + above_;
    out_ +=
        fmt::format("set lmargin at {}\nset rmargin at {}\nset tmargin at {}\nset bmargin at {}\n",
                    across(left), across(left + size_.width), up(top), up(top + size_.height));
    ticks("x", f_.x, i + columns_ >= f_.panels.size());
    ticks("y", f_.y, i % columns_ == 0);
    if (f_.panels.size() > 1)
      out_ += fmt::format("set label 4 {} at {}, {} center\n", quote_gnuplot(f_.panels[i].title),
                          across(left + size_.width / 2), up(top - above_ - 14));
    const auto plots = panels_.plots(i);
    if (plots.empty()) out_ += "set label 5 'no data' at graph 0.5, graph 0.5 center\n";
    out_ += "plot \\\n";
    if (plots.empty()) out_ += "  NaN notitle\n";
    for (size_t k = 0; k < plots.size(); ++k)
      out_ += "  " + plots[k] + (k + 1 < plots.size() ? ", \\\n" : "\n");
    out_ += "unset label 5\n";
    if (i == 0) out_ += "unset label 1\nunset label 2\nunset label 3\nunset colorbox\n";
  }

  const Figure& f_;
  PanelSize size_;
  GnuplotPanels panels_;
  PanelRoom room_;
  size_t columns_ = 1, rows_ = 1, legend_columns_ = 1;
  double left_ = 0, width_ = 0, height_ = 0, top_ = 0, title_ = 0, named_ = 0, above_ = 0,
         legend_height_ = 0;
  int labels_ = 10;  // tags of those of lines; 1 to 5 are the figure's
  std::string out_;
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
