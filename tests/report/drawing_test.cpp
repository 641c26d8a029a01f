// How figures are drawn: ranges, lines, jitter, colours, panels; the same in both renderers.
#include "core/report/echarts.hpp"
#include "core/report/gnuplot.hpp"
#include "core/report/heat_scale.hpp"
#include "core/report/panel_grid.hpp"
#include "core/report/report.hpp"
#include "tests/report/folder.hpp"
#include "tests/report/papers.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace assay;
using namespace assay::test;

namespace {

/// One run with a table of two numbers and two texts.
Experiment rows(const std::vector<double>& v, const std::vector<double>& w,
                const std::vector<std::string>& a = {}, const std::vector<std::string>& b = {}) {
  Experiment e;
  e.method("m");
  e.stage("m", {"seed"});
  auto& run = e.add("m", {{"seed", 0}});
  run.arrays["tables/t/v"] = real_array(v);
  run.arrays["tables/t/w"] = real_array(w);
  run.arrays["tables/t/a"] = text_array(a);
  run.arrays["tables/t/b"] = text_array(b);
  return e;
}

PlotSpec of(const std::string& kind, const std::string& x, const std::string& y,
            const std::string& z = "") {
  PlotSpec p = plot("p", kind, "m");
  p.x = x, p.y = y, p.z = z;
  return p;
}

Figure make(Experiment& e, const PlotSpec& spec) {
  Frame frame(e.plan, e.runs);
  return make_figure(spec, frame);
}

}  // namespace

TEST_CASE("jitter moves equal points apart, at most as far as asked, and the CSV has both places") {
  auto e = rows(std::vector<double>(50, 3), std::vector<double>(50, 7));
  auto p = of("scatter", "tables/t/v", "tables/t/w");
  p.jitter = 0.25;
  const Figure f = make(e, p);
  std::set<std::pair<double, double>> places;
  for (const auto& point : f.panels[0].series[0].points) {
    CHECK(point.x == 3);
    CHECK(point.y == 7);
    CHECK(std::abs(point.dx) <= 0.25);
    CHECK(std::abs(point.dy) <= 0.25);
    places.insert({point.dx, point.dy});
  }
  CHECK(places.size() == 50);
  CHECK(figure_csv(f).starts_with("panel,series,x,y,low,high,n,dx,dy\n,,3,7,,,1,"));
  const Json series = echarts_options(f)["series"][0];
  const auto& first = f.panels[0].series[0].points[0];
  CHECK(series["data"][0] == Json{3 + first.dx, 7 + first.dy, 3.0, 7.0});
  CHECK(make(e, p).panels[0].series[0].points[9].dx == f.panels[0].series[0].points[9].dx);
  p.xscale = "log";
  CHECK(make(e, p).panels[0].series[0].points[9].dx == 0);
}

TEST_CASE("a reference line is within the axes, in both renderers, and not on an axis of names") {
  auto e = rows({1, 2}, {1, 4}, {"one", "two"});
  auto p = of("line", "tables/t/v", "tables/t/w");
  p.lines = {{"x", 5.5, "end"}, {"y", -1, ""}};
  Figure f = make(e, p);
  CHECK(f.x.high == 5.5);
  CHECK(f.y.low == -1);
  const Json option = echarts_options(f);
  const Json marks = option["series"].back()["markLine"]["data"];
  REQUIRE(marks.size() == 2);
  CHECK(marks[0]["xAxis"] == 5.5);
  CHECK(marks[0]["label"]["formatter"] == "end");
  CHECK(marks[1]["label"]["show"] == false);
  const std::string script = gnuplot_script(f, "p.csv");
  CHECK(script.find("set arrow from 5.5, graph 0 to 5.5, graph 1") != std::string::npos);
  CHECK(script.find("set arrow from graph 0, first -1") != std::string::npos);
  p.x = "tables/t/a";
  f = make(e, p);
  CHECK(f.lines.size() == 1);
  CHECK(f.notes.back() == "the line at x = 5.5 is not shown (no axis of numbers)");
  p.yscale = "log";
  CHECK(make(e, p).notes.back() == "the line at y = -1 is not shown (not positive on a log axis)");
}

TEST_CASE("a range that is asked for is the axis, whatever the data and lines are") {
  auto e = rows({1, 2, 900}, {1, 4, 5});
  auto p = of("scatter", "tables/t/v", "tables/t/w");
  p.xrange = {0, 10};
  p.lines = {{"x", 50, ""}};
  const Figure f = make(e, p);
  CHECK(echarts_options(f)["xAxis"][0]["max"] == 10.0);
  CHECK(gnuplot_script(f, "p.csv").find("set xrange [0:10]") != std::string::npos);
}

