// What a fit should not be believed about: each finding is one sentence.
#pragma once
#include "plugins/qqt/joint_fit.hpp"

#include <string>
#include <vector>

namespace qqt {

constexpr const char* kWarningKinds[] = {"at_bound",   "steep",        "runs",
                                         "above_one",  "flat",         "not_identified",
                                         "few_points", "not_converged"};

struct Warning {
  std::string kind;   // one of kWarningKinds
  std::string about;  // a pool, or "" for the whole fit
  std::string text;   // one sentence
};

/// The standard deviation of one measurement of a curve: the mean of what its points say, else
/// pooled over the n at which several seeds were measured, else NaN.
double noise_of(const Curve& curve);

/// Whether a pool has no measurable utility: its mean error over seeds stays above `flat_above`, or
/// in no later block of its n, each as long as the first third, is the mean of its n2 points below
/// that of the n1 in the first third by 3 `noise` sqrt(1 / n1 + 1 / n2) (NaN: unknown, then not
/// asked). A curve that falls and rises again, as one that overfits, is not flat.
bool is_flat(const Curve& curve, double noise, double flat_above);

/// The number of runs of equal signs among the residuals, averaged at each n; 0 if all are below
/// 10^-9, which is a curve that follows the law exactly.
size_t sign_runs(const Curve& curve, const std::vector<double>& fitted);

/// Parameters at their bounds, |b| > 0.7, at most
/// 2 runs of residual signs among 5 or more n, fitted errors above 1, more parameters than points,
/// and a search that did not end.
std::vector<Warning> diagnose(const JointProblem& problem, const Fit& fit,
                              const std::vector<Curve>& curves);

/// "a", "b", "tau" or "d" if the parameter of this curve is at a bound of its range, in this order.
std::vector<std::string> at_bounds(const JointProblem& problem, const Vector& theta, size_t curve);

}  // namespace qqt
