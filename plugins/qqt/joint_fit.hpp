// Fitting one law to the curves of several pools at once.
#pragma once
#include "plugins/qqt/curves.hpp"
#include "plugins/qqt/law.hpp"
#include "plugins/qqt/levenberg.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace qqt {

/// Whether a parameter is one for all curves, each curve's own, or given.
enum class Mode { shared, per_pool, fixed };

struct Range {
  double low, high;
};

/// Defaults as the method sheet of the plugin's documentation recommends; the released code's are
/// in parentheses.
struct FitOptions {
  Setting setting;
  Mode a_mode = Mode::shared, tau_mode = Mode::per_pool;
  bool d_free = false;                 // one d for all curves (fixed)
  double a = 0.025, tau = 6, d = 0.1;  // where fixed
  Range a_range{1e-5, 1e3};            // (1e-4 to a bound that the user gives)
  Range b_range{-0.8, -1e-3};          // (-0.5 to -0.005)
  Range tau_range{0.2, 200};           // (1 to 10)
  Range d_range{0, 0.95};
  int64_t starts = 12;
};

/// What a fit found, by curve.
struct Fit {
  std::vector<Parameters> parameters;
  Vector theta;
  double sse = 0;         // of all points
  bool converged = true;  // the winning start
  std::vector<double> sse_of_start;
};

/// The sum of squared errors over all points of all curves, as a function of
///   theta = (ln a ..., b of each quality ..., ln tau ..., d), as the modes say.
/// Curves with the same quality() share b. A half-life per pool is held at options().tau for curves
/// that never repeat: it does not show in them.
class JointProblem final : public LeastSquares {
 public:
  JointProblem(const std::vector<Curve>& curves, const FitOptions& options);

  double normal(const Vector& theta, Vector* g, Matrix* H) const override;
  const Bounds& bounds() const { return bounds_; }
  const FitOptions& options() const { return options_; }
  size_t curves() const { return curves_.size(); }
  size_t points() const { return points_; }
  /// Parameters that the fit may move.
  size_t free_parameters() const;

  Parameters parameters(const Vector& theta, size_t curve) const;
  /// theta of these parameters: those of the first curve that has them.
  Vector theta(const std::vector<Parameters>& parameters) const;
  /// The law at the points of a curve, and what was measured there. (points of the curve,)
  std::vector<double> fitted(const Vector& theta, size_t curve) const;
  const std::vector<double>& measured(size_t curve) const { return curves_[curve].error; }
  const Epochs& epochs(size_t curve) const { return curves_[curve].epochs; }
  /// Other errors in the place of those measured, and weights of the squares. (points of it,)
  void replace(size_t curve, std::span<const double> error);
  void weigh(size_t curve, std::span<const double> weight);

  /// Positions in theta of a curve's ln a, b, ln tau and d; -1: fixed.
  const std::array<int, 4>& places(size_t curve) const { return curves_[curve].place; }

 private:
  struct Data {
    Epochs epochs;
    std::vector<double> error, weight;
    std::array<int, 4> place;
  };
  FitOptions options_;
  std::vector<Data> curves_;
  size_t points_ = 0;
  Bounds bounds_;
  mutable std::vector<double> value_, scratch_;  // of the longest curve
  mutable std::vector<Gradient> gradient_;
};

/// A start by variable projection: with (b, tau) fixed both laws are linear in A = a^b and d, so
/// that a coarse scan over (b, tau) with the best A >= 0 (and d) shows each curve's valley. With a
/// shared, the curves are scanned again at each of a few a, and the best of these is taken.
Vector projected_start(const JointProblem& problem);

/// The fit of lowest SSE from the projected start and `starts` - 1 random ones, drawn with `key`;
/// of equal ones the earlier. O(starts) Levenberg-Marquardt runs.
Fit fit_jointly(const JointProblem& problem, uint64_t key);

/// The fit at theta.
Fit make_fit(const JointProblem& problem, const Minimum& minimum);

}  // namespace qqt
