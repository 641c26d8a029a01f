#include "core/report/axis_ticks.hpp"
#include "core/report/echarts.hpp"
#include "core/report/figure.hpp"
#include "core/report/report.hpp"
#include "tests/report/demo.hpp"
#include "tests/report/folder.hpp"

#include <doctest/doctest.h>

using namespace assay;
using namespace assay::test;

namespace {

/// Two noises x two seeds; loss falls by step; a table with a group and a value.
Experiment small() {
  Experiment e;
  auto& m = e.method("learn");
  m.outputs = {port("loss", ASSAY_SERIES, 0, "nats"), port("t", ASSAY_TABLE)};
  e.stage("learn", {"noise", "seed"});
  for (const double noise : {0.1, 0.2})
    for (int seed = 0; seed < 2; ++seed) {
      auto& run = e.add("learn", {{"noise", noise}, {"seed", seed}});
      run.metrics["loss"] = {{0, 10}, {noise + seed, noise * 2 + seed}};
      run.metric("auc", 0.9 - noise + 0.1 * seed);
      run.arrays["tables/t/v"] = real_array({1, 2, 2, 8});
      run.arrays["tables/t/w"] = real_array({1, 1, 5, 5});
      auto group = byte_array({0, 0, 1, 1}, {4});
      group.dtype.code = ASSAY_DT_BOOL;
      run.arrays["tables/t/noisy"] = group;
      run.arrays["arrays/x"] = real_array({0, 0.5, 1});
      run.arrays["arrays/y"] = real_array({1.0 * seed, 2.0 * seed, 3.0 * seed});
    }
  return e;
}

Figure make(Experiment& e, const PlotSpec& spec) {
  Frame frame(e.plan, e.runs);
  return make_figure(spec, frame);
}

}  // namespace

TEST_CASE("a line over steps averages seeds and has their spread as a band") {
  auto e = small();
  auto p = plot("loss", "line", "learn");
  p.x = "step";
  p.y = "metrics/loss";
  p.series = "noise";
  p.error = "minmax";
  const Figure f = make(e, p);
  REQUIRE(f.panels.size() == 1);
  REQUIRE(f.panels[0].series.size() == 2);
  const auto& s = f.panels[0].series[1];
  CHECK(s.name == "noise = 0.2");
  REQUIRE(s.points.size() == 2);
  CHECK(s.points[0].y == doctest::Approx(0.7));
  CHECK(s.points[0].low == doctest::Approx(0.2));
  CHECK(s.points[0].high == doctest::Approx(1.2));
  CHECK(s.points[1].x == 10);
  CHECK(s.points[1].n == 2);
  CHECK(f.bands);
  CHECK(f.y.name == "loss (nats)");
  CHECK(f.notes[0] == "mean and range over seed");
}

TEST_CASE("a line by seed has one series a seed") {
  auto e = small();
  auto p = plot("loss", "line", "learn");
  p.x = "step";
  p.y = "metrics/loss";
  p.where = "noise == 0.1";
  p.series = "seed";
  const Figure f = make(e, p);
  REQUIRE(f.panels[0].series.size() == 2);
  CHECK(f.panels[0].series[1].name == "seed = 1");
  CHECK(f.panels[0].series[1].points[0].y == doctest::Approx(1.1));
}

TEST_CASE(
    "arrays against arrays average where the runs share x, and are one line a run where not") {
  auto e = small();
  auto p = plot("a", "line", "learn");
  p.x = "arrays/x";
  p.y = "arrays/y";
  p.where = "noise == 0.1";
  Figure f = make(e, p);
  REQUIRE(f.panels[0].series.size() == 1);
  CHECK(f.panels[0].series[0].points[2].y == doctest::Approx(1.5));
  e.runs.runs[e.plan.runs[0].id].arrays["arrays/x"] = real_array({0, 0.25, 1});
  f = make(e, p);
  REQUIRE(f.panels[0].series.size() == 2);
  CHECK(f.panels[0].series[1].name == "seed = 1");
  CHECK(f.notes.back() == "one line a run: their x differ");
  p.x = "";
  f = make(e, p);
  CHECK(f.panels[0].series[0].points[2].x == 2);
}

TEST_CASE("a histogram of whole numbers has one bin a number, shares sum to one by series") {
  auto e = small();
  auto p = plot("h", "histogram", "learn");
  p.value = "tables/t/v";
  p.series = "tables/t/noisy";
  p.over = {"seed", "noise"};
  p.normalize = "share";
  const Figure f = make(e, p);
  REQUIRE(f.panels[0].series.size() == 2);
  CHECK(f.panels[0].series[0].name == "not noisy");
  CHECK(f.panels[0].series[1].name == "noisy");
  const auto& bins = f.panels[0].series[0].bins;
  REQUIRE(bins.size() == 8);
  CHECK(bins[0].low == 0.5);
  CHECK(bins[0].weight == 0.5);
  CHECK(bins[1].weight == 0.5);
  CHECK(f.panels[0].series[1].bins[7].weight == 0.5);
  p.normalize = "";
  p.bins = 2;
  const Figure counts = make(e, p);
  CHECK(counts.panels[0].series[1].bins[0].weight == 4);
  CHECK(counts.panels[0].series[1].bins[1].weight == 4);
}

