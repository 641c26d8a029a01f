// Training of a model's parameters on any loss: AdamW with decay groups, a schedule, accumulation
// over micro-batches and clipping. It can stop at any step and go on from a checkpoint to the same
// bits, as what a step computes depends on its number alone.
//
//   for (Trainer trainer(trained(*model), options, objective); !trainer.done();) {
//     job.yield([&] { Columns columns; trainer.add_to(columns); job.save("state", ..., columns);
//     }); trainer.step();
//   }
#pragma once
#include "plugins/common/lm/model.hpp"
#include "plugins/common/train/flat_adamw.hpp"
#include "plugins/common/train/schedule.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace assay::lm {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

/// A model's parameters that need gradients; all of them if none does.
NamedTensors trained(const Model& model);

/// How the micro-batches of a step become one: the mean of their losses, or that weighted with what
/// they weigh, which is the loss of the one large batch.
enum class Accumulation { mean, weighted };

struct TrainerOptions {
  std::string name = "training";  // for messages
  int64_t steps = 0;              // S, of the optimiser
  train::Schedule schedule;       // in steps: as linear_schedule and cosine_schedule make it
  train::AdamW adamw;             // decay applies to the parameters of the decay group
  std::string no_decay;           // expression of names (choose.hpp); "": one-dimensional tensors
  double clip = 1;                // greatest norm of the gradients; 0: any
  int64_t micro_batches = 1;      // of a step
  Accumulation accumulation = Accumulation::mean;
  uint64_t noise_key = 0;  // of LibTorch's generator in each step: dropout
};

/// lr s / w for s < w, else lr (S - s) / (S - w): the first step of a warm-up has rate 0.
train::Schedule linear_schedule(double rate, int64_t steps, int64_t warmup);
/// The same warm-up, then a half cosine from the rate to the floor.
train::Schedule cosine_schedule(double rate, int64_t steps, int64_t warmup, double floor);

/// What a micro-batch says.
struct MicroLoss {
  at::Tensor loss;    // a scalar with gradient
  double weight = 1;  // such as its number of labels
};

class Trainer {
 public:
  /// `objective(step, micro)` is the loss of one micro-batch, from these two numbers alone.
  /// Parameters that are trained need gradients from here on; on a CPU, the process keeps what it
  /// frees. std::invalid_argument if no parameter is given, for steps without a micro-batch, or for
  /// an expression of names that is malformed or matches none.
  using Objective = std::function<MicroLoss(int64_t step, int64_t micro)>;
  Trainer(const NamedTensors& parameters, TrainerOptions options, Objective objective);

  int64_t steps() const { return step_; }  // taken
  bool done() const { return step_ >= options_.steps; }
  /// One optimiser step. assay::Error(ASSAY_DIVERGED) if the loss or a gradient is not finite: the
  /// step and, of the gradients, the first parameter with one; parameters are as before the step.
  void step();

  /// Of the last step, before it.
  double loss() const { return loss_; }
  double rate() const { return rate_; }
  double gradient_norm() const { return norm_; }  // before clipping
  /// Of the steps since the last call of `restart_mean`, or since the beginning; NaN of none.
  double mean_loss() const;
  void restart_mean() { sum_ = 0, counted_ = 0; }

  /// Adds all that a resumed run needs, the parameters included, to a checkpoint.
  void add_to(Columns& columns) const;
  void restore(const Reader& checkpoint);

 private:
  [[noreturn]] void diverged() const;

  NamedTensors parameters_;
  TrainerOptions options_;
  Objective objective_;
  train::FlatAdamW adamw_;
  int64_t step_ = 0, counted_ = 0;
  double loss_ = 0, rate_ = 0, norm_ = 0, sum_ = 0;
};

}  // namespace assay::lm
