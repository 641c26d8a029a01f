// A stage of training: epochs of shuffled batches under a schedule. It can stop at any step and go
// on from a checkpoint to the same bits.
//
//   for (Trainer trainer(...); !trainer.done();) {
//     job.yield([&] { save a checkpoint });
//     trainer.step();
//     if (trainer.epoch_ended()) { evaluate and log }
//   }
#pragma once
#include "plugins/common/train/learner.hpp"
#include "plugins/common/train/schedule.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace assay::train {

struct TrainerOptions {
  std::string name;  // of the stage, for messages
  int64_t batch = 512;
  Schedule schedule;       // steps_per_epoch 0: as many as the examples make
  uint64_t order_key = 0;  // of the stream that orders the epochs
  uint64_t noise_key = 0;  // of LibTorch's generator in each step: dropout
};

class Trainer {
 public:
  /// Both references outlive the trainer.
  Trainer(Learner& learner, const Examples& data, TrainerOptions options);

  int64_t steps_per_epoch() const { return steps_per_epoch_; }
  int64_t steps() const { return step_; }  // taken
  int64_t total() const { return total_; }
  int64_t epochs() const { return step_ / steps_per_epoch_; }  // that are over
  bool done() const { return step_ >= total_; }
  bool epoch_ended() const { return step_ % steps_per_epoch_ == 0; }

  /// One optimiser step. assay::Error(ASSAY_DIVERGED) with its place if the loss is not finite.
  void step();

  /// Mean training losses of the epochs that are over.
  const std::vector<double>& losses() const { return losses_; }
  /// By example: whether it was right just before its last step.
  const std::vector<uint8_t>& right() const { return right_; }

  /// Adds all that a resumed stage needs, the learner's state included, to a checkpoint.
  void add_to(Columns& columns) const;
  void restore(const Reader& checkpoint);

 private:
  void order_epoch();

  Learner& learner_;
  const Examples& data_;
  TrainerOptions options_;
  int64_t steps_per_epoch_, total_, step_ = 0;
  double loss_sum_ = 0;  // over the examples of this epoch
  std::vector<double> losses_;
  std::vector<int64_t> order_;  // of this epoch
  std::vector<uint8_t> right_;
};

/// Call when everything is logged: the run's checkpoint "state" then says no more than that, so
/// that archives of interrupted and of uninterrupted runs hold the same.
void mark_done(const Job& job, int64_t step);
/// Whether an earlier attempt of this run got to `mark_done`.
bool was_done(const Job& job);

}  // namespace assay::train