TEST_CASE("a box has Tukey's whiskers") {
  Experiment e;
  e.method("m");
  e.stage("m", {"seed"});
  e.add("m", {{"seed", 0}}).arrays["tables/t/v"] = real_array({1, 2, 3, 4, 5, 6, 7, 8, 9, 30});
  auto p = plot("b", "box", "m");
  p.value = "tables/t/v";
  const auto box = make(e, p).panels[0].series[0].boxes.at(0);
  CHECK(box.q1 == doctest::Approx(3.25));
  CHECK(box.median == doctest::Approx(5.5));
  CHECK(box.q3 == doctest::Approx(7.75));
  CHECK(box.low == 1);
  CHECK(box.high == 9);  // 7.75 + 1.5 * 4.5 = 14.5
  CHECK(box.outliers == std::vector<double>{30});
}

TEST_CASE("a cumulative share rises from 0 to 1 with one step a value") {
  auto e = small();
  auto p = plot("c", "cdf", "learn");
  p.value = "tables/t/v";
  p.where = "noise == 0.1 and seed == 0";
  const auto points = make(e, p).panels[0].series[0].points;
  REQUIRE(points.size() == 4);
  CHECK(points[0].y == 0);
  CHECK(points[1].y == 0.25);
  CHECK(points[2].y == 0.75);
  CHECK(points[3].x == 8);
  CHECK(points[3].y == 1);
}

TEST_CASE("a heat map of two columns counts rows; of z it aggregates") {
  auto e = small();
  auto p = plot("h", "heatmap", "learn");
  p.x = "tables/t/v";
  p.y = "tables/t/w";
  p.over = {"seed", "noise"};
  Figure f = make(e, p);
  CHECK(f.x.categories == std::vector<std::string>{"1", "2", "3", "4", "5", "6", "7", "8"});
  CHECK(f.y.categories.size() == 5);
  REQUIRE(f.panels[0].cells.size() == 40);
  CHECK(f.panels[0].cells[0].value == 4);
  CHECK(std::isnan(f.panels[0].cells[2].value));
  p.x = "noise";
  p.y = "seed";
  p.z = "metrics/auc";
  f = make(e, p);
  CHECK(f.panels[0].cells[3].value == doctest::Approx(0.8));
}

TEST_CASE("a scatter of scalars has a point a combination, with markers and facets") {
  auto e = small();
  auto p = plot("s", "scatter", "learn");
  p.x = "metrics/loss";
  p.y = "metrics/auc";
  Figure f = make(e, p);
  REQUIRE(f.panels[0].series.size() == 1);
  CHECK(f.panels[0].series[0].points.size() == 2);
  CHECK(f.panels[0].series[0].points[0].y == doctest::Approx(0.85));
  CHECK(f.panels[0].series[0].points[0].x == doctest::Approx(0.7));
  p.facet = "noise";
  p.marker = "seed";
  f = make(e, p);
  REQUIRE(f.panels.size() == 2);
  CHECK(f.panels[1].title == "noise = 0.2");
  CHECK(f.panels[1].series[1].name == "seed = 1");
  CHECK(f.panels[1].series[1].symbol == 1);
}

TEST_CASE("categories of a text column stand in the order of its rows") {
  auto e = small();
  for (auto& run : e.plan.runs)
    e.runs.runs[run.id].arrays["tables/t/name"] = text_array({"z", "b", "a", "c"});
  auto p = plot("b", "bar", "learn");
  p.x = "tables/t/name";
  p.y = "tables/t/v";
  p.over = {"seed", "noise"};
  const Figure f = make(e, p);
  CHECK(f.x.categories == std::vector<std::string>{"z", "b", "a", "c"});
  CHECK(f.panels[0].series[0].points[3].y == 8);
  CHECK(f.panels[0].series[0].points[3].n == 4);
}

TEST_CASE("bars stand on the axis's values in the plan's order") {
  auto e = small();
  auto p = plot("b", "bar", "learn");
  p.x = "noise";
  p.y = "metrics/auc";
  p.error = "ci95";
  const Figure f = make(e, p);
  CHECK(f.x.categories == std::vector<std::string>{"0.1", "0.2"});
  const auto& point = f.panels[0].series[0].points[1];
  CHECK(point.x == 1);
  CHECK(point.y == doctest::Approx(0.75));
  const std::vector<double> x{0.7, 0.8};
  CHECK(point.low == doctest::Approx(student_interval(x)->low));
  CHECK(figure_csv(f).starts_with("panel,series,x,y,low,high,n\n,,0.1,0.85"));
}

