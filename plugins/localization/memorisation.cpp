// Method `memorisation`: how much a network needs to have seen an example to get it right, and
// which training examples decide about which test examples (Feldman and Zhang 2020, the estimate
// that the paper builds on). Deviation: plain SGD with a schedule, which plans a small
// network's steps in advance and makes J models cheap, where an adaptive optimiser is as common.
#include "plugins/common/stats/ranking.hpp"
#include "plugins/common/train/trainer.hpp"
#include "plugins/localization/feldman.hpp"
#include "plugins/localization/recipe.hpp"
#include "plugins/localization/set.hpp"

#include <ATen/Context.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace localization {

struct Memorisation : Recipe {
  static constexpr const char* name = "memorisation";
  int64_t mem_models = 100;
  double mem_fraction = 0.7, mem_threshold = 0.25;
  int64_t pairs = 50;

  static void describe(assay::Schema<Memorisation>& s) {
    s.summary("Scores how far each example is learned by heart, from models on random subsets");
    s.flag(ASSAY_RESUMABLE | ASSAY_USES_GPU);
    s.param("mem_models", &Memorisation::mem_models, "J, models trained").min(2).unit("models");
    s.param("mem_fraction", &Memorisation::mem_fraction, "share of the examples in a subset")
        .above(0)
        .below(1);
    s.param("mem_threshold", &Memorisation::mem_threshold,
            "an example with a greater score counts as memorised");
    Recipe::describe(s);
    s.param("pairs", &Memorisation::pairs,
            "how many of the most influential pairs are kept, of a memorised training example and "
            "a test example")
        .min(0)
        .unit("pairs");

    s.input("data", ASSAY_RUN, "a run of localization.data");

    s.output("state", ASSAY_CHECKPOINT, "what an interrupted run continues from");
    s.output("accuracy_in", ASSAY_SERIES, "of each model on its subset");
    s.output("accuracy_out", ASSAY_SERIES, "of each model on the other training examples");
    s.output("accuracy_test", ASSAY_SERIES, "of each model on the test examples");
    s.output("auc", ASSAY_SCALAR,
             "the probability that a mislabelled example has the greater score, ties 1/2",
             ASSAY_HIGHER_IS_BETTER | ASSAY_HEADLINE);
    s.output("mean/*", ASSAY_SCALAR, "by group, mislabelled and clean: mean score");
    s.output("above/*", ASSAY_SCALAR, "by group: share with a score above mem_threshold");
    s.output("undefined", ASSAY_SCALAR, "examples that every subset has, or none").unit("examples");
    s.output("scores", ASSAY_TABLE, "a training example a row")
        .format("scores")
        .column("example", ASSAY_INT, "in the training set")
        .column("index", ASSAY_INT, "in the source of the data")
        .column("label", ASSAY_INT, "as given")
        .column("true_label", ASSAY_INT)
        .column("group", ASSAY_STRING, "mislabelled or clean")
        .column("score", ASSAY_REAL, "p_in - p_out; NaN: undefined")
        .column("error", ASSAY_REAL, "its standard error")
        .column("p_in", ASSAY_REAL, "share right of the models that saw it")
        .column("p_out", ASSAY_REAL, "of those that did not")
        .column("n_in", ASSAY_INT)
        .column("n_out", ASSAY_INT);
    s.output("pairs", ASSAY_TABLE, "the most influential pairs, the strongest first")
        .column("example", ASSAY_INT, "in the training set")
        .column("test", ASSAY_INT, "in the test set")
        .column("influence", ASSAY_REAL)
        .column("score", ASSAY_REAL, "memorisation of the training example")
        .column("label", ASSAY_INT, "of the training example, as given")
        .column("test_label", ASSAY_INT);
    s.output("pair_images", ASSAY_ARRAY, "training, test, training, test ... images of the pairs")
        .format("images");
    s.output("captions", ASSAY_TABLE, "a row for each of these images")
        .column("part", ASSAY_STRING, "train or test")
        .column("label", ASSAY_INT)
        .column("influence", ASSAY_REAL);
  }

