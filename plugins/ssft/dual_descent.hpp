// Gradient descent of a linear classifier, in the dual: no vector of d numbers is ever touched.
#pragma once
#include "plugins/ssft/gram.hpp"

namespace ssft {

enum class MarginLoss { exp, logistic };

struct DescentOptions {
  MarginLoss loss = MarginLoss::exp;
  double eta = 0.5;        // step size
  bool normalised = true;  // steps of eta / L, so that time runs logarithmically
};

/// Gradient descent on the mean loss over n points v_i = y_i x_i, from any w_0,
///   L(w) = 1/n sum_i l(m_i),  m_i = w . v_i,  l(m) = exp(-m) or log(1 + exp(-m)),
///   w += eta / n sum_i g_i v_i,  g_i = -l'(m_i) = exp(-m_i) or 1 / (1 + exp(m_i)).
/// As w = w_0 + sum_i a_i v_i, a step is a += eta / n g and m += G (eta / n g): O(n^2) whatever d.
class DualDescent {
 public:
  /// `g` is borrowed and (n, n); `margins` are those of w_0.
  DualDescent(Block g, std::vector<double> margins, DescentOptions options);

  /// One step. A normalised step works with losses and slopes times exp(min m), so that it stays
  /// exact when they underflow.
  void step();
  /// The mean loss at the current weights.
  double loss() const;
  const std::vector<double>& margins() const { return margins_; }
  /// a, (n,): all of the way since w_0.
  const std::vector<double>& coefficients() const { return coefficients_; }

 private:
  Block g_;
  DescentOptions options_;
  std::vector<double> margins_, coefficients_, change_;
};

}  // namespace ssft
