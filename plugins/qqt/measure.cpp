// Method `measure`: curves of error against samples seen, for each pool of a small world alone and
// for the unions of its best pools, which is what the paper's laws are about and what `validate`
// compares predictions with (Goyal et al. 2024, their crossover figure at a laptop's size).
#include "plugins/qqt/curves.hpp"
#include "plugins/qqt/worlds.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace qqt {

struct Measure : WorldSettings {
  static constexpr const char* name = "measure";
  int64_t replicates = 2;
  bool unions = true;

  static void describe(assay::Schema<Measure>& s);
  void check() const { settled(); }
  void run(assay::Job& job) const;
};

namespace {

void describe_parameters(assay::Schema<Measure>& s) {
  s.param("world", &Measure::world, "what is learned").choices({QQT_WORLDS});
  s.param("pool_size", &Measure::pool_size, "distinct samples of a pool; 0: 2000, 500, 1500")
      .min(0)
      .max(10'000'000)
      .unit("samples");
  s.param("quality", &Measure::quality,
          "of the pools, best first: variance of the noise (powerlaw), share of labels drawn anew "
          "(fmnist); empty: [0.1, 0.3, 0.6, 1.2], [0, 0.3, 0.6, 0.8]");
  s.param("pools", &Measure::pools, "of world caption: equal parts by score").min(1).max(100);
  s.param("replicates", &Measure::replicates,
          "how often everything is drawn and trained anew; runs of one replicate share pools and "
          "initial weights")
      .min(1)
      .max(1000);
  s.param("unions", &Measure::unions, "also train on the best two pools together, three ...");
  s.param("eval_at", &Measure::eval_at,
          "when errors are measured, in epochs of one pool; empty: the world's own")
      .above(0)
      .max(1e6)
      .unit("epochs");
  s.param("batch", &Measure::batch, "samples of a step; 0: 10, 50, 100")
      .min(0)
      .max(1'000'000)
      .unit("samples");
  s.param("rate", &Measure::rate,
          "of learning; 0: 0.3 on the sum of a batch's gradients (powerlaw), SGD with 0.02, AdamW "
          "with 0.001")
      .min(0);
  s.param("average", &Measure::average,
          "weight of the newest weights in the running average that is judged; 0: 0.02, 0.03, 1")
      .min(0)
      .max(1);
}

/// Parameters of one world alone.
void describe_own_parameters(assay::Schema<Measure>& s) {
  s.param("features", &Measure::features, "of powerlaw").min(1).max(1'000'000);
  s.param("decay", &Measure::decay, "of powerlaw: feature j has a variance as j^-decay").min(0);
  s.param("hidden", &Measure::hidden, "units of the perceptron of fmnist").min(1).max(1'000'000);
  s.param("width", &Measure::width, "multiplies the hidden widths of caption's networks")
      .above(0)
      .max(100);
  s.param("scorer_pairs", &Measure::scorer_pairs, "of caption: pairs the scorer learns from")
      .min(1);
  s.param("scorer_samples", &Measure::scorer_samples, "of caption: samples the scorer sees")
      .min(1)
      .max(1'000'000'000);
  s.param("tests", &Measure::tests, "of caption: clean pairs that errors are measured on").min(1);
}

void describe_outputs(assay::Schema<Measure>& s) {
  declare_curves(s);
  s.output("state", ASSAY_CHECKPOINT, "what an interrupted run continues from");
  s.output("error/*", ASSAY_SERIES,
           "mean over replicates, by samples seen: pool0 is the best pool alone, top2 the best two",
           ASSAY_LOWER_IS_BETTER);
  s.output(
      "gain/*", ASSAY_SERIES,
      "mean over replicates of the best pool's error minus that of top2, top3, ..., by samples "
      "seen",
      ASSAY_HIGHER_IS_BETTER);
  s.output("gain_se/*", ASSAY_SERIES, "its standard error over replicates; nothing of one");
  s.output("best", ASSAY_TABLE, "the best union for a number of samples")
      .column("n", ASSAY_INT, "samples seen", "samples")
      .column("epochs", ASSAY_REAL, "of one pool")
      .column("best", ASSAY_INT, "pools in the union with the smallest mean error", "pools")
      .column("error", ASSAY_REAL, "its mean error")
      .column("gain_on_best_pool", ASSAY_REAL, "by how much the best pool alone is worse")
      .column("gain_on_all", ASSAY_REAL,
              "by how much all pools together are worse; NaN without unions")
      .column("wins", ASSAY_INT, "replicates in which it is the best");
  s.output("switch", ASSAY_SCALAR,
           "samples seen from which on the best pool alone is never the best again; none if it is "
           "at the end",
           ASSAY_HEADLINE)
      .unit("samples");
  s.output("pools", ASSAY_TABLE, "of world caption: what the pools hold")
      .column("pool", ASSAY_STRING)
      .column("replicate", ASSAY_INT)
      .column("type", ASSAY_INT, "of the pairs, 1 to 5")
      .column("pairs", ASSAY_INT)
      .column("mean_score", ASSAY_REAL, "T-MARS score of these pairs; NaN: there are none");
  s.output("scorer_loss", ASSAY_SERIES, "of world caption, by samples seen", ASSAY_LOWER_IS_BETTER);
  s.output("scorer_error", ASSAY_SCALAR, "of world caption: the scorer's own zero-shot error",
           ASSAY_LOWER_IS_BETTER);
}

}  // namespace

void Measure::describe(assay::Schema<Measure>& s) {
  s.summary("Trains on each pool of a small world, and on unions of them, and records the errors");
  s.doc(
      "powerlaw: linear regression whose pools differ in target noise, exact errors, no files. "
      "fmnist: a perceptron on images, pools differ in the share of labels drawn anew. caption: a "
      "tiny CLIP on captioned pictures of the images, pools are quantiles of the T-MARS score.");
  s.flag(ASSAY_RESUMABLE | ASSAY_USES_GPU);
  describe_parameters(s);
  describe_own_parameters(s);
  s.input("images", ASSAY_DIR,
          "of worlds fmnist and caption: grey images with a training and a test part",
          ASSAY_OPTIONAL)
      .format("images");
  describe_outputs(s);
}

namespace {

using Errors = std::vector<std::vector<double>>;  // (points, runs)

/// Mean over the replicates of the set at `place` in the plan.
double mean_error(const TrialPlan& plan, const std::vector<double>& errors, size_t place) {
  double sum = 0;
  for (size_t run = place; run < errors.size(); run += plan.sets.size()) sum += errors[run];
  return sum / static_cast<double>(plan.replicates);
}

/// Mean over the replicates, and its standard error, of how much worse the best pool alone (the
/// first set of the plan) is than the set at `place`.
std::pair<double, double> paired_gain(const TrialPlan& plan, const std::vector<double>& errors,
                                      size_t place) {
  const auto count = static_cast<double>(plan.replicates);
  const double mean = mean_error(plan, errors, 0) - mean_error(plan, errors, place);
  double squares = 0;
  for (size_t run = 0; run < errors.size(); run += plan.sets.size()) {
    const double off = errors[run] - errors[run + place] - mean;
    squares += off * off;
  }
  return {mean, std::sqrt(squares / (count - 1) / count)};
}

/// Places in the plan of the best pool alone and of the unions, by their number of pools.
std::vector<size_t> prefixes(const TrialPlan& plan) {
  std::vector<size_t> places;
  for (size_t i = 0; i < plan.sets.size(); ++i)
    if (i == 0 || plan.sets[i].pools.size() > 1) places.push_back(i);
  return places;
}

std::vector<Curve> curves(const TrialPlan& plan, const std::vector<int64_t>& n,
                          const Errors& errors, uint64_t seed) {
  std::vector<Curve> out;
  for (size_t set = 0; set < plan.sets.size(); ++set) {
    const auto& pools = plan.sets[set].pools;
    Curve curve;
    curve.pool = plan.sets[set].name;
    curve.role = pools.size() > 1 ? "union" : "pool";
    curve.members = pools;
    curve.N = static_cast<double>(plan.distinct(static_cast<int64_t>(set)));
    for (size_t i = 0; i < errors.size(); ++i)
      for (int64_t r = 0; r < plan.replicates; ++r) {
        Point point;
        point.n = static_cast<double>(n[i]);
        point.error = errors[i][static_cast<size_t>(r) * plan.sets.size() + set];
        point.seed = static_cast<int64_t>(seed) * plan.replicates + r;
        curve.points.push_back(point);
      }
    out.push_back(std::move(curve));
  }
  return out;
}

/// Writes the table `best` and the scalar `switch`.
void compare_unions(const assay::Job& job, const TrialPlan& plan, const std::vector<int64_t>& n,
                    const Errors& errors) {
  const auto places = prefixes(plan);
  std::vector<int64_t> best, wins;
  std::vector<double> epochs, least, over_first, over_all;
  int64_t last_of_first = -1;
  for (size_t i = 0; i < n.size(); ++i) {
    std::vector<double> mean;
    for (const size_t place : places) mean.push_back(mean_error(plan, errors[i], place));
    const auto q = static_cast<size_t>(std::min_element(mean.begin(), mean.end()) - mean.begin());
    int64_t won = 0;
    for (size_t run = 0; run < errors[i].size(); run += plan.sets.size())
      won += std::all_of(places.begin(), places.end(), [&](size_t place) {
        return errors[i][run + places[q]] <= errors[i][run + place];
      });
    if (q == 0) last_of_first = static_cast<int64_t>(i);
    best.push_back(static_cast<int64_t>(q) + 1), wins.push_back(won), least.push_back(mean[q]);
    epochs.push_back(static_cast<double>(n[i]) / static_cast<double>(plan.pool_size));
    over_first.push_back(mean.front() - mean[q]),
        over_all.push_back(places.size() > 1 ? mean.back() - mean[q] : NAN);
  }
  job.rows("best", {{"n", n},
                    {"epochs", epochs},
                    {"best", best},
                    {"error", least},
                    {"gain_on_best_pool", over_first},
                    {"gain_on_all", over_all},
                    {"wins", wins}});
  const auto from = static_cast<size_t>(last_of_first + 1);
  if (from < n.size()) job.scalar("switch", static_cast<double>(n[from]));
}

void log_errors(const assay::Job& job, const TrialPlan& plan, const std::vector<double>& errors,
                int64_t n) {
  for (size_t i = 0; i < plan.sets.size(); ++i) {
    job.scalar("error/" + plan.sets[i].name, n, mean_error(plan, errors, i));
    if (plan.sets[i].pools.size() < 2) continue;
    const auto [gain, se] = paired_gain(plan, errors, i);
    job.scalar("gain/" + plan.sets[i].name, n, gain);
    if (plan.replicates > 1) job.scalar("gain_se/" + plan.sets[i].name, n, se);
  }
}

/// A trial on its way: what is done, what was measured, and how to go on from a checkpoint.
struct Progress {
  const TrialPlan& plan;
  World& world;
  int64_t pieces = 0;  // of the preparation
  int64_t step = 0;
  Errors errors;