  void run(assay::Job& job) const;

 private:
  void train(const assay::Job& job, const Set& set, at::Device device, int64_t j,
             struct Ballots& ballots) const;
  void log(const assay::Job& job, const Set& set, const struct Ballots& ballots) const;
};

/// What the models say so far, J rows each: whether an example was in the subset, and whether the
/// model is right about it.
struct Ballots {
  Votes in, train, test;

  void save(const assay::Job& job) const {
    job.save("state", in.models(),
             {{"in", in.values}, {"train", train.values}, {"test", test.values}});
  }
  void restore(const assay::Reader& state) {
    in.values = state.read<uint8_t>("in");
    train.values = state.read<uint8_t>("train");
    test.values = state.read<uint8_t>("test");
  }
};

namespace {

/// Mean of `x` where `flag` says so; NaN of nothing.
double mean_where(const std::vector<double>& x, const std::vector<uint8_t>& flag, bool wanted) {
  double sum = 0, count = 0;
  for (size_t i = 0; i < x.size(); ++i)
    if (static_cast<bool>(flag[i]) == wanted && !std::isnan(x[i])) sum += x[i], ++count;
  return count > 0 ? sum / count : std::numeric_limits<double>::quiet_NaN();
}

void log_scores(const assay::Job& job, const Set& set, const Scores& m,
                const std::vector<int64_t>& label, const std::vector<uint8_t>& mislabelled) {
  std::vector<int64_t> example(label.size());
  std::iota(example.begin(), example.end(), 0);
  std::vector<std::string> group;
  for (const auto wrong : mislabelled) group.emplace_back(wrong ? "mislabelled" : "clean");
  job.rows("scores", {{"example", example},
                      {"index", set.index},
                      {"label", label},
                      {"true_label", set.true_label},
                      {"group", group},
                      {"score", m.score},
                      {"error", m.error},
                      {"p_in", m.p_in},
                      {"p_out", m.p_out},
                      {"n_in", m.n_in},
                      {"n_out", m.n_out}});
}

void log_pairs(const assay::Job& job, const Set& set, const Scores& m,
               const std::vector<Influence>& pairs) {
  const auto labels = set.train.labels.cpu(), test_labels = set.test.labels.cpu();
  std::vector<int64_t> example, test, label, test_label, shown;
  std::vector<double> influence, score, shown_influence;
  std::vector<std::string> parts;
  std::vector<at::Tensor> images;
  for (const auto& pair : pairs) {
    example.push_back(pair.train);
    test.push_back(pair.test);
    influence.push_back(pair.value);
    score.push_back(m.score[static_cast<size_t>(pair.train)]);
    label.push_back(labels[pair.train].item<int64_t>());
    test_label.push_back(test_labels[pair.test].item<int64_t>());
    images.push_back(set.train.images[pair.train]);
    images.push_back(set.test.images[pair.test]);
    parts.insert(parts.end(), {"train", "test"});
    shown.insert(shown.end(), {label.back(), test_label.back()});
    shown_influence.insert(shown_influence.end(), {pair.value, pair.value});
  }
  job.rows("pairs", {{"example", example},
                     {"test", test},
                     {"influence", influence},
                     {"score", score},
                     {"label", label},
                     {"test_label", test_label}});
  if (images.empty()) return;
  auto stack = at::stack(images);  // (2 pairs, H, W, C)
  if (stack.size(3) == 1) stack = stack.squeeze(3);
  job.array("pair_images", assay::View(stack));
  job.rows("captions", {{"part", parts}, {"label", shown}, {"influence", shown_influence}});
}

}  // namespace

