// Method `sample`: runs the reverse chain of a model, or of the true score, and says of each sample
// how much its prediction still changed over the last steps.
#include "plugins/common/train/trainer.hpp"
#include "plugins/diffusion/generator.hpp"
#include "plugins/diffusion/image_sets.hpp"
#include "plugins/diffusion/interpolation.hpp"
#include "plugins/diffusion/model.hpp"
#include "plugins/diffusion/scored_samples.hpp"
#include "plugins/diffusion/source.hpp"
#include "plugins/diffusion/table.hpp"

#include <assay/torch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace diffusion {

/// What a run keeps of its samples and scores in memory.
constexpr int64_t kMostBytes = int64_t{8} << 30;

struct Sample : ChainNoise, Walk {
  static constexpr const char* name = "sample";
  std::string variance = "model";
  std::string source = "model";
  int64_t n = 10000;
  std::vector<int64_t> window{0, 10}, windows;
  std::string score = "variance";
  std::string clip_x0 = "auto";
  std::string record = "none";
  int64_t record_samples = 0;
  int64_t paths = 5, paths_below = 50;
  double k_sigma = 6;
  int64_t table_points = 4001;
  int64_t batch = 0;

  static void describe(assay::Schema<Sample>& s) {
    s.summary("Draws samples with the reverse chain, and scores each");
    s.flag(ASSAY_RESUMABLE | ASSAY_USES_GPU);
    s.param("source", &Sample::source,
            "where the noise prediction comes from: the model; the exact score of the data's "
            "mixture; a table of the model, for one dimension; exact_table: a table of the exact")
        .choices({"model", "exact", "table", "exact_table"});
    ChainNoise::describe(s);
    Walk::describe(s);
    s.param("variance", &Sample::variance,
            "of a ddpm step: fixed_large: beta; fixed_small: the posterior's; learned: what the "
            "network says; model: what it was trained with, fixed_large without one")
        .choices({"model", "fixed_large", "fixed_small", "learned"});
    s.param("n", &Sample::n, "samples").min(1);
    s.param(
         "window", &Sample::window,
         "the two ends of the scored window [lo, hi), in timesteps of the training chain; empty: "
         "[0, hi) by the spacing of the modes")
        .min(0);
    s.param("windows", &Sample::windows, "more windows to score over: lo, hi, lo, hi, ...").min(0);
    s.param("score", &Sample::score, "which of the scores is the array `score`")
        .choices({DIFFUSION_SCORES});
    s.param("clip_x0", &Sample::clip_x0,
            "clip the predicted clean sample to [-1, 1]; auto: images alone")
        .choices({"auto", "yes", "no"});
    s.param("record", &Sample::record,
            "which predicted clean samples are kept: none; those in the windows; all of the chain")
        .choices({"none", "window", "all"});
    s.param("record_samples", &Sample::record_samples, "of how many samples; 0: of all").min(0);
    s.param("paths", &Sample::paths,
            "of how many hallucinated and as many other samples the last steps go to the table of "
            "paths, for data with known modes")
        .min(0);
    s.param("paths_below", &Sample::paths_below, "the timesteps of those paths").min(2);
    s.param(
         "k_sigma", &Sample::k_sigma,
         "for the paths: hallucinated is farther than so many standard deviations from each mode")
        .above(0);
    s.param("table_points", &Sample::table_points, "of a table at each timestep")
        .min(2)
        .max(1000000);
    s.param("batch", &Sample::batch, "samples at once; 0: 4096 points or 64 images").min(0);
    s.input("data", ASSAY_RUN, "the run of make_data that the model was trained on");
    s.input("model", ASSAY_CHECKPOINT, "unless the source is exact; its noise is the chain's",
            ASSAY_OPTIONAL)
        .format("diffusion_model");
    declare_data(s);
    declare_scored(s);
    s.output("trajectory", ASSAY_ARRAY,
             "(samples, steps, D): predicted clean samples, chronological");
    s.output("trajectory_t", ASSAY_ARRAY, "(steps,): their timesteps");
    s.output("paths", ASSAY_TABLE, "predicted clean samples of a few over the last steps")
        .column("sample", ASSAY_STRING, "its number")
        .column("kind", ASSAY_STRING, "hallucinated or in support")
        .column("t", ASSAY_INT, "timestep")
        .column("x0", ASSAY_REAL, "first coordinate of the predicted clean sample")
        .column("x1", ASSAY_REAL, "second coordinate; NaN in one dimension");
    s.output("gallery", ASSAY_ARRAY, "of images: the first 60").format("images");
    s.output("state", ASSAY_CHECKPOINT, "what a resumed run needs");
  }

