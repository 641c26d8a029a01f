// World `powerlaw`: linear regression on features of power-law variance, with pools that differ in
// the noise of their targets. No files, no LibTorch, and an error without a test set.
#pragma once
#include "plugins/qqt/linear_sgd.hpp"
#include "plugins/qqt/trial.hpp"

namespace qqt {

struct PowerlawOptions {
  int64_t features = 1000;
  double decay = 1.3;           // of the features' variances j^-decay
  double rate = 0.3;            // of a step on the sum of a batch's gradients
  double average = 0.02;        // weight of the newest iterate in the average that is judged
  std::vector<double> quality;  // variance of the noise in a pool's targets; theirs is 1 without
  uint64_t sample_key = 0, order_key = 0;
};

/// The features (count, d) and targets (count,) of the samples `first` .. `first + count - 1` of
/// all replicates' pools:  x_j ~ N(0, lambda_j),  y = sum_j x_j + sqrt(noise) N(0, 1).
void draw_samples(const std::vector<double>& lambda, double noise, uint64_t key, int64_t first,
                  int64_t count, double* x, double* y);

class Powerlaw final : public World {
 public:
  Powerlaw(const TrialPlan& plan, const PowerlawOptions& options);

  void step(int64_t step) override;
  std::vector<double> errors() override;
  void add_state(std::vector<assay::Column>& columns) override;
  void restore(const assay::Reader& checkpoint) override;

 private:
  TrialPlan plan_;
  int64_t features_;
  LinearSgd models_;
  std::vector<double> x_, y_;  // (replicates, pools, N, d) and (replicates, pools, N)
  std::vector<Feed> feeds_;    // one a run
};

}  // namespace qqt