TEST_CASE("outliers follow their boxes in the CSV and are drawn in both renderers") {
  auto e = rows({1, 2, 3, 4, 5, 6, 7, 8, 9, 30}, {});
  PlotSpec p = plot("p", "box", "m");
  p.value = "tables/t/v";
  const Figure f = make(e, p);
  CHECK(figure_csv(f) ==
        "panel,series,x,low,q1,median,q3,high,n,outlier\n"
        ",,,1,3.25,5.5,7.75,9,10,\n"
        ",,,,,,,,,30\n");
  CHECK(f.y.high == 30);
  const Json series = echarts_options(f)["series"];
  REQUIRE(series.size() == 2);
  CHECK(series[1]["assay"]["renderer"] == "outlier");
  CHECK(series[1]["data"] == Json{{0.0, 30.0}});
  CHECK(gnuplot_script(f, "p.csv").find("every ::1::1 using (word('0 '") != std::string::npos);
}

TEST_CASE("of many outliers a hundred are kept, with the least and the greatest") {
  std::vector<double> v(5000, 0);
  for (int i = 1; i <= 500; ++i) v[static_cast<size_t>(i)] = i - 250.5;
  auto e = rows(v, {});
  PlotSpec p = plot("p", "box", "m");
  p.value = "tables/t/v";
  const auto outliers = make(e, p).panels[0].series[0].boxes[0].outliers;
  REQUIRE(outliers.size() == 100);
  CHECK(outliers.front() == -249.5);
  CHECK(outliers.back() == 249.5);
}

TEST_CASE("bins of whole numbers hold equally many of them, also when these are many") {
  std::vector<double> v;
  for (int i = 0; i < 240; ++i) v.push_back(i);
  auto e = rows(v, {});
  PlotSpec p = plot("p", "histogram", "m");
  p.value = "tables/t/v";
  Figure f = make(e, p);
  REQUIRE(f.panels[0].series[0].bins.size() == 60);
  for (const auto& bin : f.panels[0].series[0].bins) CHECK(bin.weight == 4);
  CHECK(f.panels[0].series[0].bins[0].low == -0.5);
  p.bins = 24;
  for (const auto& bin : make(e, p).panels[0].series[0].bins) CHECK(bin.weight == 10);
}

TEST_CASE("a matrix keeps the order of its names, with the first row on top, and is square") {
  auto e = rows({1, -0.5, -0.5, 1}, {}, {"z", "a", "z", "a"}, {"z", "z", "a", "a"});
  const Figure f = make(e, of("heatmap", "tables/t/a", "tables/t/b", "tables/t/v"));
  CHECK(f.x.categories == std::vector<std::string>{"z", "a"});
  CHECK(f.y.categories == std::vector<std::string>{"z", "a"});
  CHECK(f.y.first_on_top);
  CHECK(echarts_options(f)["yAxis"][0]["inverse"] == true);
  CHECK(gnuplot_script(f, "p.csv").find("set yrange [1.5:-0.5]") != std::string::npos);
  CHECK(heat_scale(f).square);
  CHECK(panel_size(f).width == panel_size(f).height);
  CHECK_FALSE(make(e, of("heatmap", "tables/t/a", "tables/t/v")).y.first_on_top);
}

TEST_CASE("colours of values of both signs are white at 0 and even about it") {
  auto e = rows({0.4, -0.1, 0, 0.2}, {}, {"a", "b", "c", "d"}, {"r", "r", "r", "r"});
  auto p = of("heatmap", "tables/t/a", "tables/t/b", "tables/t/v");
  HeatScale s = heat_scale(make(e, p));
  CHECK(s.low == doctest::Approx(-0.4));
  CHECK(s.high == doctest::Approx(0.4));
  CHECK(s.colours[s.colours.size() / 2] == "#f7f7f7");
  CHECK(s.colours.front() == "#2166ac");
  CHECK(s.colours.back() == "#b2182b");
  p.zrange = {-0.2, 1};  // white stays at 0; the shorter side ends in a paler blue
  s = heat_scale(make(e, p));
  CHECK(s.low == -0.2);
  CHECK(s.high == 1);
  CHECK(s.colours.back() == "#b2182b");
  CHECK(s.colours.front() != "#2166ac");
  CHECK(s.white_below == -std::numeric_limits<double>::infinity());
  p.zrange = {0, 1};
  s = heat_scale(make(e, p));
  CHECK(s.colours.front() == "#e4eff9");
  const Json series = echarts_options(make(e, p))["series"][0];
  CHECK(series["data"][1]["value"] == Json{1, 0, 0.0, -0.1});  // coloured as the nearest end
  CHECK(series["data"][1]["label"]["formatter"] == "-0.10");
}