  bool exact() const { return source.starts_with("exact"); }

  void check() const {
    if (!window.empty()) windows_of(window);
    windows_of(windows);
    if (window.size() > 2)
      throw std::invalid_argument("window has two ends; list more windows in `windows`");
    if (exact()) Walk::chain(make(), limit(make()), "fixed_large");
  }

  void run(assay::Job& job) const;

 private:
  struct Parts;
  GeneratorOptions options(const assay::Job& job, const Data& world, const Parts& parts) const;
  void write_scores(assay::Job& job, const Generator& generator) const;
  void write_paths(assay::Job& job, const Data& world, Denoiser& denoiser,
                   const SamplerOptions& sampler, const Generator& generator) const;
};

namespace {
constexpr double kLeastSignal = 1e-5;

/// x0^ is rebuilt from the noise in float, with an error of 1e-7 over the signal sqrt(alpha_bar).
void need_signal(const Schedule& schedule, int64_t t) {
  if (std::sqrt(schedule.alpha_bar(t)) >= kLeastSignal) return;
  throw std::invalid_argument(
      "the model predicts x_0 or its mean, and at t = " + std::to_string(t) +
      " x_t holds too little of it for a record; set record = \"window\", or t_max to at most " +
      std::to_string(schedule.first_below(kLeastSignal * kLeastSignal)));
}
}  // namespace

/// The denoiser, whatever stands behind it, and the noise of its chain.
struct Sample::Parts {
  Parts(const Sample& s, const assay::Job& job, const Data& world, at::Device device) {
    if (job.inputs("model") > 0)
      model = read_model(job.open("model"), device);
    else if (!s.exact())
      throw std::invalid_argument("source = \"" + s.source +
                                  "\" needs the input `model`, a checkpoint of train");
    if (model) need_same_noise(s, model->config);
    schedule = model ? model->schedule : s.make();
    limit = model ? chain_limit(s, *model, !s.exact()) : s.limit(*schedule);
    variance = s.variance != "model" ? s.variance : model ? model->config.variance : "fixed_large";
    if (s.sampler == "ddpm" && variance == "learned" && s.source != "model")
      throw std::invalid_argument(
          "source = \"" + s.source +
          "\" predicts noise and no learned variance; set variance to fixed_large "
          "or fixed_small");
    chain = s.Walk::chain(*schedule, limit, variance);
    if (s.exact()) exact = std::make_unique<ExactDenoiser>(world.mixture, *schedule);
    denoiser = exact ? static_cast<Denoiser*>(exact.get()) : model->denoiser.get();
    need_features(*denoiser, world.features());
    if (!s.source.ends_with("table")) return;
    table = std::make_unique<TableDenoiser>(*denoiser, chain, table_range(world.mixture),
                                            s.table_points);
    denoiser = table.get();
  }
  std::optional<Model> model;
  std::unique_ptr<ExactDenoiser> exact;
  std::unique_ptr<TableDenoiser> table;
  std::optional<Schedule> schedule;
  int64_t limit = 0;
  std::string variance;
  std::vector<Step> chain;
  Denoiser* denoiser = nullptr;
};

GeneratorOptions Sample::options(const assay::Job& job, const Data& world,
                                 const Parts& parts) const {
  GeneratorOptions options;
  std::vector<int64_t> visited;
  for (const Step& step : parts.chain) visited.push_back(step.t);
  options.windows = window.empty()
                        ? std::vector{auto_window(*parts.schedule, visited, spacing(world.mixture))}
                        : windows_of(window);
  for (const Window& more : windows_of(windows)) options.windows.push_back(more);
  options.snr = signal_to_noise(*parts.schedule, visited);
  const bool clip = clip_x0 == "auto" ? world.images() : clip_x0 == "yes";
  options.sampler = {parts.chain, job.key("sample"), clip,
                     sampler == "ddpm" && parts.variance == "learned", 0};
  options.n = n;
  const auto scores = static_cast<int64_t>(kScores.size() * options.windows.size());
  if (const int64_t each = 4 * world.features() + 12 * scores; n > kMostBytes / each)
    throw std::invalid_argument("n = " + std::to_string(n) + " samples with " +
                                std::to_string(scores) +
                                " scores each take more than 8 GiB; draw " + "at most " +
                                std::to_string(kMostBytes / each) + ", or another seed's as well");
  options.batch = batch > 0 ? batch : world.images() ? 64 : 4096;
  if (record == "none") return options;
  options.record = record_samples > 0 ? std::min(record_samples, n) : n;
  options.recorded = {0, parts.limit};
  if (record == "window") {
    options.recorded = options.windows[0];
    for (const Window& w : options.windows) {
      options.recorded.lo = std::min(options.recorded.lo, w.lo);
      options.recorded.hi = std::max(options.recorded.hi, w.hi);
    }
  }
  const auto times = std::count_if(visited.begin(), visited.end(),
                                   [&](int64_t t) { return options.recorded.holds(t); });
  if (!exact() && parts.model->config.predict != "eps")
    for (const int64_t t : visited)
      if (options.recorded.holds(t)) need_signal(*parts.schedule, t);
  if (const int64_t bytes = options.record * times * world.features() * 4; bytes > int64_t{1} << 31)
    throw std::invalid_argument("recording would take " + std::to_string(bytes >> 20) +
                                " MiB, at most 2048 are kept; lower record_samples or record = "
                                "\"window\"");
  return options;
}

