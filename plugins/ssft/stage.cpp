#include "plugins/ssft/stage.hpp"

#include <chrono>
#include <cmath>
#include <numeric>

namespace ssft {

using assay::Error;
using assay::train::EvalNorm;
using assay::train::Examples;

namespace {

class Timer {
 public:
  explicit Timer(double& seconds) : seconds_(seconds) {}
  ~Timer() {
    seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  double& seconds_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// The share of `right` among the examples whose noise flag is `flag`.
double share(const std::vector<uint8_t>& right, const std::vector<uint8_t>& noisy, bool flag) {
  int64_t count = 0, sum = 0;
  for (size_t i = 0; i < right.size(); ++i)
    if (noisy[i] == flag) ++count, sum += right[i];
  return static_cast<double>(sum) / static_cast<double>(count);
}

}  // namespace

Examples read_examples(const assay::Reader& split, const std::string& part, at::Device device) {
  auto images = assay::read_tensor(split, "arrays/images_" + part);
  if (images.dim() == 3) images = images.unsqueeze(3);
  const auto half = read_half(split, part);
  const auto labels = at::tensor(half.label, at::kLong);
  return {images.to(device), labels.to(device)};
}

Stage::Stage(const assay::Job& job, StageOptions options, assay::train::Learner& learner,
             const Examples& trained, const Examples& watched, Half half)
    : job_(job),
      options_(std::move(options)),
      learner_(learner),
      trained_(trained),
      watched_(watched),
      half_(std::move(half)),
      steps_per_epoch_((trained.size() + options_.training.batch - 1) / options_.training.batch),
      probability_sum_(static_cast<size_t>(watched.size())),
      right_(static_cast<size_t>(trained.size())),
      correct_(watched.size()),
      training_correct_(trained.size()) {
  const auto& t = options_.training;
  const auto epochs = static_cast<double>(options_.epochs);
  schedule_ = {t.schedule, options_.peak_rate, options_.epochs,
               t.warmup_epochs < 0 ? epochs / 10 : t.warmup_epochs,
               steps_per_epoch_ + t.reference_schedule};
}

bool Stage::run() {
  if (!job_.has_checkpoint("state"))
    log_accuracies(0, learner_.evaluate(watched_, eval_norm()).correct);
  else if (!resume())
    return false;
  const int64_t total = options_.epochs * steps_per_epoch_;
  const int64_t every = options_.training.eval_every_steps;
  const std::string phase = "stage " + options_.name;
  while (step_ < total && !(options_.patience && perfect_epochs_ >= options_.patience)) {
    job_.yield([this] { save(); });
    train_step();
    ++step_;
    if (every ? step_ % every == 0 : step_ % steps_per_epoch_ == 0) evaluate();
    if (step_ % steps_per_epoch_ == 0) end_epoch();
    job_.progress(phase.c_str(), step_, total);
  }
  if (evaluated_at_.empty() || evaluated_at_.back() != step_) evaluate();
  finish();
  return true;
}

void Stage::train_step() {
  const Timer timer(training_seconds_);
  const int64_t at = step_ % steps_per_epoch_ * options_.training.batch;
  if (at == 0 || order_.empty()) order_epoch();
  const int64_t count = std::min(options_.training.batch, trained_.size() - at);
  const std::span<const int64_t> batch(&order_[static_cast<size_t>(at)],
                                       static_cast<size_t>(count));
  std::vector<uint8_t> right(batch.size());
  const double loss = learner_.step(trained_, batch, schedule_.rate(step_, losses_), right.data());
  if (!std::isfinite(loss))
    throw Error(ASSAY_DIVERGED, "the training loss is not finite at step " + std::to_string(step_) +
                                    " (epoch " + std::to_string(epoch() + 1) + ") of stage " +
                                    options_.name);
  for (size_t j = 0; j < batch.size(); ++j) right_[static_cast<size_t>(batch[j])] = right[j];
  loss_sum_ += loss * static_cast<double>(count);
}

/// Every epoch draws its order from a place of its own in the stream, so that nothing need be
/// stored to resume.
void Stage::order_epoch() {
  order_.resize(static_cast<size_t>(trained_.size()));
  std::iota(order_.begin(), order_.end(), 0);
  assay::Stream(job_.key("order " + options_.name), static_cast<uint64_t>(epoch()) << 32)
      .shuffle(order_);
}

EvalNorm Stage::eval_norm() const {
  return options_.training.eval_bn == "batch" ? EvalNorm::batch : EvalNorm::running;
}

void Stage::evaluate() {
  const Timer timer(evaluation_seconds_);
  const auto outcome = learner_.evaluate(watched_, eval_norm());
  correct_.append(outcome.correct);
  evaluated_at_.push_back(step_);
  for (size_t i = 0; i < probability_sum_.size(); ++i)
    probability_sum_[i] += outcome.probability[i];
  accuracy_ = outcome.accuracy();
  log_accuracies(correct_.rows(), outcome.correct);
}

/// Of all of A and of its clean and mislabelled parts; evaluation 0, before the first step, goes
/// into the table only.
void Stage::log_accuracies(int64_t evaluation, const std::vector<uint8_t>& correct) const {
  std::vector<std::string> groups;
  std::vector<double> accuracies;
  const auto log = [&](const char* group, const char* metric, bool noisy) {
    groups.emplace_back(group);
    accuracies.push_back(share(correct, half_.noisy, noisy));
    if (evaluation) job_.scalar(metric, evaluation, accuracies.back());
  };
  if (evaluation) job_.scalar("accuracy", evaluation, accuracy_);
  if (half_.noisy_count() < half_.size()) log("clean", "accuracy_clean", false);
  if (half_.noisy_count()) log("mislabelled", "accuracy_noisy", true);
  const std::vector<int64_t> evaluations(groups.size(), evaluation);
  const std::vector<double> epochs(
      groups.size(), static_cast<double>(step_) / static_cast<double>(steps_per_epoch_));
  job_.rows("curve", {{"evaluation", evaluations},
                      {"epoch", epochs},
                      {"group", groups},
                      {"accuracy", accuracies}});
}

void Stage::end_epoch() {
  training_correct_.append(right_);
  const int64_t right = std::accumulate(right_.begin(), right_.end(), int64_t{0});
  perfect_epochs_ += right == trained_.size();
  losses_.push_back(loss_sum_ / static_cast<double>(trained_.size()));
  loss_sum_ = 0;
  const int64_t done = step_ / steps_per_epoch_;
  job_.scalar("loss", done, losses_.back());
  job_.scalar("training_accuracy", done,
              static_cast<double>(right) / static_cast<double>(trained_.size()));
}

void Stage::save() const {
  const std::vector<int64_t> position{step_, perfect_epochs_, 0};
  const std::vector<double> sums{loss_sum_, accuracy_};
  assay::Columns columns;
  columns.add("position", position).add("sums", sums).add("losses", losses_);
  columns.add("evaluated_at", evaluated_at_).add("probability_sum", probability_sum_);
  columns.add("right", right_).add("correct", correct_.packed());
  columns.add("training_correct", training_correct_.packed());
  for (const auto& [name, tensor] : learner_.state()) columns.add("learner." + name, tensor);
  job_.save("state", step_, columns.list());
}

/// False if the earlier attempt had finished and logged everything.
bool Stage::resume() {
  const auto state = job_.open("@state");
  const auto position = state.read<int64_t>("position");
  step_ = position[0];
  if (position[2]) return false;
  perfect_epochs_ = position[1];
  const auto sums = state.read<double>("sums");
  loss_sum_ = sums[0];
  accuracy_ = sums[1];
  losses_ = state.read<double>("losses");
  evaluated_at_ = state.read<int64_t>("evaluated_at");
  probability_sum_ = state.read<double>("probability_sum");
  right_ = state.read<uint8_t>("right");
  correct_ = BitMatrix(watched_.size(), state.read<uint8_t>("correct"));
  training_correct_ = BitMatrix(trained_.size(), state.read<uint8_t>("training_correct"));
  assay::train::restore(learner_, state, "learner.");
  return true;
}

void Stage::mark_done() const {
  const std::vector<int64_t> position{step_, perfect_epochs_, 1};
  job_.save("state", step_, {{"position", position}});
}

void Stage::finish() {
  const int64_t T = correct_.rows();
  job_.array("correct", assay::Tensor(correct_.packed().data(), {T, correct_.stride()}));
  job_.array("steps", evaluated_at_);
  std::vector<float> mean;
  for (const double sum : probability_sum_)
    mean.push_back(static_cast<float>(sum / static_cast<double>(T)));
  job_.array("mean_probability", mean);
  job_.scalar("evaluations", static_cast<double>(T));
  const auto per_second = [](int64_t images, double seconds) {
    return std::to_string(std::llround(static_cast<double>(images) / seconds));
  };
  job_.log("stage " + options_.name + ": " +
           per_second(static_cast<int64_t>(losses_.size()) * trained_.size(), training_seconds_) +
           " images/s in training, " + per_second(T * watched_.size(), evaluation_seconds_) +
           " in evaluation");
}

}  // namespace ssft
