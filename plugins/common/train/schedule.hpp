// Learning-rate schedules of a training stage: the rate as a function of the step alone (and, for
// the plateau, of the losses of the epochs so far), so that a resumed run needs no state.
#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace assay::train {

/// The schedules' names, as a parameter offers them.
#define ASSAY_SCHEDULES "triangle", "linear", "cosine", "cosine_warmup", "plateau", "constant"

struct Schedule {
  std::string kind = "triangle";
  double peak = 0.1;
  int64_t epochs = 100;
  double warmup_epochs = 10;    // of triangle and cosine_warmup
  int64_t steps_per_epoch = 1;  // reference_schedule counts one more than there are
  double floor = 0;             // where the cosines end

  /// The rate of optimiser step `step`, counted from 0 over the stage. With e = step /
  /// steps_per_epoch, E epochs and w warm-up epochs:
  ///   triangle  peak * e / w while e < w, then peak * (E - e) / (E - w): the first step has rate 0
  ///   linear    peak * (1 - e / E)
  ///   cosine    floor + (peak - floor) * (1 + cos(pi e / E)) / 2
  ///   cosine_warmup  peak * e / w while e < w, then the cosine from w to E
  ///   plateau   peak * plateau_factor(losses), never below min(peak, 1e-5)
  ///   constant  peak
  /// `losses` are the mean training losses of the epochs that are over. Never negative.
  double rate(int64_t step, std::span<const double> losses) const;
};

/// What "reduce on plateau" has made of the rate: 0.2 to the power of the number of times that 6
/// epochs in a row brought no loss below 0.99 times the best one (factor 0.2, patience 5, relative
/// threshold 0.01, as the paper's code).
double plateau_factor(std::span<const double> losses);

}  // namespace assay::train
