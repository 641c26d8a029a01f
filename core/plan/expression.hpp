// The small language of `exclude.if`, `where` and of values that are computed from several:
//   numbers, strings, true, false, names, [lists]; == != < <= > >= in; and or not; + - * / ( );
//   abs(x) min(a, ...) max(a, ...) log10(x) has(name).
// No side effects. Numbers compare as numbers, whether integer or real.
#pragma once
#include "core/base/json.hpp"

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace assay {

/// A text that is not an expression, or one that cannot be evaluated; `offset` and `width` say
/// where in the text.
struct ExpressionError : std::runtime_error {
  ExpressionError(const std::string& what, size_t at, size_t length)
      : std::runtime_error(what), offset(at), width(length) {}
  size_t offset, width;
};

class Expression {
 public:
  enum class Quotes { kStrings, kReferences };  // what '...' means; "..." is always a string
  struct Name {
    std::string text;
    size_t offset, width;
  };
  struct Term;  // a node of the syntax tree

  /// Throws ExpressionError.
  static Expression parse(const std::string& text, Quotes quotes = Quotes::kStrings);

  /// The names (or, of Quotes::kReferences, the quoted references too) that evaluation asks for, in
  /// order of appearance; not those inside has().
  const std::vector<Name>& names() const { return names_; }
  const std::vector<Name>& references() const { return references_; }
  /// Names inside has().
  const std::vector<Name>& optional_names() const { return optional_names_; }

  /// `lookup` returns the value of a name or reference, or null when it has none. Throws
  /// ExpressionError for an unknown name or operands of the wrong type.
  using Lookup = std::function<const Json*(const std::string&)>;
  Json evaluate(const Lookup& lookup) const;
  /// Evaluates to a truth value.
  bool test(const Lookup& lookup) const;
  /// Evaluates to a number; `number` gives that of a reference (NaN: missing).
  double compute(const std::function<double(const std::string&)>& number) const;

 private:
  friend class ExpressionParser;
  std::shared_ptr<const Term> root_;
  std::vector<Name> names_, references_, optional_names_;
};

/// Equal as the language sees it: 1 equals 1.0.
bool same_value(const Json& a, const Json& b);

}  // namespace assay
