#include "plugins/qqt/advice.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

namespace qqt {
namespace {

/// The standard deviation over draws of E_first - E_second.
double spread_of(const Laws& laws, const Candidate& first, const Candidate& second, double n) {
  double sum = 0, squares = 0;
  const auto count = static_cast<double>(laws.draws.size());
  for (size_t i = 0; i < laws.draws.size(); ++i) {
    const auto draw = static_cast<int64_t>(i);
    const double difference =
        mixture_of(laws, first, draw).error(n) - mixture_of(laws, second, draw).error(n);
    sum += difference, squares += difference * difference;
  }
  return std::sqrt(std::max(0.0, squares / count - sum * sum / (count * count)));
}

/// Four digits, and millions as such.
std::string rounded(double samples) {
  const double unit = samples >= 1e6 ? 1e6 : 1;
  const double digit = std::pow(10, std::floor(std::log10(samples / unit)) - 3);
  return shown(std::round(samples / unit / digit) * digit) + (unit > 1 ? " M" : "");
}

/// Of laws without draws.
std::string unsure(const Laws& laws) {
  const std::string what = "This cannot say how sure the choice is: ";
  if (laws.points == 0) return what + "the laws come without draws of a fit.";
  if (laws.points > laws.parameters)
    return what + "the fit made no draws; give it a bootstrap above 0.";
  return what + "there are " + std::to_string(laws.points) + " points for " +
         std::to_string(laws.parameters) + " parameters; measure more points of each pool.";
}

}  // namespace

Next what_next(const Laws& laws, const std::vector<Candidate>& candidates,
               const std::vector<double>& budgets, const ErrorTable& shares) {
  Next next;
  if (shares.empty() || candidates.size() < 2) return next;
  double most = 0;
  for (size_t i = 0; i < budgets.size(); ++i) {
    std::vector<size_t> order(candidates.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return shares[a][i] > shares[b][i]; });
    const double doubt = 1 - shares[order[0]][i];
    if (doubt < 1e-9 || doubt < most - 1e-9) continue;
    const Advice here{budgets[i],
                      order[0],
                      order[1],
                      shares[order[0]][i],
                      shares[order[1]][i],
                      spread_of(laws, candidates[order[0]], candidates[order[1]], budgets[i])};
    if (doubt > most + 1e-9 || here.spread > next.advice.spread) next = {true, here};
    most = std::max(most, doubt);
  }
  return next;
}

std::string sentence(const Next& next, const Laws& laws, const std::vector<Candidate>& candidates) {
  if (candidates.size() < 2) return "There is one pool, so that there is nothing to choose.";
  if (laws.draws.empty()) return unsure(laws);
  if (!next.any)
    return "Nothing more needs to be measured for this choice: every draw of the fit chooses alike "
           "at every budget.";
  const Advice& a = next.advice;
  const auto percent = [](double share) { return shown(std::round(1000 * share) / 10) + " %"; };
  return "Measure " + candidates[a.first].name + " and " + candidates[a.second].name + " at " +
         rounded(a.samples) + " samples: the draws disagree most there, " + percent(a.first_share) +
         " choose the first and " + percent(a.second_share) + " the second.";
}

}  // namespace qqt
