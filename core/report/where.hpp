// The filter of claims, tables and figures: an expression over a point's axes and its run's
// parameters ("noise > 0 and score == 'joint'").
#pragma once
#include "core/plan/expression.hpp"
#include "core/plan/plan.hpp"

#include <optional>
#include <string>

namespace assay {

class Where {
 public:
  /// Throws BadInput when the text is no expression. "" matches everything.
  explicit Where(const std::string& text);
  /// An axis shadows a parameter of the same name. Throws BadInput for an unknown name.
  bool matches(const Point& point, const Run& run) const;

 private:
  std::string text_;
  std::optional<Expression> expression_;
};

}  // namespace assay