  void save(const assay::Job& job) const {
    std::vector<double> flat;
    for (const auto& row : errors) flat.insert(flat.end(), row.begin(), row.end());
    const std::vector<int64_t> at{pieces, step};
    std::vector<assay::Column> columns{{"at", at}, {"errors", flat}};
    world.add_state(columns);
    job.save("state", pieces + step, columns);
  }
  void restore(const assay::Reader& checkpoint) {
    const auto at = checkpoint.read<int64_t>("at");
    pieces = at.at(0), step = at.at(1);
    const auto flat = checkpoint.read<double>("errors");
    const auto runs = plan.runs();
    for (auto row = flat.begin(); row != flat.end(); row += runs)
      errors.emplace_back(row, row + runs);
    world.restore(checkpoint);
  }
  /// Errors of all runs, each a finite number.
  void measure(int64_t n) {
    errors.push_back(world.errors());
    for (size_t run = 0; run < errors.back().size(); ++run)
      if (!(errors.back()[run] <= 1))
        throw assay::Error(ASSAY_DIVERGED, "after " + std::to_string(n) + " samples the error on " +
                                               plan.set(static_cast<int64_t>(run)).name +
                                               " is above 1 or no number; a smaller rate may help");
  }
};

}  // namespace

void Measure::run(assay::Job& job) const {
  const bool resumes = job.has_checkpoint("state");
  if (resumes && job.open("@state").has("done")) return;

  // Draw the pools, and begin a run for each pool, union and replicate.
  const WorldSettings settings = settled();
  const auto plan = TrialPlan::make(settings.pool_count(), settings.pool_size, replicates,
                                    settings.batch, unions);
  const auto n = settings.points();
  const auto world = make_world(job, settings, plan);
  Progress progress{plan, *world, 0, 0, {}};
  if (resumes) progress.restore(job.open("@state"));
  for (; !world->ready(); ++progress.pieces) {
    job.yield([&] { progress.save(job); });
    world->prepare();
    job.progress("preparing", progress.pieces + 1, world->preparations());
  }

  // Train all runs side by side, and measure them on the way.
  while (progress.errors.size() < n.size()) {
    job.yield([&] { progress.save(job); });
    world->step(progress.step++);
    const int64_t seen = progress.step * settings.batch;
    if (seen == n[progress.errors.size()]) {
      progress.measure(seen);
      log_errors(job, plan, progress.errors.back(), seen);
    }
    job.progress("training", seen, n.back());
  }

  // Hand on the curves, and say which union was best when.
  write_curves(job, curves(plan, n, progress.errors, job.seed()));
  compare_unions(job, plan, n, progress.errors);
  world->report(job);
  const std::vector<int64_t> done{1};
  job.save("state", progress.pieces + progress.step, {{"done", done}});
}

}  // namespace qqt

ASSAY_METHOD(qqt::Measure)
