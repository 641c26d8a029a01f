// Method `removal`: drops the examples of A that look worst and trains a fresh network on the rest
// with the recipe of stage 1 (the paper and its released code; Deviation: equal scores are dropped
// in random order, by a seed, where the released code leaves their order to an unstable sort).
#include "plugins/common/data/source.hpp"
#include "plugins/ssft/scored.hpp"
#include "plugins/ssft/stage.hpp"
#include "plugins/ssft/worst.hpp"

#include <algorithm>
#include <numeric>

namespace ssft {

struct Removal : FirstStage, Recipe {
  static constexpr const char* name = "removal";
  std::string metric = "joint";
  int64_t k = 0;
  int64_t tie_seed = 0;
  std::string part = "test";

  static void describe(assay::Schema<Removal>& s) {
    s.summary("Trains on A without the k worst examples and tests what that gains");
    s.flag(ASSAY_RESUMABLE | ASSAY_USES_GPU);
    s.param("metric", &Removal::metric, "the score that says which are the worst; random: none")
        .choices({"random", "ssft", "fslt", "events", "cum_learn", "cum_forget", "mean_prob",
                  "mean_prob2", "joint", "joint_sum"});
    s.param("k", &Removal::k, "examples dropped").min(0).unit("examples");
    s.param("tie_seed", &Removal::tie_seed,
            "with the run's seed, orders examples with equal scores, and all of them for random")
        .min(0);
    s.param("part", &Removal::part, "which part of `images` tests")
        .choices({"test", "train", "all"});
    FirstStage::describe(s);
    Recipe::describe(s);

    s.input("split", ASSAY_RUN, "a run of ssft.split");
    s.input("scores", ASSAY_RUN, "a run of ssft.score on its A");
    s.input("images", ASSAY_DIR, "labelled as the split's, to test on").format("images");
    s.input("network", ASSAY_FILE, "the TorchScript file of model = \"torchscript\"",
            ASSAY_OPTIONAL);

    s.output("accuracy", ASSAY_SCALAR, "on the test images",
             ASSAY_HIGHER_IS_BETTER | ASSAY_HEADLINE);
    s.output("recall", ASSAY_SCALAR, "share of A's wrong labels that are dropped; NaN without any");
    s.output("precision", ASSAY_SCALAR, "share of wrong labels among those dropped; NaN for k = 0");
    s.output("wrong_labels_left", ASSAY_SCALAR, "in what is trained on").unit("examples");
    s.output("ties", ASSAY_SCALAR, "examples with the score at which dropping stops")
        .unit("examples");
    s.output("ties_dropped", ASSAY_SCALAR, "of them, those that the random order drops")
        .unit("examples");
    s.output("loss", ASSAY_SERIES, "mean training loss, by epoch", ASSAY_LOWER_IS_BETTER);
    s.output("training_accuracy", ASSAY_SERIES,
             "on what is left of A, just before each example's own update, by epoch");
    s.output("dropped", ASSAY_TABLE, "the examples dropped, the worst first")
        .column("index", ASSAY_INT, "in the source")
        .column("group", ASSAY_STRING, "mislabelled; else the split's subgroup; else clean");
    s.output("state", ASSAY_CHECKPOINT, "what an interrupted run continues from");
  }

  void run(assay::Job& job) const;