TEST_CASE("a logarithmic axis drops what it cannot show and says so") {
  auto e = small();
  auto p = plot("a", "line", "learn");
  p.x = "arrays/x";
  p.y = "arrays/y";
  p.where = "noise == 0.1 and seed == 1";
  p.xscale = "log";
  const Figure f = make(e, p);
  CHECK(f.panels[0].series[0].points.size() == 2);
  CHECK(f.notes.back() == "1 point is not shown (not finite, or not positive on a log axis)");
  CHECK(log_ticks({0.9, 11}) == std::vector<double>{1, 2, 5, 10});
  CHECK(log_ticks({0.5, 20000}) == std::vector<double>{1, 10, 100, 1000, 10000});
}

TEST_CASE("plots that cannot be drawn are errors") {
  auto e = small();
  auto p = plot("x", "pie", "learn");
  CHECK_THROWS_WITH_AS(make(e, p), "plot \"x\": no kind \"pie\"", BadInput);
  p.kind = "line";
  p.x = "step";
  p.y = "metrics/loss";
  CHECK_THROWS_WITH_AS(make(e, p),
                       "plot \"x\": axis \"noise\" (2 values) is neither shown nor aggregated",
                       BadInput);
  p.x = "tables/t/v";
  p.y = "arrays/y";
  p.series = "noise";
  CHECK_THROWS_WITH_AS(make(e, p), "plot \"x\": columns of 4 and 3 rows cannot be plotted together",
                       BadInput);
}

TEST_CASE("runs without the value are left out and counted") {
  auto e = small();
  e.runs.runs[e.plan.runs[3].id].state = RunState::failed;
  auto p = plot("b", "bar", "learn");
  p.x = "noise";
  p.y = "metrics/auc";
  const Figure f = make(e, p);
  CHECK(f.panels[0].series[0].points[1].n == 1);
  CHECK(f.notes[0] == "1 of 4 runs is not shown (learn:noise=0.2,seed=1: the run failed)");
}

TEST_CASE("options for ECharts are data: no functions, names kept as text") {
  auto e = demo_experiment();
  demo_report(e.plan.report);
  Frame frame(e.plan, e.runs);
  size_t long_lines = 0;
  for (const auto& item : e.plan.report.items)
    if (const auto* p = std::get_if<PlotSpec>(&item)) {
      CAPTURE(p->name);
      const Figure f = make_figure(*p, frame);
      const Json option = echarts_options(f);
      for (const char* part : {"grid", "xAxis", "yAxis"})
        CHECK(option[part].size() == f.panels.size());
      CHECK(option.dump().find("function") == std::string::npos);
      CHECK(option["tooltip"]["renderMode"] == "richText");
      for (const auto& s : option["series"]) long_lines += s.contains("sampling");
    }
  CHECK(long_lines == 0);
  auto& run = e.runs.runs[e.plan.runs[0].id];
  run.metrics["loss"] = {};
  for (int i = 0; i < 3000; ++i) {
    run.metrics["loss"].steps.push_back(i);
    run.metrics["loss"].values.push_back(i);
  }
  auto p = plot("l", "line", "learn");
  p.where = "noise == 0.05 and seed == 0";
  p.x = "step";
  p.y = "metrics/loss";
  CHECK(echarts_options(make(e, p))["series"][0]["sampling"] == "lttb");
}

TEST_CASE("gnuplot draws every kind of figure as SVG, PNG and PDF") {
  if (!have_gnuplot()) {
    MESSAGE("gnuplot is not installed");
    return;
  }
  auto e = demo_experiment();
  demo_report(e.plan.report);
  Frame frame(e.plan, e.runs);
  const Folder folder;
  const auto written =
      write_plots(e.plan, frame, folder.path, {"svg", "png", "pdf"}, {"auc", "heat"});
  CHECK(written.size() == 10);
  CHECK(read_file(folder.path / "auc.png").substr(1, 3) == "PNG");
  CHECK(read_file(folder.path / "heat.pdf").substr(0, 5) == "%PDF-");
  for (const auto& name : figure_names(e.plan.report)) {
    CAPTURE(name);
    const auto files = write_plots(e.plan, frame, folder.path, {"svg"}, {name});
    const std::string svg = read_file(files.back());
    CHECK(svg.find("<svg") != std::string::npos);
    CHECK(svg.find("<script>alert") == std::string::npos);
    CHECK(svg.find(name == "heat" ? "<polygon" : "<path") != std::string::npos);
  }
}

TEST_CASE("a figure's name that would leave its folder stays in it") {
  ReportSpec spec;
  for (const auto* name : {"../../etc/passwd", "", "a b", "a b"})
    spec.items.emplace_back(plot(name, "line", "learn"));
  CHECK(figure_names(spec) ==
        std::vector<std::string>{"_.._.._etc_passwd", "figure-2", "a_b", "a_b-2"});
}

TEST_CASE("a picture format or a figure that does not exist is an error") {
  auto e = demo_experiment();
  demo_report(e.plan.report);
  Frame frame(e.plan, e.runs);
  const Folder folder;
  CHECK_THROWS_WITH_AS(write_plots(e.plan, frame, folder.path, {"gif"}, {"auc"}),
                       "no picture format \"gif\"", BadInput);
  CHECK_THROWS_WITH_AS(write_plots(e.plan, frame, folder.path, {"svg"}, {"acu"}),
                       "no figure \"acu\"", BadInput);
}