TEST_CASE("labels are white on dark cells, dark on light ones, and absent from crowded maps") {
  std::vector<double> v;
  std::vector<std::string> a, b;
  for (int i = 0; i < 20; ++i) {
    v.push_back(i / 19.0);
    a.push_back(std::to_string(i % 5));
    b.push_back(std::to_string(i / 5));
  }
  auto e = rows(v, {}, a, b);
  const Figure f = make(e, of("heatmap", "tables/t/a", "tables/t/b", "tables/t/v"));
  const Json data = echarts_options(f)["series"][0]["data"];
  CHECK(data[0]["label"]["color"] == "#222222");
  CHECK(data[19]["label"]["color"] == "#ffffff");
  CHECK(heat_scale(f).labelled(1));
  HeatScale large = heat_scale(f);
  large.columns = 15;
  CHECK_FALSE(large.labelled(1));
}

TEST_CASE("long names are cut with an ellipsis where they are ticks, and whole in the CSV") {
  const std::string name = "a name of a method that nobody would like to read aside";
  auto e = rows({1, 2}, {}, {name, "b"});
  const Figure f = make(e, of("bar", "tables/t/a", "tables/t/v"));
  CHECK(echarts_options(f)["xAxis"][0]["data"][0] == "a name of a method that nobod…");
  CHECK(figure_csv(f).find(name) != std::string::npos);
}

TEST_CASE("panels stand in a grid, with one legend and the names of the axes once") {
  for (const auto& [panels, columns] : std::vector<std::pair<size_t, size_t>>{
           {1, 1}, {2, 2}, {3, 3}, {4, 2}, {6, 3}, {9, 3}, {12, 4}})
    CHECK(panel_columns(panels) == columns);
  auto e = papers_experiment();
  papers_report(e.plan.report);
  Frame frame(e.plan, e.runs);
  const Figure f = figures(e.plan, frame, {"layers"})[0];
  REQUIRE(f.panels.size() == 9);
  const Json option = echarts_options(f);
  CHECK(option["assay"]["columns"] == 3);
  CHECK(option["assay"]["titles"][8] == "fc");
  CHECK(option["legend"]["data"] == Json{"not memorised", "memorised"});
  CHECK(option["series"].back()["xAxisIndex"] == 8);
  const std::string script = gnuplot_script(f, "layers.csv");
  size_t names = 0, keys = 0;
  for (size_t at = 0; (at = script.find("'units'", at)) != std::string::npos; ++at) ++names;
  for (size_t at = 0; (at = script.find("title 'memorised'", at)) != std::string::npos; ++at)
    ++keys;
  CHECK(names == 1);
  CHECK(keys == 1);
}

TEST_CASE("of two groups of points the smaller is drawn last") {
  auto e = rows({1, 2, 3}, {1, 2, 3}, {"few", "many", "many"});
  auto p = of("scatter", "tables/t/v", "tables/t/w");
  p.series = "tables/t/a";
  const Figure f = make(e, p);
  const Json series = echarts_options(f)["series"];
  CHECK(series[0]["name"] == "few");
  CHECK(series[0]["z"] > series[1]["z"]);
  const std::string script = gnuplot_script(f, "p.csv");
  CHECK(script.find("every ::1::2") < script.find("every ::0::0"));
}

TEST_CASE("gnuplot draws the figures of the papers without a complaint") {
  if (!have_gnuplot()) {
    MESSAGE("gnuplot is not installed");
    return;
  }
  auto e = papers_experiment();
  papers_report(e.plan.report);
  Frame frame(e.plan, e.runs);
  const Folder folder;
  for (const auto& name : figure_names(e.plan.report)) {
    CAPTURE(name);
    const auto files = write_plots(e.plan, frame, folder.path, {"svg"}, {name});
    const std::string svg = read_file(files.back());
    CHECK(svg.find("<svg") != std::string::npos);
    CHECK(svg.find("no data") == std::string::npos);
  }
}

TEST_CASE("columns of a heat map that miss a step leave a gap, and evenly spaced ones do not") {
  const auto columns = [](const std::vector<double>& x) {
    auto e = rows(x, {}, std::vector<std::string>(x.size(), "layer"));
    return make(e, of("heatmap", "tables/t/v", "tables/t/a")).x.categories;
  };
  CHECK(columns({0, 2, 4, 8}) == std::vector<std::string>{"0", "2", "4", "6", "8"});
  CHECK(columns({1, 2, 3}) == std::vector<std::string>{"1", "2", "3"});
  CHECK(columns({5}) == std::vector<std::string>{"5"});
}