/// Model j: a fresh network on a random subset; then it votes on every example.
void Memorisation::train(const assay::Job& job, const Set& set, at::Device device, int64_t j,
                         Ballots& ballots) const {
  using assay::train::EvalNorm;
  // Draw the subset and the initial weights.
  const auto members = subset(set.size(), mem_fraction, j, job.key("subsets"));
  const auto data = set.train.subset(members);
  const std::string number = " " + std::to_string(j);
  auto generator = at::globalContext().defaultGenerator(at::kCPU);
  generator.set_current_seed(job.key("weights" + number));
  const auto config = this->config(job, set);
  const auto learner =
      assay::train::make_learner(config, assay::nn::make_classifier(config), device, batch, sgd());

  // Train.
  assay::train::Trainer trainer(*learner, data, trainer_options(job, "model" + number, number));
  while (!trainer.done()) {
    job.yield([&] { ballots.save(job); });
    trainer.step();
    job.progress("training", j * trainer.total() + trainer.steps(), mem_models * trainer.total());
  }

  // Vote.
  std::vector<uint8_t> in(static_cast<size_t>(set.size()));
  for (const int64_t i : members) in[static_cast<size_t>(i)] = 1;
  ballots.in.append(in);
  ballots.train.append(learner->evaluate(set.train, EvalNorm::running).correct);
  ballots.test.append(learner->evaluate(set.test, EvalNorm::running).correct);
}

void Memorisation::log(const assay::Job& job, const Set& set, const Ballots& ballots) const {
  // Score every training example.
  const auto m = memorisation(ballots.in, ballots.train);
  const auto labels = set.train.labels.cpu();
  const std::vector<int64_t> label(labels.const_data_ptr<int64_t>(),
                                   labels.const_data_ptr<int64_t>() + set.size());
  std::vector<uint8_t> mislabelled, known_mislabelled;
  std::vector<double> known, above;
  std::vector<int64_t> candidates;
  for (size_t i = 0; i < label.size(); ++i) {
    const double score = m.score[i];
    mislabelled.push_back(label[i] != set.true_label[i]);
    above.push_back(std::isnan(score) ? score : score > mem_threshold);
    if (std::isnan(score)) continue;
    known.push_back(score);
    known_mislabelled.push_back(mislabelled.back());
    if (score > mem_threshold) candidates.push_back(static_cast<int64_t>(i));
  }
  log_scores(job, set, m, label, mislabelled);
  job.scalar("auc", assay::stats::auc(known, known_mislabelled));
  job.scalar("undefined", static_cast<double>(label.size() - known.size()));
  for (const bool wrong : {true, false}) {
    const std::string group = wrong ? "mislabelled" : "clean";
    job.scalar("mean/" + group, mean_where(m.score, mislabelled, wrong));
    job.scalar("above/" + group, mean_where(above, mislabelled, wrong));
  }

  // Say how good the models were.
  for (int64_t j = 0; j < ballots.in.models(); ++j) {
    const auto in = ballots.in.model(j), right = ballots.train.model(j),
               test = ballots.test.model(j);
    const std::vector<double> train_right(right.begin(), right.end()),
        test_right(test.begin(), test.end());
    const std::vector<uint8_t> member(in.begin(), in.end()), all(test.size());
    job.scalar("accuracy_in", j, mean_where(train_right, member, true));
    job.scalar("accuracy_out", j, mean_where(train_right, member, false));
    job.scalar("accuracy_test", j, mean_where(test_right, all, false));
  }

  // Find what the memorised examples decide.
  log_pairs(job, set, m, strongest(ballots.in, ballots.test, candidates, pairs));
}

void Memorisation::run(assay::Job& job) const {
  if (assay::train::was_done(job)) return;

  // Train model after model, and let each vote.
  const auto device = assay::begin(job);
  const auto set = read_set(job.open("data"), device);
  Ballots ballots{{set.size(), {}}, {set.size(), {}}, {set.test.size(), {}}};
  if (job.has_checkpoint("state")) ballots.restore(job.open("@state"));
  for (int64_t j = ballots.in.models(); j < mem_models; ++j) train(job, set, device, j, ballots);

  // Report.
  log(job, set, ballots);
  assay::train::mark_done(job, mem_models);
}

}  // namespace localization

ASSAY_METHOD(localization::Memorisation)
