// World `caption`: contrastive training on captioned pictures, the paper's case in small. A scorer
// is trained on pairs of its own; its T-MARS score sorts the pairs of each replicate into pools;
// then a tiny CLIP learns from each pool and union.
//   R runs, B pairs of a step, T test pairs, E dimensions of the common space
#include "plugins/common/data/source.hpp"
#include "plugins/qqt/caption_pools.hpp"
#include "plugins/qqt/tensor_state.hpp"
#include "plugins/qqt/worlds.hpp"

#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <optional>

namespace qqt {
namespace {

using assay::data::CaptionPairs;
using assay::data::ImageSet;
using assay::data::PairType;
using assay::data::Part;

// Of the scorer's training, and of all runs (the caption world's usual ones).
constexpr int64_t kScorerBatch = 128, kScorerWarmUp = 50, kWarmUp = 20, kLogEvery = 50;
constexpr double kScorerRate = 1.5e-3, kWeightDecay = 0.02;

/// Linear warm-up, then a cosine to 0 at `steps`.
double scorer_rate(int64_t step, int64_t steps) {
  const double warm =
      std::min(1.0, static_cast<double>(step + 1) / static_cast<double>(kScorerWarmUp));
  return kScorerRate * warm *
         (1 + std::cos(std::numbers::pi * static_cast<double>(step) / static_cast<double>(steps))) /
         2;
}

/// Clean pairs that zero-shot errors are measured on: which of all tints and classes is it?
struct Tests {
  at::Tensor pictures;  // (T, 3, S, S), floats
  at::Tensor answers;   // (T,): tint * classes + class
  at::Tensor prompts;   // (tints * classes * backgrounds, 5): captions of all scenes
  int64_t classes = 0;
};

Tests make_tests(const ImageSet& source, int64_t count, uint64_t key, at::Device device) {
  if (count > source.count)
    throw std::invalid_argument("tests is " + std::to_string(count) + ", but the test part of " +
                                source.source + " has " + std::to_string(source.count) + " images");
  std::vector<int64_t> first(static_cast<size_t>(count)), answers, prompts;
  std::iota(first.begin(), first.end(), 0);
  assay::data::CaptionWorldOptions clean;
  clean.shares = {0, 1, 0, 0, 0};
  const auto pairs = assay::data::draw_caption_pairs(source, first, clean, key);
  for (const auto& shown : pairs.shown) answers.push_back(shown.tint * source.classes + shown.item);
  for (int32_t tint = 0; tint < assay::data::kTints; ++tint)
    for (int32_t item = 0; item < source.classes; ++item)
      for (int32_t background = 0; background < assay::data::kBackgrounds; ++background)
        for (const int32_t token : assay::data::caption_tokens({tint, item, background}))
          prompts.push_back(token);
  return {assay::nn::clip_pixels(to_tensors(pairs, device).pictures),
          at::tensor(answers).to(device),
          at::tensor(prompts).view({-1, assay::data::kCaptionTokens}).to(device), source.classes};
}

/// 1 - the zero-shot accuracy; a class is the mean of its captions over the backgrounds. NaN if the
/// network's weights are no numbers any more.
double zero_shot_error(ClipTrainer& model, const Tests& tests) {
  const auto captions =
      model.captions(tests.prompts)
          .view({assay::data::kTints * tests.classes, assay::data::kBackgrounds, -1})
          .mean(1);                                                           // (80, E)
  const auto prototypes = captions / captions.norm(2, 1, true);               // (80, E)
  const auto cosine = model.pictures(tests.pictures).matmul(prototypes.t());  // (T, 80)
  if (!cosine.isfinite().all().item<bool>()) return std::numeric_limits<double>::quiet_NaN();
  const auto right = cosine.argmax(1).eq(tests.answers).sum().item<int64_t>();
  return 1 - static_cast<double>(right) / static_cast<double>(tests.answers.size(0));
}

class Caption final : public World {
 public:
  Caption(const assay::Job& job, const WorldSettings& s, const TrialPlan& plan, at::Device device);

