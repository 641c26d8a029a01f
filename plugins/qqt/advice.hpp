// What to measure next: where the draws of a fit disagree most about the best union.
#pragma once
#include "plugins/qqt/unions.hpp"

#include <string>
#include <vector>

namespace qqt {

/// Measuring both unions at `samples` tells most about the decision.
struct Advice {
  double samples = 0;
  size_t first = 0, second = 0;              // candidates chosen most often there
  double first_share = 0, second_share = 0;  // of the draws
  double spread = 0;                         // sd over draws of the difference of their errors
};

/// The budget at which the most draws choose otherwise than the most frequent choice; of equal ones
/// that with the larger spread, then the smaller. `any` is false without draws, or if all draws
/// choose alike at every budget.
struct Next {
  bool any = false;
  Advice advice;
};
Next what_next(const Laws& laws, const std::vector<Candidate>& candidates,
               const std::vector<double>& budgets, const ErrorTable& shares);

/// The advice in a sentence; without draws, why it cannot be said how sure the choice is.
std::string sentence(const Next& next, const Laws& laws, const std::vector<Candidate>& candidates);

}  // namespace qqt
