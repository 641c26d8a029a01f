#include "plugins/common/train/trainer.hpp"

#include <ATen/Context.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace assay::train {

Trainer::Trainer(Learner& learner, const Examples& data, TrainerOptions options)
    : learner_(learner),
      data_(data),
      options_(std::move(options)),
      steps_per_epoch_((data.size() + options_.batch - 1) / options_.batch),
      total_(options_.schedule.epochs * steps_per_epoch_),
      right_(static_cast<size_t>(data.size())) {
  if (!options_.schedule.steps_per_epoch) options_.schedule.steps_per_epoch = steps_per_epoch_;
}

void Trainer::step() {
  const int64_t at = step_ % steps_per_epoch_ * options_.batch;
  if (at == 0 || order_.empty()) order_epoch();
  const auto count = static_cast<size_t>(std::min(options_.batch, data_.size() - at));
  const std::span<const int64_t> batch(&order_[static_cast<size_t>(at)], count);
  auto generator = at::globalContext().defaultGenerator(data_.images.device());
  generator.set_current_seed(Philox(options_.noise_key).words(static_cast<uint64_t>(step_))[0]);
  std::vector<uint8_t> right(count);
  const double loss =
      learner_.step(data_, batch, options_.schedule.rate(step_, losses_), right.data());
  if (!std::isfinite(loss))
    throw Error(ASSAY_DIVERGED, "the training loss is not finite at step " + std::to_string(step_) +
                                    " (epoch " + std::to_string(epochs() + 1) + ") of " +
                                    options_.name);
  for (size_t j = 0; j < count; ++j) right_[static_cast<size_t>(batch[j])] = right[j];
  loss_sum_ += loss * static_cast<double>(count);
  if (++step_ % steps_per_epoch_) return;
  losses_.push_back(loss_sum_ / static_cast<double>(data_.size()));
  loss_sum_ = 0;
}

/// Every epoch draws its order from a place of its own in the stream, so that nothing need be
/// stored to resume.
void Trainer::order_epoch() {
  order_.resize(static_cast<size_t>(data_.size()));
  std::iota(order_.begin(), order_.end(), 0);
  Stream(options_.order_key, static_cast<uint64_t>(epochs()) << 32).shuffle(order_);
}

void Trainer::add_to(Columns& columns) const {
  columns.add("trainer.step", at::tensor(std::vector<int64_t>{step_}));
  columns.add("trainer.loss_sum", at::tensor(std::vector<double>{loss_sum_}));
  columns.add("trainer.losses", losses_).add("trainer.right", right_);
  for (const auto& [name, tensor] : learner_.state()) columns.add("learner." + name, tensor);
}

void Trainer::restore(const Reader& checkpoint) {
  step_ = checkpoint.read<int64_t>("trainer.step").at(0);
  loss_sum_ = checkpoint.read<double>("trainer.loss_sum").at(0);
  losses_ = checkpoint.read<double>("trainer.losses");
  right_ = checkpoint.read<uint8_t>("trainer.right");
  train::restore(learner_, checkpoint, "learner.");
}

void mark_done(const Job& job, int64_t step) {
  const std::vector<int64_t> done{1};
  job.save("state", step, {{"done", done}});
}

bool was_done(const Job& job) {
  return job.has_checkpoint("state") && job.open("@state").has("done");
}

}  // namespace assay::train
