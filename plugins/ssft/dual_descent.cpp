#include "plugins/ssft/dual_descent.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace ssft {
namespace {

struct Term {
  double loss, slope;  // l(m) and -l'(m), both times exp(shift)
};

Term exponential(double m, double shift) {
  const double e = std::exp(shift - m);
  return {e, e};
}

Term logistic(double m, double shift) {
  if (m < 0) return {std::log1p(std::exp(m)) - m, 1 / (1 + std::exp(m))};  // then shift = 0
  const double e = std::exp(-m), scaled = std::exp(shift - m);
  // log(1 + e) = e to double precision where e^2 / 2 is below it.
  return {m > 19 ? scaled : std::log1p(e) * std::exp(shift), scaled / (1 + e)};
}
}  // namespace

DualDescent::DualDescent(Block g, std::vector<double> margins, DescentOptions options)
    : g_(g),
      options_(options),
      margins_(std::move(margins)),
      coefficients_(margins_.size()),
      change_(margins_.size()) {}

void DualDescent::step() {
  const auto n = static_cast<double>(margins_.size());
  const double least = *std::min_element(margins_.begin(), margins_.end());
  const bool is_exp = options_.loss == MarginLoss::exp;
  const double shift = options_.normalised ? is_exp ? least : std::max(0.0, least) : 0;
  double total = 0;
  for (size_t i = 0; i < margins_.size(); ++i) {
    const Term term = is_exp ? exponential(margins_[i], shift) : logistic(margins_[i], shift);
    change_[i] = term.slope;
    total += term.loss;
  }
  const double rate = options_.eta / (options_.normalised ? total : n);
  for (size_t i = 0; i < change_.size(); ++i) {
    change_[i] *= rate;
    coefficients_[i] += change_[i];
  }
  add_combination(g_, change_, margins_);
}

double DualDescent::loss() const {
  double total = 0;
  for (const double m : margins_)
    total += (options_.loss == MarginLoss::exp ? exponential(m, 0) : logistic(m, 0)).loss;
  return total / static_cast<double>(margins_.size());
}

}  // namespace ssft
