// References to what runs hold ("metrics/auc@best", "tables/T/COL", "'metrics/a' / 'metrics/b'")
// and the values that they stand for.
#pragma once
#include "core/plan/plan.hpp"
#include "core/plan/report_spec.hpp"
#include "core/report/run_data.hpp"

#include <string>
#include <vector>

namespace assay {

/// A number, a column of numbers, or a column of strings; or the reason why there is none.
struct Value {
  std::vector<double> numbers;
  std::vector<std::string> strings;  // instead of numbers
  std::vector<int64_t> shape;        // of an array; {} of a scalar
  std::string missing;               // "the run failed", "no metric auc": then nothing else is set
  bool boolean = false;              // numbers are 0 and 1, logged as bool

  bool absent() const { return !missing.empty(); }
  bool is_text() const { return !strings.empty(); }
  bool scalar() const { return shape.empty(); }
  size_t size() const { return is_text() ? strings.size() : numbers.size(); }
  /// Element `i` for people and for grouping; a scalar has every element.
  std::string show(size_t i) const;
  double number(size_t i) const;  // NaN when it is no number

  static Value of(double x) { return {{x}, {}, {}, "", false}; }
  static Value of(const Json& axis_value);
  static Value none(std::string why) { return {{}, {}, {}, std::move(why), false}; }
};

/// True when the text is one reference, not an expression over references.
bool is_reference(const ValueText& text);
/// "metrics/loss/train@min" -> "loss/train"; "tables/T/COL" -> "COL"; an expression -> itself
/// without its quotes. What a table's head and a figure's axis say by default.
std::string short_name(const ValueText& text);
/// The metric's name of "metrics/NAME@SELECTOR", or "".
std::string metric_name(const ValueText& text);
/// An axis's value for people: strings bare, lists as JSON.
std::string show(const Json& value);

/// Reads a reference or evaluates an expression (element by element over columns).
Value read_value(RunData& data, const MethodSchema& schema, const ValueText& text);

}  // namespace assay
