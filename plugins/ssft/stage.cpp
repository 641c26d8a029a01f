#include "plugins/common/train/timer.hpp"
#include "plugins/ssft/stage.hpp"

#include <cmath>
#include <map>
#include <numeric>

namespace ssft {

using assay::Error;
using assay::train::EvalNorm;
using assay::train::Examples;
using assay::train::Timer;

namespace {

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
  return {images.to(device), labels.to(device), {}};
}

Stage::Stage(const assay::Job& job, StageOptions options, assay::train::Learner& learner,
             const Examples& trained, const Examples& watched, Half half)
    : job_(job),
      options_(std::move(options)),
      learner_(learner),
      trained_(trained),
      watched_(watched),
      half_(std::move(half)),
      trainer_(learner, trained,
               options_.training.trainer_options(job, options_.name, options_.epochs,
                                                 options_.peak_rate, trained.size())),
      probability_sum_(static_cast<size_t>(watched.size())),
      correct_(watched.size()),
      training_correct_(trained.size()) {}

void Stage::run() {
  if (job_.has_checkpoint("state"))
    resume();
  else
    log_accuracies(0, learner_.evaluate(watched_, eval_norm()).correct);
  const int64_t every = options_.training.eval_every_steps;
  const std::string phase = "stage " + options_.name;
  while (!trainer_.done() && !(options_.patience && perfect_epochs_ >= options_.patience)) {
    job_.yield([this] { save(); });
    {
      const Timer timer(training_seconds_);
      trainer_.step();
    }
    if (every ? trainer_.steps() % every == 0 : trainer_.epoch_ended()) evaluate();
    if (trainer_.epoch_ended()) end_epoch();
    job_.progress(phase.c_str(), trainer_.steps(), trainer_.total());
  }
  if (evaluated_at_.empty() || evaluated_at_.back() != trainer_.steps()) evaluate();
  finish();
}

EvalNorm Stage::eval_norm() const {
  return options_.training.eval_bn == "batch" ? EvalNorm::batch : EvalNorm::running;
}

void Stage::evaluate() {
  const Timer timer(evaluation_seconds_);
  const auto outcome = learner_.evaluate(watched_, eval_norm());
  correct_.append(outcome.correct);
  evaluated_at_.push_back(trainer_.steps());
  for (size_t i = 0; i < probability_sum_.size(); ++i)
    probability_sum_[i] += outcome.probability[i];
  accuracy_ = outcome.accuracy();
  log_accuracies(correct_.rows(), outcome.correct);
}

/// Of all of A, of its clean and mislabelled parts, and of each group; evaluation 0, before the
/// first step, goes into the table only.
void Stage::log_accuracies(int64_t evaluation, const std::vector<uint8_t>& correct) const {
  if (evaluation) {
    job_.scalar("accuracy", evaluation, accuracy_);
    const auto noisy = half_.noisy_count();
    if (noisy < half_.size())
      job_.scalar("accuracy_clean", evaluation, share(correct, half_.noisy, false));
    if (noisy) job_.scalar("accuracy_noisy", evaluation, share(correct, half_.noisy, true));
  }
  struct Count {
    int64_t right = 0, all = 0;
  };
  std::map<std::string, Count> groups;
  for (size_t i = 0; i < correct.size(); ++i) {
    auto& count = groups[half_.group[i]];
    count.right += correct[i];
    ++count.all;
  }
  std::vector<std::string> names;
  std::vector<double> accuracies;
  for (const auto& [name, count] : groups) {
    names.push_back(name);
    accuracies.push_back(static_cast<double>(count.right) / static_cast<double>(count.all));
  }
  const std::vector<int64_t> evaluations(names.size(), evaluation);
  const std::vector<double> epochs(
      names.size(),
      static_cast<double>(trainer_.steps()) / static_cast<double>(trainer_.steps_per_epoch()));
  job_.rows(
      "curve",
      {{"evaluation", evaluations}, {"epoch", epochs}, {"group", names}, {"accuracy", accuracies}});
}

void Stage::end_epoch() {
  const auto& was_right = trainer_.right();
  training_correct_.append(was_right);
  const int64_t right = std::accumulate(was_right.begin(), was_right.end(), int64_t{0});
  perfect_epochs_ += right == trained_.size();
  job_.scalar("loss", trainer_.epochs(), trainer_.losses().back());
  job_.scalar("training_accuracy", trainer_.epochs(),
              static_cast<double>(right) / static_cast<double>(trained_.size()));
}

void Stage::save() const {
  const std::vector<int64_t> perfect_epochs{perfect_epochs_};
  const std::vector<double> accuracy{accuracy_};
  assay::Columns columns;
  columns.add("perfect_epochs", perfect_epochs).add("accuracy", accuracy);
  columns.add("evaluated_at", evaluated_at_).add("probability_sum", probability_sum_);
  columns.add("correct", correct_.packed()).add("training_correct", training_correct_.packed());
  trainer_.add_to(columns);
  job_.save("state", trainer_.steps(), columns.list());
}

void Stage::resume() {
  const auto state = job_.open("@state");
  perfect_epochs_ = state.read<int64_t>("perfect_epochs").at(0);
  accuracy_ = state.read<double>("accuracy").at(0);
  evaluated_at_ = state.read<int64_t>("evaluated_at");
  probability_sum_ = state.read<double>("probability_sum");
  correct_ = BitMatrix(watched_.size(), state.read<uint8_t>("correct"));
  training_correct_ = BitMatrix(trained_.size(), state.read<uint8_t>("training_correct"));
  trainer_.restore(state);
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
           per_second(trainer_.epochs() * trained_.size(), training_seconds_) +
           " images/s in training, " + per_second(T * watched_.size(), evaluation_seconds_) +
           " in evaluation");
}

}  // namespace ssft
