#include "plugins/qqt/joint_fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace qqt {
namespace {

constexpr int kB = 24, kTau = 16, kA = 24;
constexpr Range kScanB{-0.6, -0.01}, kScanTau{0.3, 60}, kScanA{1e-3, 1};
constexpr double kScanD[] = {0, 0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8};

/// One (b, tau) of one curve: SSE(A, d) = yy - 2 A y1 - 2 d y2 + A^2 c11 + 2 A d c12 + d^2 c22,
/// since E_j = A C1_j + d C2_j.
struct Node {
  double b, tau, yy, y1, y2, c11, c12, c22;
  double sse(double A, double d) const {
    return yy - 2 * A * y1 - 2 * d * y2 + A * A * c11 + 2 * A * d * c12 + d * d * c22;
  }
  double best_A(double d) const { return std::max(0.0, (y1 - d * c12) / c11); }
};

Range inside(Range wanted, double low, double high) {
  const Range cut{std::clamp(wanted.low, low, high), std::clamp(wanted.high, low, high)};
  return cut.low < cut.high ? cut : Range{low, high};
}

double geometric(Range r, int i, int count) {
  if (count == 1) return r.low;
  return r.low * std::pow(r.high / r.low, static_cast<double>(i) / (count - 1));
}

/// All nodes of one curve, b running fastest: its exponentials form geometric series in b.
std::vector<Node> scan(const FitOptions& o, const Epochs& epochs, const std::vector<double>& y) {
  const bool law_u = o.setting.law == Law::utility;
  const bool decaying_d = law_u && o.setting.form == Form::code;
  const Range b = inside(kScanB, o.b_range.low, o.b_range.high);
  const Range tau = o.tau_mode == Mode::fixed ? Range{o.tau, o.tau}
                                              : inside(kScanTau, o.tau_range.low, o.tau_range.high);
  const int taus = o.tau_mode == Mode::fixed ? 1 : kTau;
  const double step = (b.high - b.low) / (kB - 1);
  const size_t m = epochs.size();
  std::vector<double> S(m), slope(m), c1(m), c2(m), grow1(m), grow2(m);
  std::vector<Node> nodes;
  nodes.reserve(static_cast<size_t>(taus) * kB);
  for (int t = 0; t < taus; ++t) {
    const double tau_t = geometric(tau, t, taus);
    if (law_u)
      epochs.decayed_logs(tau_t, S.data(), slope.data());
    else
      epochs.decayed_samples(tau_t, S.data(), slope.data());
    for (size_t j = 0; j < m; ++j) {
      const double x =
          (law_u ? S[j] + epochs.log_first(j) : std::log(S[j])) - std::log(o.setting.unit);
      c1[j] = std::exp(b.low * x), grow1[j] = std::exp(step * x);
      c2[j] = decaying_d ? std::exp(b.low * S[j]) : 1;
      grow2[j] = decaying_d ? std::exp(step * S[j]) : 1;
    }
    for (int i = 0; i < kB; ++i) {
      Node node{b.low + step * i, tau_t, 0, 0, 0, 0, 0, 0};
      for (size_t j = 0; j < m; ++j) {
        node.yy += y[j] * y[j];
        node.y1 += y[j] * c1[j], node.y2 += y[j] * c2[j];
        node.c11 += c1[j] * c1[j], node.c12 += c1[j] * c2[j], node.c22 += c2[j] * c2[j];
        c1[j] *= grow1[j], c2[j] *= grow2[j];
      }
      nodes.push_back(node);
    }
  }
  return nodes;
}

struct Choice {
  double sse = std::numeric_limits<double>::infinity();
  Parameters p;
};

/// A curve's best node at d, with a given or, if `a` is 0, free.
Choice best_node(const std::vector<Node>& nodes, double a, double d) {
  double A[kB] = {};
  if (a > 0)
    for (int i = 0; i < kB; ++i) A[i] = std::pow(a, nodes[static_cast<size_t>(i)].b);
  Choice best;
  for (size_t i = 0; i < nodes.size(); ++i) {
    const Node& node = nodes[i];
    const double scale = a > 0 ? A[i % kB] : node.best_A(d);
    const double sse = node.sse(scale, d);
    if (sse < best.sse && scale > 0)
      best = {sse, {std::pow(scale, 1 / node.b), node.b, node.tau, d}};
  }
  return best;
}

}  // namespace

Vector projected_start(const JointProblem& problem) {
  const FitOptions& o = problem.options();
  std::vector<std::vector<Node>> nodes;
  for (size_t c = 0; c < problem.curves(); ++c)
    nodes.push_back(scan(o, problem.epochs(c), problem.measured(c)));

  // Which a and d, where they are common to all curves?
  std::vector<double> as{0};
  if (o.a_mode == Mode::fixed) as = {o.a};
  if (o.a_mode == Mode::shared) {
    const Range range = inside(kScanA, o.a_range.low, o.a_range.high);
    as.clear();
    for (int i = 0; i < kA; ++i) as.push_back(geometric(range, i, kA));
  }
  const std::span<const double> ds = o.d_free ? std::span(kScanD) : std::span(&o.d, 1);
  double least = std::numeric_limits<double>::infinity();
  std::vector<Parameters> start;
  for (const double d : ds)
    for (const double a : as) {
      double sum = 0;
      std::vector<Parameters> p;
      for (const auto& of_curve : nodes) {
        const Choice choice = best_node(of_curve, a, d);
        sum += choice.sse;
        p.push_back(choice.p);
      }
      if (sum < least || start.empty()) least = sum, start = p;
    }
  for (auto& p : start)
    if (!(p.a > 0)) p = {o.a, -0.1, 5, o.d};  // no node of the scan describes the curve
  return problem.theta(start);
}

}  // namespace qqt
