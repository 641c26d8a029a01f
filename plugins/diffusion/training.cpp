#include "plugins/diffusion/training.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <stdexcept>

namespace diffusion {
namespace {

constexpr int64_t kBins = 20;  // of the losses by timestep

}  // namespace

void Training::check() const {
  if (net == "decoder" && width % 2)
    throw std::invalid_argument("width = " + std::to_string(width) +
                                ": half of the decoder's time embedding are sines and half "
                                "cosines, so width must be even");
  if (loss == "mse" && variance == "learned")
    throw std::invalid_argument(
        "loss = \"mse\" does not train a learned variance: set loss = \"kl\", or variance to "
        "fixed_large or fixed_small");
  if (net == "torchscript" && rescale_timesteps)
    throw std::invalid_argument(
        "rescale_timesteps makes fractions of timesteps, but a torchscript network takes whole "
        "ones: leave it false and rescale inside the module");
  limit(make());
}

ModelConfig Training::model(const std::vector<int64_t>& shape,
                            const std::string& torchscript) const {
  ModelConfig c;
  c.network = {net,         shape,    variance == "learned",
               width,       layers,   share_layers,
               in_bias,     channels, res_blocks,
               heads,       mult,     attention_at,
               scale_shift, dropout,  torchscript};
  c.timesteps = timesteps;
  c.schedule = schedule;
  c.beta_start = beta_start;
  c.beta_end = beta_end;
  c.predict = predict;
  c.variance = variance;
  c.rescale_timesteps = rescale_timesteps;
  c.t_max = limit(make());
  return c;
}

int64_t Training::total_steps(int64_t count) const {
  if (count < batch)
    throw std::invalid_argument("batch = " + std::to_string(batch) + " exceeds the " +
                                std::to_string(count) +
                                " examples of the data, which make no batch: set batch to at most "
                                "that many");
  return budget == "steps" ? steps : epochs * (count / batch);
}

double Training::rate(int64_t step, int64_t total) const {
  if (lr_decay == "none") return lr;
  const double share = static_cast<double>(step) / static_cast<double>(total);
  return lr * (lr_end + (1 - lr_end) * (1 + std::cos(std::numbers::pi * share)) / 2);
}

Trainer::Trainer(const Training& training, const Data& data, at::Device device,
                 const std::string& torchscript, TrainingKeys keys)
    : training_(training),
      data_(data),
      keys_(keys),
      config_(training.model(data.shape, torchscript)),
      objective_(config_.make_schedule(), config_.predict, config_.variance, training.loss),
      steps_per_epoch_(data.count() / training.batch),
      total_(training.total_steps(data.count())),
      device_(device),
      bin_loss_(kBins),
      bin_count_(kBins) {
  auto generator = at::globalContext().defaultGenerator(at::kCPU);
  generator.set_current_seed(keys.initial);
  learner_ = make_learner(config_, make_network(config_.network), device,
                          {0.9, 0.999, 1e-8, training.ema});
  const int64_t n = training.batch, D = data.features();
  const auto rows = static_cast<size_t>(n), numbers = static_cast<size_t>(n * D);
  batch_ = {n,
            D,
            std::vector<int64_t>(rows),
            std::vector<float>(numbers),
            std::vector<float>(numbers),
            std::vector<float>(rows)};
  t_ = at::from_blob(batch_.t.data(), {n}, at::kLong);
  eps_ = at::empty({n, D});
  if (training.shuffle) x0_.resize(numbers);
}

/// Every epoch draws its order from a place of its own in the stream, so that nothing need be
/// stored to resume.
void Trainer::order_epoch() {
  order_.resize(static_cast<size_t>(data_.count()));
  std::iota(order_.begin(), order_.end(), 0);
  const auto epoch = static_cast<uint64_t>(step_ / steps_per_epoch_);
  assay::Stream(keys_.order, epoch << 32).shuffle(order_);
}

/// Noise of the step's own, so that nothing need be stored to resume. LibTorch's generators start
/// at the step's words, for dropout as well: a device's by all 64 bits, the CPU's by the lower 32.
void Trainer::fill_batch() {
  const int64_t slot = step_ % steps_per_epoch_;
  const float* x0 = data_.x.data() + slot * batch_.n * batch_.D;
  if (training_.shuffle) {
    if (slot == 0 || order_.empty()) order_epoch();
    for (int64_t i = 0; i < batch_.n; ++i)
      std::copy_n(
          &data_
               .x[static_cast<size_t>(order_[static_cast<size_t>(slot * batch_.n + i)] * batch_.D)],
          batch_.D, &x0_[static_cast<size_t>(i * batch_.D)]);
    x0 = x0_.data();
  }
  const auto words = assay::Philox(keys_.noise).words(static_cast<uint64_t>(step_));
  auto generator = at::globalContext().defaultGenerator(at::kCPU);
  const uint64_t seed = (uint64_t{words[0]} << 32) | words[1];
  generator.set_current_seed(seed);
  if (!device_.is_cpu()) {
    auto on_device = at::globalContext().defaultGenerator(device_);
    on_device.set_current_seed(seed);
  }
  t_.random_(0, config_.t_max, generator);
  eps_.normal_(0, 1, generator);
  objective_.noise(x0, eps_.const_data_ptr<float>(), batch_.t.data(), batch_.n, batch_.D,
                   batch_.x_t.data(), batch_.target.data());
}

void Trainer::step() {
  fill_batch();
  learner_->step(batch_, objective_, training_.rate(step_, total_), step_ + 1);
  loss_ = std::accumulate(batch_.losses.begin(), batch_.losses.end(), 0.0) /
          static_cast<double>(batch_.n);
  if (!std::isfinite(loss_))
    throw assay::Error(ASSAY_DIVERGED, "the training loss is not finite at step " +
                                           std::to_string(step_) + " of " + std::to_string(total_) +
                                           ": lower lr");
  interval_[0] += loss_;
  interval_[1] += 1;
  count_losses();
  ++step_;
}

void Trainer::count_losses() {
  if (step_ < total_ - std::max<int64_t>(1, total_ / 10)) return;
  for (int64_t i = 0; i < batch_.n; ++i) {
    const auto bin = static_cast<size_t>(batch_.t[static_cast<size_t>(i)] * kBins / config_.t_max);
    bin_loss_[bin] += static_cast<double>(batch_.losses[static_cast<size_t>(i)]);
    bin_count_[bin] += 1;
  }
}

double Trainer::mean_loss() {
  const double mean = interval_[0] / interval_[1];
  interval_ = {0, 0};
  return mean;
}

std::vector<LossBin> Trainer::loss_by_t() const {
  std::vector<LossBin> bins;
  const auto first = [&](int64_t bin) {  // the least t with t * kBins / t_max >= bin
    return (bin * config_.t_max + kBins - 1) / kBins;
  };
  for (int64_t b = 0; b < kBins; ++b) {
    const auto i = static_cast<size_t>(b);
    if (first(b) == first(b + 1)) continue;  // fewer timesteps than bins
    bins.push_back({first(b), first(b + 1), static_cast<int64_t>(bin_count_[i]),
                    bin_count_[i] > 0 ? bin_loss_[i] / bin_count_[i]
                                      : std::numeric_limits<double>::quiet_NaN()});
  }
  return bins;
}

void Trainer::add_to(assay::Columns& columns, const std::string& prefix) const {
  columns.add(prefix + "step", at::tensor(std::vector<int64_t>{step_}));
  columns.add(prefix + "interval", interval_);
  columns.add(prefix + "bin_loss", bin_loss_).add(prefix + "bin_count", bin_count_);
  for (const auto& [name, tensor] : learner_->state())
    columns.add(prefix + "learner." + name, tensor);
}

void Trainer::restore(const assay::Reader& checkpoint, const std::string& prefix) {
  step_ = checkpoint.read<int64_t>(prefix + "step").at(0);
  interval_ = checkpoint.read<double>(prefix + "interval");
  bin_loss_ = checkpoint.read<double>(prefix + "bin_loss");
  bin_count_ = checkpoint.read<double>(prefix + "bin_count");
  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : learner_->state())
    tensor.copy_(read_tensor(checkpoint, prefix + "learner." + name));
}

void Trainer::add_model_to(assay::Columns& columns) const {
  add_model(columns, config_, learner_->weights());
}

void Trainer::save_model(const assay::Job& job, const std::string& checkpoint) const {
  assay::Columns columns;
  add_model_to(columns);
  job.save(checkpoint, step_, columns.list());
}

}  // namespace diffusion
