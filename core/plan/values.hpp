// What claims, tables and plots may ask of a run: references to its outputs, arithmetic over them,
// and the ways of reducing several runs to one number.
#pragma once
#include "core/plan/expression.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace assay {

/// metrics/NAME, tables/T/COL, arrays/NAME, text/NAME, provenance/NAME, each with a selector:
///   metrics   @last (the default) @best @min @max @mean @mean(n): of the last n values  @step=N
///   tables, arrays   @mean @median @min @max @sum @sd @n @last; none: the whole column or array,
///                    and its mean where one number is wanted
///   text      @last (the default) @step=N
/// `best` is the greatest value, or the least of an output that declares that lower is better.
struct Reference {
  enum class Kind { kMetric, kTable, kArray, kText, kProvenance };
  Kind kind = Kind::kMetric;
  std::string name, column;  // column: of a table
  std::string selector;      // "last", "mean", "step", ...; "" when none was given
  int64_t number = 0;        // n of mean(n), N of step=N; 0 for a plain mean
  std::string text;          // as written
};

/// Throws ExpressionError.
Reference parse_reference(const std::string& text);

/// One reference, or an expression over references in single quotes.
class ValueExpression {
 public:
  /// Throws ExpressionError.
  static ValueExpression parse(const std::string& text);
  const std::vector<Reference>& references() const { return references_; }
  /// Where each reference begins in the text.
  const std::vector<size_t>& offsets() const { return offsets_; }
  /// The reference, when the value is nothing but one; else null.
  const Reference* single() const { return expression_ ? nullptr : &references_.front(); }
  /// `number` gives the number of a reference for one run (NaN: missing).
  double compute(const std::function<double(const Reference&)>& number) const;

 private:
  std::optional<Expression> expression_;
  std::vector<Reference> references_;
  std::vector<size_t> offsets_;
};

/// mean, median, min, max, sd, sem, ci95, n, or share(OP NUMBER): the share of runs for which it
/// holds.
struct AggregateSpec {
  std::string name;
  std::string op;    // of share
  double bound = 0;  // of share
};
/// Throws ExpressionError; also for sem and ci95 unless `spreads`.
AggregateSpec parse_aggregate_spec(const std::string& text, bool spreads = true);

bool known_comparison(const std::string& op);  // < <= > >= == !=
/// Equality is up to 1e-9 relative, so that 0.1 + 0.2 == 0.3; false for NaN.
bool compare(double a, const std::string& op, double b);

}  // namespace assay
