// What an experiment file asks to be reported: claims, tables, plots, galleries, text. Checked
// against the declared outputs and the axes when the plan is made.
#pragma once
#include "core/base/json.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace assay {

/// A reference ("metrics/auc@last", "tables/T/COL", "arrays/A", "provenance/cpu_seconds") or an
/// expression over references in single quotes ("'metrics/a' / 'metrics/b'").
using ValueText = std::string;

/// One side of a claim: a number, or an aggregate over the runs of a stage.
struct Side {
  std::optional<double> number;
  std::string stage, where, agg = "mean";  // mean median min max sd n share(>= 4)
  ValueText value;
  double times = 1, plus = 0;
};

struct ClaimSpec {
  std::string name, text;
  std::string paper;  // the paper's number, as text; "" when there is none
  int min_n = 1;
  std::optional<double> confidence;  // the whole interval must clear the bound
  Side left;
  std::string op;                   // < <= > >= == !=
  Side right;                       // `bound` becomes right.number
  std::vector<std::string> paired;  // axes that pair left with right
  std::vector<std::string> over;    // axes that are averaged; default: seed
  std::string test;                 // "", sign, wilcoxon, t
  double alpha = 0.05;
  int line = 0;
};

struct TableSpec {
  std::string name, title, caption, stage, where;
  std::vector<std::string> rows, columns;  // axes
  std::vector<ValueText> values;
  std::vector<std::string> labels;  // of the values; default: the last part of the reference
  std::vector<std::string> agg = {
      "mean"};  // any of mean median min max sd sem ci95 n, shown in one cell
  std::vector<std::string> over = {"seed"};
  std::vector<std::string> best;  // per value: "max", "min" or ""
  std::string format = ".4g";
};

/// A dashed line across a plot: at x, upright; at y, level.
struct ReferenceLine {
  std::string axis;  // x, y
  double at = 0;
  std::string label;  // "": none
};

struct PlotSpec {
  std::string name, title, caption, stage, where;
  std::string kind;                   // line scatter bar histogram box heatmap cdf
  ValueText x, y, z;                  // values, or axes of the stage
  ValueText value;                    // of histogram, box, cdf
  std::string series, marker, facet;  // an axis, or a column of the same table
  std::string error;                  // "", sd, sem, ci95, minmax: over the axes in `over`
  std::vector<std::string> over = {"seed"};
  std::string agg = "mean";
  std::string xscale, yscale;  // "" or log
  std::string xlabel, ylabel;
  std::vector<double> xrange, yrange, zrange;  // low and high; {}: of the data
  std::vector<ReferenceLine> lines;
  double jitter = 0;      // points of a scatter are drawn up to this far from their place
  int bins = 0;           // 0: chosen
  std::string normalize;  // "" (counts), share: of histogram
};

struct ImagesSpec {
  std::string name, title, caption, stage, where;
  ValueText value;                // arrays/A: (N, H, W) or (N, H, W, C), uint8 or float
  std::vector<ValueText> labels;  // tables/T/COL of N rows each, shown below each image
  int columns = 10, most = 60;    // images in a row; images shown of a run
};

struct TextSpec {
  std::string name, title, stage, where;
  ValueText value;   // text/NAME of the runs
  std::string body;  // or this text, in paragraphs
};

using ReportItem = std::variant<TableSpec, PlotSpec, ImagesSpec, TextSpec>;

struct ReportSpec {
  std::vector<ClaimSpec> claims;
  std::vector<ReportItem> items;  // in file order
};

void to_json(Json& document, const ReferenceLine& line);
void from_json(const Json& document, ReferenceLine& line);
Json to_json(const ReportSpec& spec);
ReportSpec report_spec_from_json(const Json& document);

}  // namespace assay