void Sample::write_scores(assay::Job& job, const Generator& generator) const {
  ScoredSamples samples;
  samples.score = generator.score(score_named(score), 0);
  samples.scores.assign(generator.scores().begin(), generator.scores().end());
  for (size_t w = 0; w < generator.windows(); ++w) {
    samples.windows.push_back(generator.window(w));
    samples.visited.push_back(generator.visited(w));
  }
  write_scored(job, samples);
  if (generator.trajectory().empty()) return;
  const auto times = static_cast<int64_t>(generator.recorded_t().size());
  const auto features = static_cast<int64_t>(generator.x().size()) / n;
  const auto kept = static_cast<int64_t>(generator.trajectory().size()) / (times * features);
  job.array("trajectory", assay::Tensor(generator.trajectory().data(), {kept, times, features}));
  job.array("trajectory_t", generator.recorded_t());
}

void Sample::write_paths(assay::Job& job, const Data& world, Denoiser& denoiser,
                         const SamplerOptions& sampler, const Generator& generator) const {
  const int64_t d = world.features();
  const Interpolation judge(world.mixture, k_sigma);
  std::vector<double> point(static_cast<size_t>(d));
  std::vector<int64_t> chosen[2];  // in support, hallucinated
  for (int64_t i = 0; i < n; ++i) {
    std::copy_n(generator.x().begin() + i * d, d, point.begin());
    const bool far = judge.judge(point.data()).hallucinated;
    if (static_cast<int64_t>(chosen[far].size()) < paths) chosen[far].push_back(i);
  }
  SamplerOptions options = sampler;
  options.watch = paths_below;
  Sampler again(denoiser, options);
  std::vector<std::string> sample, kind;
  std::vector<int64_t> t;
  std::vector<double> x0, x1;
  for (const bool far : {true, false}) {
    if (chosen[far].empty()) continue;
    std::vector<float> x(chosen[far].size() * static_cast<size_t>(d));
    again.run(chosen[far], x.data(), [&](const Step& step, const float* predicted) {
      for (size_t i = 0; i < chosen[far].size(); ++i) {
        sample.push_back(std::to_string(chosen[far][i]));
        kind.emplace_back(far ? "hallucinated" : "in support");
        t.push_back(step.t);
        x0.push_back(predicted[static_cast<int64_t>(i) * d]);
        x1.push_back(d > 1 ? predicted[static_cast<int64_t>(i) * d + 1]
                           : std::numeric_limits<double>::quiet_NaN());
      }
    });
  }
  if (!t.empty())
    job.rows("paths", {{"sample", sample}, {"kind", kind}, {"t", t}, {"x0", x0}, {"x1", x1}});
}

void Sample::run(assay::Job& job) const {
  if (assay::train::was_done(job)) return;
  const auto device = assay::begin(job);
  Data made = read_world(job, "data");
  const Parts parts(*this, job, made, device);
  const auto options = this->options(job, made, parts);

  // x_T ~ N(0, I); then step by step to x_0, scored on the way.
  Generator generator(*parts.denoiser, options);
  if (job.has_checkpoint("state")) generator.restore(job.open("@state"));
  while (!generator.done()) {
    job.yield([&] { job.save("state", generator.made(), generator.columns()); });
    generator.step();
    job.progress("sampling", generator.made(), n);
  }

  made.x = generator.x();
  write_data(job, made);
  write_scores(job, generator);
  if (made.images()) log_gallery(job, "gallery", made, 60);
  if (made.mixture.count() > 0 && paths > 0)
    write_paths(job, made, *parts.denoiser, options.sampler, generator);
  assay::train::mark_done(job, generator.made());
}

}  // namespace diffusion

ASSAY_METHOD(diffusion::Sample)
