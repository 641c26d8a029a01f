#include "plugins/common/kernel.hpp"
#include "plugins/qqt/grid.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace qqt {
namespace {

/// The valley over A at one (b, tau): SSE = least + curvature (A - A_best)^2.
struct Valley {
  double least, curvature, A_best;
};

/// Lowers best[i] to the valley's SSE at A[i], and notes the node, where that is smaller.
ASSAY_KERNEL void lower(const double* A, size_t count, Valley v, double node, double* best,
                        double* best_node) {
  for (size_t i = 0; i < count; ++i) {
    const double off = A[i] - v.A_best, sse = v.least + v.curvature * off * off;
    const bool less = sse < best[i];
    best[i] = less ? sse : best[i];
    best_node[i] = less ? node : best_node[i];
  }
}

Valley valley(const double* c1, const double* c2, const std::vector<double>& y, double d) {
  const size_t m = y.size();
  double c11 = 0, c1r = 0, least = 0;
  for (size_t j = 0; j < m; ++j) {
    c11 += c1[j] * c1[j];
    c1r += c1[j] * (y[j] - d * c2[j]);
  }
  const double A = c11 > 0 ? c1r / c11 : 0;
  for (size_t j = 0; j < m; ++j) {
    const double r = y[j] - d * c2[j] - A * c1[j];
    least += r * r;
  }
  return {least, c11, A};
}

}  // namespace

std::vector<double> evenly(Range range, int64_t count) {
  std::vector<double> values;
  for (int64_t i = 0; i < count; ++i)
    values.push_back(count == 1 ? range.low
                                : range.low + (range.high - range.low) * static_cast<double>(i) /
                                                  static_cast<double>(count - 1));
  return values;
}

GridBest search_grid(const Setting& s, const Epochs& epochs, const std::vector<double>& error,
                     const GridAxes& axes, double d) {
  const size_t m = error.size(), taus = axes.tau.size(), as = axes.a.size();
  const bool law_u = s.law == Law::utility, decaying_d = law_u && s.form == Form::code;

  // What (tau, point) decide: x_j with C1 = exp(b x_j), and S_j with C2 = exp(b S_j).
  std::vector<double> x(taus * m), S(taus * m), slope(m);
  for (size_t t = 0; t < taus; ++t) {
    if (law_u)
      epochs.decayed_logs(axes.tau[t], &S[t * m], slope.data());
    else
      epochs.decayed_samples(axes.tau[t], &S[t * m], slope.data());
    for (size_t j = 0; j < m; ++j) {
      const double grown = S[t * m + j];
      x[t * m + j] = (law_u ? epochs.log_first(j) + grown : std::log(grown)) - std::log(s.unit);
    }
  }

  std::vector<double> best(as, std::numeric_limits<double>::infinity()), node(as), A(as);
  std::vector<double> c1(m), c2(m, 1.0);
  for (size_t ib = 0; ib < axes.b.size(); ++ib) {
    for (size_t i = 0; i < as; ++i) A[i] = std::pow(axes.a[i], axes.b[ib]);
    for (size_t t = 0; t < taus; ++t) {
      for (size_t j = 0; j < m; ++j) {
        c1[j] = std::exp(axes.b[ib] * x[t * m + j]);
        if (decaying_d) c2[j] = std::exp(axes.b[ib] * S[t * m + j]);
      }
      lower(A.data(), as, valley(c1.data(), c2.data(), error, d),
            static_cast<double>(ib * taus + t), best.data(), node.data());
    }
  }
  GridBest out{best, {}, {}};
  for (const double at : node) {
    out.b.push_back(static_cast<size_t>(at) / taus);
    out.tau.push_back(static_cast<size_t>(at) % taus);
  }
  return out;
}

Fit fit_by_grid(const JointProblem& problem, const GridAxes& axes, double d) {
  const FitOptions& o = problem.options();
  std::vector<GridBest> found;
  for (size_t c = 0; c < problem.curves(); ++c)
    found.push_back(search_grid(o.setting, problem.epochs(c), problem.measured(c), axes, d));
  std::vector<double> total(axes.a.size());
  for (const auto& f : found)
    for (size_t i = 0; i < total.size(); ++i) total[i] += f.sse[i];
  const auto first_least = [](const std::vector<double>& sums) {
    return static_cast<size_t>(std::min_element(sums.begin(), sums.end()) - sums.begin());
  };
  Fit fit;
  for (const auto& f : found) {
    const size_t i = first_least(o.a_mode == Mode::per_pool ? f.sse : total);
    fit.parameters.push_back({axes.a[i], axes.b[f.b[i]], axes.tau[f.tau[i]], d});
    fit.sse += f.sse[i];
  }
  fit.theta = problem.theta(fit.parameters);
  return fit;
}

}  // namespace qqt