  bool ready() const override { return !ranked_.empty(); }
  int64_t preparations() const override { return scorer_steps_; }
  void prepare() override;
  void step(int64_t step) override;
  std::vector<double> errors() override;
  void add_state(std::vector<assay::Column>& columns) override;
  void restore(const assay::Reader& checkpoint) override;
  void report(const assay::Job& job) override;

 private:
  void rank_pairs();

  const assay::Job& job_;
  WorldSettings settings_;
  TrialPlan plan_;
  at::Device device_;
  Tests tests_;

  std::optional<ClipTrainer> scorer_;  // until the pairs are ranked
  PairTensors scorer_data_;
  std::optional<Feed> scorer_feed_;
  int64_t scorer_step_ = 0, scorer_steps_ = 0;
  std::vector<double> scorer_error_;  // one number, when known

  CaptionPairs pairs_;  // (M,): of all replicates
  PairTensors data_;
  std::vector<double> scores_;   // (M,)
  std::vector<int64_t> ranked_;  // (M,): by replicate and rank
  std::vector<ClipTrainer> models_;
  std::vector<Feed> feeds_;  // one a run each
  TensorState saved_;
};

Caption::Caption(const assay::Job& job, const WorldSettings& s, const TrialPlan& plan,
                 at::Device device)
    : job_(job), settings_(s), plan_(plan), device_(device) {
  // Draw the pairs, each from an image of its own.
  const ImageSet train = assay::data::read_source(job, "images", Part::train),
                 test = assay::data::read_source(job, "images", Part::test);
  const auto shares = share_images(train, s.scorer_pairs, plan, job.key("images"));
  const uint64_t pair_key = job.key("pairs");
  scorer_data_ =
      to_tensors(assay::data::draw_caption_pairs(train, shares.scorer, {}, pair_key), device);
  pairs_ = assay::data::draw_caption_pairs(train, shares.pools, {}, pair_key);
  data_ = to_tensors(pairs_, device);
  tests_ = make_tests(test, s.tests, job.key("tests"), device);

  // Begin the scorer and the runs; those of one replicate begin with the same weights.
  assay::nn::TinyClipConfig config;
  config.side = pairs_.side, config.vocabulary = assay::data::kVocabulary, config.width = s.width;
  scorer_.emplace(config, job.key("scorer"), kWeightDecay, device);
  scorer_steps_ = (s.scorer_samples + kScorerBatch - 1) / kScorerBatch;
  scorer_feed_.emplace(TrialPlan::make(1, s.scorer_pairs, 1, kScorerBatch, false), 0,
                       job.key("scorer order"));
  for (int64_t r = 0; r < plan.runs(); ++r) {
    models_.emplace_back(config, replicate_key(job.key("weights"), plan.replicate(r)), kWeightDecay,
                         device);
    feeds_.emplace_back(plan, r, job.key("order"));
  }
}

/// One step of the scorer; after the last, the pools.
void Caption::prepare() {
  std::vector<int64_t> batch(kScorerBatch);
  scorer_feed_->batch(scorer_step_, batch.data());
  const auto loss = scorer_->step(scorer_data_, at::tensor(batch).to(device_),
                                  scorer_rate(scorer_step_, scorer_steps_));
  if (++scorer_step_ % kLogEvery == 0)
    job_.scalar("scorer_loss", scorer_step_ * kScorerBatch, loss.item<double>());
  if (scorer_step_ < scorer_steps_) return;
  scorer_error_ = {zero_shot_error(*scorer_, tests_)};
  scores_ = tmars_scores(*scorer_, pairs_, device_);
  rank_pairs();
}

void Caption::rank_pairs() {
  ranked_ = ranked(scores_, plan_);
  scorer_.reset(), scorer_feed_.reset(), scorer_data_ = {};
}

void Caption::step(int64_t step) {
  std::vector<int64_t> batch(static_cast<size_t>(plan_.batch));
  const double warm = std::min(1.0, static_cast<double>(step + 1) / static_cast<double>(kWarmUp));
  for (int64_t r = 0; r < plan_.runs(); ++r) {
    feeds_[static_cast<size_t>(r)].batch(step, batch.data());
    const int64_t first = plan_.replicate(r) * plan_.pools * plan_.pool_size;
    for (int64_t& sample : batch) sample = ranked_[static_cast<size_t>(first + sample)];
    models_[static_cast<size_t>(r)].step(data_, at::tensor(batch).to(device_),
                                         settings_.rate * warm);
  }
}

std::vector<double> Caption::errors() {
  std::vector<double> errors;
  for (auto& model : models_) errors.push_back(zero_shot_error(model, tests_));
  return errors;
}

void Caption::add_state(std::vector<assay::Column>& columns) {
  saved_.clear();
  columns.emplace_back("scores", scores_);
  columns.emplace_back("scorer_error", scorer_error_);
  if (!ready()) {
    for (const auto& [name, tensor] : scorer_->state())
      saved_.add(columns, "scorer." + name, tensor);
    return;
  }
  for (size_t r = 0; r < models_.size(); ++r)
    for (const auto& [name, tensor] : models_[r].state())
      saved_.add(columns, "run" + std::to_string(r) + "." + name, tensor);
}

void Caption::restore(const assay::Reader& checkpoint) {
  const auto at = checkpoint.read<int64_t>("at");  // pieces of the preparation, steps of the runs
  scores_ = checkpoint.read<double>("scores");
  scorer_error_ = checkpoint.read<double>("scorer_error");
  if (scores_.empty()) {
    scorer_step_ = at.at(0);
    for (const auto& [name, tensor] : scorer_->state())
      qqt::restore(checkpoint, "scorer." + name, tensor);
    scorer_->set_steps(scorer_step_);
    return;
  }
  rank_pairs();
  for (size_t r = 0; r < models_.size(); ++r) {
    for (const auto& [name, tensor] : models_[r].state())
      qqt::restore(checkpoint, "run" + std::to_string(r) + "." + name, tensor);
    models_[r].set_steps(at.at(1));
  }
}

void Caption::report(const assay::Job& job) {
  std::vector<std::string> pool;
  std::vector<int64_t> replicate, type, count;
  std::vector<double> mean;
  for (int64_t r = 0; r < plan_.replicates; ++r)
    for (int64_t p = 0; p < plan_.pools; ++p)
      for (int64_t t = 1; t <= 5; ++t) {
        const int64_t first = (r * plan_.pools + p) * plan_.pool_size;
        int64_t n = 0;
        double sum = 0;
        for (int64_t i = first; i < first + plan_.pool_size; ++i) {
          const auto pair = static_cast<size_t>(ranked_[static_cast<size_t>(i)]);
          if (static_cast<int64_t>(pairs_.types[pair]) == t) ++n, sum += scores_[pair];
        }
        pool.push_back("pool" + std::to_string(p)), replicate.push_back(r), type.push_back(t);
        count.push_back(n), mean.push_back(sum / static_cast<double>(n));
      }
  job.rows("pools", {{"pool", pool},
                     {"replicate", replicate},
                     {"type", type},
                     {"pairs", count},
                     {"mean_score", mean}});
  job.scalar("scorer_error", scorer_error_.at(0));
}

}  // namespace

std::unique_ptr<World> make_caption(const assay::Job& job, const WorldSettings& settings,
                                    const TrialPlan& plan) {
  const auto device = assay::begin(job);
  if (!job.inputs("images"))
    throw std::invalid_argument(
        "world = \"caption\" needs the input images, for instance dataset:fashion-mnist");
  return std::make_unique<Caption>(job, settings, plan, device);
}

}  // namespace qqt