 private:
  std::vector<double> badness(const assay::Job& job, const Half& a) const;
  bool train(const assay::Job& job, assay::train::Learner& learner,
             const assay::train::Examples& rest) const;
};

namespace {

/// A labelled set on `device`, with at most as many classes as the network.
assay::train::Examples read_test(const assay::Job& job, const std::string& part, int64_t classes,
                                 at::Device device) {
  using assay::data::Part;
  const auto set = assay::data::read_source(job, "images",
                                            part == "train"  ? Part::train
                                            : part == "test" ? Part::test
                                                             : Part::all);
  if (set.classes > classes)
    throw std::invalid_argument(set.source + " has " + std::to_string(set.classes) +
                                " classes, but the split has " + std::to_string(classes) +
                                " labels");
  std::vector<int64_t> index(static_cast<size_t>(set.count));
  std::iota(index.begin(), index.end(), 0);
  auto pixels = assay::data::interleaved(set, index);
  const auto images =
      at::from_blob(pixels.data(), {set.count, set.height, set.width, set.channels}, at::kByte);
  const std::vector<int64_t> labels(set.labels.begin(), set.labels.end());
  return {images.clone().to(device), at::tensor(labels, at::kLong).to(device), {}};
}

void log_dropped(const assay::Job& job, const Half& a, const Worst& worst) {
  std::vector<int64_t> index;
  std::vector<std::string> group;
  int64_t wrong = 0;
  for (const int64_t i : worst.dropped) {
    const auto at = static_cast<size_t>(i);
    index.push_back(a.index[at]);
    group.push_back(a.group[at]);
    wrong += a.noisy[at];
  }
  job.rows("dropped", {{"index", index}, {"group", group}});
  const auto all = static_cast<double>(a.noisy_count());
  job.scalar("recall", static_cast<double>(wrong) / all);
  job.scalar("precision", static_cast<double>(wrong) / static_cast<double>(index.size()));
  job.scalar("wrong_labels_left", all - static_cast<double>(wrong));
  job.scalar("ties", static_cast<double>(worst.ties));
  job.scalar("ties_dropped", static_cast<double>(worst.ties_dropped));
}

}  // namespace

/// How bad each example of A is by the metric; all alike for random.
std::vector<double> Removal::badness(const assay::Job& job, const Half& a) const {
  const auto scored = read_scored(job.open("scores"));
  if (scored.index != a.index)
    throw std::invalid_argument("the scores are of other examples than the split's A");
  if (metric == "random") return std::vector<double>(a.index.size());
  for (size_t c = 0; c < kColumns; ++c) {
    if (metric != kScoreColumns[c].name) continue;
    auto values = scored.columns[c];
    for (auto& v : values) v *= kScoreColumns[c].direction;
    return values;
  }
  throw std::invalid_argument("there is no metric \"" + metric + "\"");
}

/// To the end, or to patience_a epochs without an error; false if an earlier attempt logged all.
bool Removal::train(const assay::Job& job, assay::train::Learner& learner,
                    const assay::train::Examples& rest) const {
  assay::train::Trainer trainer(learner, rest,
                                trainer_options(job, "a", epochs_a, lr_a, rest.size()));
  int64_t perfect = 0;
  if (job.has_checkpoint("state")) {
    const auto state = job.open("@state");
    perfect = state.read<int64_t>("perfect").at(0);
    if (perfect < 0) return false;
    trainer.restore(state);
  }
  while (!trainer.done() && !(patience_a && perfect >= patience_a)) {
    job.yield([&] {
      const std::vector<int64_t> count{perfect};
      assay::Columns columns;
      columns.add("perfect", count);
      trainer.add_to(columns);
      job.save("state", trainer.steps(), columns.list());
    });
    trainer.step();
    if (trainer.epoch_ended()) {
      const auto right =
          std::accumulate(trainer.right().begin(), trainer.right().end(), int64_t{0});
      perfect += right == rest.size();
      job.scalar("loss", trainer.epochs(), trainer.losses().back());
      job.scalar("training_accuracy", trainer.epochs(),
                 static_cast<double>(right) / static_cast<double>(rest.size()));
    }
    job.progress("training", trainer.steps(), trainer.total());
  }
  return true;
}

void Removal::run(assay::Job& job) const {
  // Drop the k worst examples of A.
  const auto device = assay::begin(job);
  const auto split = job.open("split");
  const auto a = read_half(split, "a");
  const auto worst = find_worst(badness(job, a), k, job.key("ties " + std::to_string(tie_seed)));

  // Train a fresh network on the rest.
  const auto classes = static_cast<int64_t>(class_names(split).size());
  const auto rest = read_examples(split, "a", device).subset(worst.kept);
  const auto config = this->config(job, rest, classes);
  const auto test = read_test(job, part, classes, device);
  assay::train::check_fits(test, config);
  const auto learner = assay::train::make_learner(config, assay::nn::make_classifier(config),
                                                  device, batch, {momentum, weight_decay});
  if (!train(job, *learner, rest)) return;

  // Test it.
  log_dropped(job, a, worst);
  job.scalar("accuracy", learner->evaluate(test, assay::train::EvalNorm::running).accuracy());
  const std::vector<int64_t> finished{-1};
  job.save("state", epochs_a, {{"perfect", finished}});
}

}  // namespace ssft

ASSAY_METHOD(ssft::Removal)
