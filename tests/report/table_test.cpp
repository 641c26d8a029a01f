#include "core/report/table.hpp"
#include "tests/report/fixture.hpp"

#include <doctest/doctest.h>

using namespace assay;
using namespace assay::test;

namespace {

/// noise {0.1, 0.2} x score {a_b, c|d} x 3 seeds; the last run is missing.
Experiment grid() {
  Experiment e;
  e.method("rank").outputs = {port("auc", ASSAY_SCALAR, ASSAY_HEADLINE), port("loss", ASSAY_SERIES),
                              port("other/*", ASSAY_SERIES)};
  e.stage("rank", {"noise", "score", "seed"});
  for (const double noise : {0.1, 0.2})
    for (const std::string score : {"a_b", "c|d"})
      for (int seed = 0; seed < 3; ++seed) {
        const double base = (score == "a_b" ? 0.9 : 0.8) - noise / 10;
        e.add("rank", {{"noise", noise}, {"score", score}, {"seed", seed}})
            .metric("auc", base + 0.01 * seed)
            .metric("loss", 1 - base);
      }
  e.runs.runs.erase(e.plan.runs.back().id);
  return e;
}

TableSpec spec() {
  TableSpec t;
  t.name = "auc";
  t.title = "AUC";
  t.stage = "rank";
  t.rows = {"score"};
  t.columns = {"noise"};
  t.values = {"metrics/auc"};
  t.agg = {"mean", "sd"};
  t.best = {"max"};
  t.format = ".3f";
  return t;
}

std::string draw(const TableSpec& s, Format format) {
  auto e = grid();
  Frame frame(e.plan, e.runs);
  return "\n" + render_table(s, frame, format);
}

}  // namespace

TEST_CASE("a table on the terminal marks the best and shows n where it differs") {
  CHECK(draw(spec(), Format::terminal) == R"(
AUC
score     noise = 0.1            noise = 0.2
────────────────────────────────────────────
a_b    *0.900 ± 0.010         *0.890 ± 0.010
c|d     0.800 ± 0.010  0.785 ± 0.007 (n = 2)
auc: mean ± sd over seed, n = 3 unless stated; * best
)");
}

TEST_CASE("a table in Markdown escapes its cells") {
  CHECK(draw(spec(), Format::markdown) == R"(
| score | noise = 0.1 | noise = 0.2 |
| --- | ---: | ---: |
| a\_b | **0.900 ± 0.010** | **0.890 ± 0.010** |
| c\|d | 0.800 ± 0.010 | 0.785 ± 0.007 (n = 2) |

auc: mean ± sd over seed, n = 3 unless stated
)");
}

TEST_CASE("a table in LaTeX escapes its cells and uses booktabs") {
  auto s = spec();
  s.values = {"metrics/auc", "metrics/loss"};
  s.best = {"max", "min"};
  s.labels = {"AUC %"};
  s.agg = {"mean"};
  CHECK(draw(s, Format::latex) == R"(
\begin{tabular}{lrrrr}
\toprule
 & \multicolumn{2}{c}{noise = 0.1} & \multicolumn{2}{c}{noise = 0.2} \\
score & AUC \% & loss & AUC \% & loss \\
\midrule
a\_b & \textbf{0.900} & \textbf{0.110} & \textbf{0.890} & \textbf{0.120} \\
c|d & 0.800 & 0.210 & 0.785 (n = 2) & 0.220 (n = 2) \\
\bottomrule
\end{tabular}
% mean over seed, n = 3 unless stated
)");
}

TEST_CASE("a table in CSV has full precision and one column an aggregate") {
  CHECK(draw(spec(), Format::csv) == R"(
score,noise=0.1 auc mean,noise=0.1 auc sd,noise=0.2 auc mean,noise=0.2 auc sd
a_b,0.9,0.010000000000000009,0.89,0.010000000000000009
c|d,0.8000000000000002,0.010000000000000009,0.785,0.007071067811865481
)");
}

TEST_CASE("a table in HTML escapes its cells") {
  auto e = grid();
  e.plan.points[0].axes[1].second = "<b>&";
  Frame frame(e.plan, e.runs);
  auto s = spec();
  s.columns.clear();
  s.rows = {"noise", "score"};
  const std::string html = render_table(s, frame, Format::html);
  CHECK(html.find("<th scope=\"row\">&lt;b&gt;&amp;</th>") != std::string::npos);
  CHECK(html.find("<b>&") == std::string::npos);
}

TEST_CASE("an absent combination is a dash") {
  auto e = grid();
  for (int i = 0; i < 3; ++i) e.runs.runs[e.plan.runs[i].id].state = RunState::failed;
  Frame frame(e.plan, e.runs);
  const Table t = make_table(spec(), frame);
  CHECK(t.lines[0].cells[0].text == "–");
  CHECK(t.lines[0].cells[0].raw == std::vector<std::string>{"", ""});
  CHECK(t.lines[1].cells[0].best);
}

TEST_CASE("all aggregates stand in one cell") {
  auto s = spec();
  s.agg = {"median", "min", "max", "n"};
  auto e = grid();
  Frame frame(e.plan, e.runs);
  CHECK(make_table(s, frame).lines[0].cells[0].text == "0.900 [0.890, 0.910] (n = 3)");
  s.agg = {"mean", "ci95"};
  CHECK(make_table(s, frame).lines[0].cells[0].text == "0.900 ± 0.025");  // 4.3027 * 0.01 / sqrt 3
  s.agg = {"share(>= 0.9)"};
  CHECK(make_table(s, frame).lines[0].cells[0].text == "0.667");
}

TEST_CASE("a forgotten axis is an error that names it") {
  auto s = spec();
  s.columns.clear();
  CHECK_THROWS_WITH_AS(draw(s, Format::csv),
                       "table \"auc\": axis \"noise\" (2 values) is neither shown nor aggregated",
                       BadInput);
  s.where = "noise == 0.1";
  CHECK_NOTHROW(draw(s, Format::csv));
  s.where = "";
  s.over = {"seed", "noise"};
  CHECK_NOTHROW(draw(s, Format::csv));
}

TEST_CASE("number formats are digits and a notation") {
  CHECK(format_number(0.12345, ".2f") == "0.12");
  CHECK(format_number(0.00012345, ".2e") == "1.23e-04");
  CHECK(format_number(12345, "d") == "12345");
  CHECK(format_number(0.98765, ".1%") == "98.8 %");
  CHECK(format_number(-0.0, ".4g") == "0");
  CHECK(format_number(std::nan(""), ".4g") == "–");
  for (const auto* bad : {"", "4g", ".x", ".4", "{}", ".1234f"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(format_number(1, bad), BadInput);
  }
}

TEST_CASE("without a declared table, the headline outputs are shown by the axes") {
  auto e = grid();
  const auto all = default_tables(e.plan);
  REQUIRE(all.size() == 1);
  CHECK(all[0].rows == std::vector<std::string>{"noise", "score"});
  CHECK(all[0].values == std::vector<std::string>{"metrics/auc"});
  Frame frame(e.plan, e.runs);
  CHECK(make_table(all[0], frame).lines.size() == 4);
}

TEST_CASE("the run table has a line a run with its state") {
  auto e = grid();
  Frame frame(e.plan, e.runs);
  const Table t = run_table(e.plan.stages[0], frame);
  CHECK(t.lines.size() == 12);
  CHECK(t.lines[0].labels == std::vector<std::string>{"0.1", "a_b", "0"});
  CHECK(t.lines[0].cells[0].text == "0.89");
  CHECK(t.lines[11].cells[0].text == "–");
  CHECK(t.lines[11].cells[1].text == "absent");
}
