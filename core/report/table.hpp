// Tables of a report: what a [[table]] asks for, computed, and written in five formats.
#pragma once
#include "core/report/frame.hpp"

#include <string>
#include <vector>

namespace assay {

enum class Format { terminal, markdown, csv, latex, html };

struct Cell {
  std::string text;              // "0.93 ± 0.01"; "–" when there is nothing
  std::vector<std::string> raw;  // one a raw head: full precision, for CSV
  bool best = false;
};

/// A column of cells: its head, from the outermost column axis to the value's label.
struct Column {
  std::vector<std::string> head;
  std::vector<std::string> raw;  // names of the raw values: "auc mean", "auc sd"
  bool number = true;            // aligned right
};

struct Line {
  std::vector<std::string> labels;  // of the row axes
  std::vector<Cell> cells;
};

struct Table {
  std::string name, title, caption;
  std::vector<std::string> axes;  // what the labels are
  std::vector<Column> columns;
  std::vector<Line> lines;
  std::string note;  // "mean ± sd over seed, n = 3"
};

/// A column reference of a table (tables/T/COL) enters as its mean over a run's rows, or pooled
/// over runs by the aggregates that pool (claims.hpp). Runs that are not complete are left out and
/// seen in n. Throws BadInput for a forgotten axis, an unknown aggregate or format.
Table make_table(const TableSpec& spec, Frame& frame);

/// What is shown when an experiment declares no table: each stage's HEADLINE outputs by its axes.
std::vector<TableSpec> default_tables(const Plan& plan);

/// One line a run of `stage`: axes, headline values, state, seconds, id.
Table run_table(const StageInfo& stage, Frame& frame);

std::string render_table(const Table& table, Format format);
std::string render_table(const TableSpec& spec, Frame& frame, Format format);

/// ".4g", ".2e", ".3f", "d", ".1%". Throws BadInput for anything else.
std::string format_number(double x, const std::string& format);

/// Metrics and series that a method declares as HEADLINE; all it declares when none is.
std::vector<ValueText> headline_values(const MethodSchema& schema);

}  // namespace assay
