// How sure a fit is: bootstrap draws, the covariance of the asymptotics, the profile of d.
#pragma once
#include "plugins/qqt/joint_fit.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace qqt {

/// Parameters of every curve, by draw.
using Draws = std::vector<std::vector<Parameters>>;

/// Which bootstrap: residuals of each curve resampled, or whole seeds.
enum class Resample { residuals, seeds };

/// Whether every curve has at least `least` seeds, so that they can be resampled.
bool has_seeds(const std::vector<Curve>& curves, size_t least = 3);

/// `count` refits from the optimum.
///   residuals  each curve's centred residuals, times sqrt(M / (M - P)) for M points and P free
///              parameters in all, drawn with replacement and added to the fitted curve
///   seeds      the seeds of each curve drawn with replacement; the same draw for curves with the
///              same seeds, which keeps pairs together
/// Empty if M <= P and residuals are asked for. `tick` is called between draws.
Draws bootstrap(const JointProblem& problem, const Fit& fit, const std::vector<Curve>& curves,
                Resample how, int64_t count, uint64_t key,
                const std::function<void(int64_t)>& tick = {});

/// s^2 (J'J)^-1 of theta at the fit, s^2 = SSE / (M - P); (p, p). NaN where J'J has no inverse or
/// M <= P; 0 for parameters at a bound, which is how they are held.
Matrix covariance(const JointProblem& problem, const Fit& fit);

/// The quantile q of values, by linear interpolation between order statistics; NaN of none.
double quantile(std::vector<double> values, double q);

/// SSE and a of the best fit at each d.
struct Profile {
  std::vector<double> d, sse, a;
  size_t best = 0;
  double low = 0, high = 0;  // of the d with M ln(SSE / min SSE) <= 2.706: a 90 % interval
};

/// Completes a profile from its d, ascending, and sse: the best (the first of equal ones) and the
/// interval, for curves of so many points in all.
void find_interval(Profile& profile, size_t points);

/// Fits with d fixed at each value of `d`. The interval is that of the likelihood ratio for normal
/// errors; it ends at the first or last d if the profile does not rise enough before.
Profile profile_d(const std::vector<Curve>& curves, FitOptions options,
                  const std::vector<double>& d, uint64_t key);

}  // namespace qqt
