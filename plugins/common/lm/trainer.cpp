#include "plugins/common/lm/choose.hpp"
#include "plugins/common/lm/trainer.hpp"

#include <ATen/Context.h>

#include <cmath>
#include <limits>
#include <stdexcept>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace assay::lm {
namespace {

/// Keeps freed memory in the process. A step frees and asks for the same sizes again, and memory
/// that goes back to the system comes back page by page, each cleared.
void keep_freed_memory() {
#ifdef __GLIBC__
  static const bool once = [] {
    mallopt(M_MMAP_MAX, 0);
    mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
    return true;
  }();
  static_cast<void>(once);
#endif
}

/// Adds 1e-6 to the norm, as PyTorch's clipping does.
constexpr double kClipEpsilon = 1e-6;

std::vector<train::Trained> groups(const NamedTensors& parameters, const std::string& no_decay) {
  std::vector<train::Trained> out;
  std::vector<std::string> names;
  for (const auto& [name, tensor] : parameters) {
    tensor.requires_grad_(true);
    names.push_back(name);
    out.push_back({tensor, !no_decay.empty() || tensor.dim() > 1});
  }
  if (!no_decay.empty())
    for (const size_t i : chosen(names, no_decay, "parameter")) out[i].decays = false;
  return out;
}

at::Tensor scalar(double value, const at::Tensor& like) {
  return at::full({}, value, like.options().dtype(at::kFloat).requires_grad(false));
}

}  // namespace

NamedTensors trained(const Model& model) {
  NamedTensors out;
  for (const auto& p : model.parameters())
    if (p.second.requires_grad()) out.push_back(p);
  return out.empty() ? model.parameters() : out;
}

train::Schedule linear_schedule(double rate, int64_t steps, int64_t warmup) {
  return {.kind = "triangle",
          .peak = rate,
          .epochs = steps,
          .warmup_epochs = static_cast<double>(warmup)};
}

train::Schedule cosine_schedule(double rate, int64_t steps, int64_t warmup, double floor) {
  return {.kind = "cosine_warmup",
          .peak = rate,
          .epochs = steps,
          .warmup_epochs = static_cast<double>(warmup),
          .floor = floor};
}

Trainer::Trainer(const NamedTensors& parameters, TrainerOptions options, Objective objective)
    : parameters_(parameters),
      options_(std::move(options)),
      objective_(std::move(objective)),
      adamw_(groups(parameters_, options_.no_decay), options_.adamw) {
  if (options_.micro_batches < 1)
    throw std::invalid_argument("a step of " + std::to_string(options_.micro_batches) +
                                " micro-batches learns nothing; it has at least 1");
  options_.schedule.steps_per_epoch = 1;
  if (adamw_.parameters().is_cpu()) keep_freed_memory();
}

void Trainer::step() {
  auto generator = at::globalContext().defaultGenerator(parameters_[0].second.device());
  generator.set_current_seed(Philox(options_.noise_key).words(static_cast<uint64_t>(step_))[0]);

  // Sum the gradients of the micro-batches.
  const bool weighted = options_.accumulation == Accumulation::weighted;
  adamw_.zero_gradients();
  double sum = 0, weights = 0;
  for (int64_t micro = 0; micro < options_.micro_batches; ++micro) {
    const auto [loss, weight] = objective_(step_, micro);
    const double w = weighted ? weight : 1;
    (w == 1 ? loss : loss * w).backward();
    sum += w * loss.item<double>();
    weights += w;
  }
  loss_ = sum / weights;

  // Divide them by what the micro-batches weigh, and by what the norm is too great.
  norm_ = adamw_.gradient_norm().item<double>() / weights;
  if (!std::isfinite(loss_) || !std::isfinite(norm_)) diverged();
  const double excess =
      options_.clip > 0 ? std::max(1.0, (norm_ + kClipEpsilon) / options_.clip) : 1;
  rate_ = options_.schedule.rate(step_, {});
  const double divisor = weights * excess;
  adamw_.step(rate_, divisor == 1 ? at::Tensor() : scalar(divisor, adamw_.parameters()));
  adamw_.zero_gradients();
  ++step_, ++counted_;
  sum_ += loss_;
}

void Trainer::diverged() const {
  std::string why = "the loss is " + std::to_string(loss_);
  for (const auto& [name, tensor] : parameters_)
    if (tensor.grad().defined() && !tensor.grad().isfinite().all().item<bool>()) {
      why += ", and the gradient of \"" + name + "\" is not finite";
      break;
    }
  throw Error(ASSAY_DIVERGED,
              options_.name + " diverged at step " + std::to_string(step_) + ": " + why);
}

double Trainer::mean_loss() const {
  return counted_ ? sum_ / static_cast<double>(counted_) : std::numeric_limits<double>::quiet_NaN();
}

void Trainer::add_to(Columns& columns) const {
  columns.add("trainer.counts", at::tensor(std::vector<int64_t>{step_, counted_}));
  columns.add("trainer.numbers", at::tensor(std::vector<double>{loss_, rate_, norm_, sum_}));
  for (const auto& [name, tensor] : adamw_.state()) columns.add("trainer." + name, tensor);
}

void Trainer::restore(const Reader& checkpoint) {
  const auto counts = checkpoint.read<int64_t>("trainer.counts");
  const auto numbers = checkpoint.read<double>("trainer.numbers");
  step_ = counts.at(0), counted_ = counts.at(1);
  loss_ = numbers.at(0), rate_ = numbers.at(1), norm_ = numbers.at(2), sum_ = numbers.at(3);
  adamw_.set_steps(step_);
  const at::NoGradGuard no_grad;
  for (auto& [name, tensor] : adamw_.state())
    tensor.copy_(read_tensor(checkpoint, "trainer." + name));
}

}  // namespace assay::lm
