// Method `train`: trains a network on data of which some examples are memorised, accounts for what
// they contribute to each layer's gradients, and keeps its path through weight
// space for `rewind` and `retrain`. Deviation: two backward passes a step, of the clean and of the
// memorised examples, whose sum is the step's gradient, where the released code adds a third.
#include "plugins/common/train/trainer.hpp"
#include "plugins/localization/answers.hpp"
#include "plugins/localization/history.hpp"
#include "plugins/localization/recipe.hpp"
#include "plugins/localization/set.hpp"
#include "plugins/localization/trajectory.hpp"

#include <memory>

namespace localization {

using assay::train::Learner;
using assay::train::Trainer;

struct Train : Recipe {
  static constexpr const char* name = "train";
  int64_t checkpoint_every = 1;
  bool track_gradients = true;
  std::string cosine_mode = "mean_of_tensors";
  std::vector<std::string> groups;

  static void describe(assay::Schema<Train>& s) {
    s.summary("Trains a network, accounts for its gradients and keeps its path");
    s.flag(ASSAY_RESUMABLE | ASSAY_USES_GPU);
    Recipe::describe(s);
    s.param("checkpoint_every", &Train::checkpoint_every,
            "epochs between those whose weights are kept; so are those before the first and after "
            "the last")
        .min(1)
        .unit("epochs");
    s.param("track_gradients", &Train::track_gradients,
            "accounts for the gradients of clean and of memorised examples");
    s.param("cosine_mode", &Train::cosine_mode,
            "the mean of the tensors' cosines, or that of the concatenated group")
        .choices({"mean_of_tensors", "concatenated"});
    s.param("groups", &Train::groups,
            "of tensors: REGEX=NAME, each parameter's whole name matching those of one NAME; "
            "empty: the network's layers");

    s.input("data", ASSAY_RUN, "a run of localization.data");

    s.output("model", ASSAY_CHECKPOINT, "the network at the end").format("image_classifier");
    s.output("state", ASSAY_CHECKPOINT, "what an interrupted run continues from");
    s.output("loss", ASSAY_SERIES, "mean training loss, by epoch", ASSAY_LOWER_IS_BETTER);
    s.output("clean", ASSAY_SERIES, "accuracy on the clean training examples, by epoch");
    s.output("memorised", ASSAY_SERIES, "on the memorised ones, by their given label");
    s.output("true_label", ASSAY_SERIES, "on the memorised ones, by their true label");
    s.output("test", ASSAY_SERIES, "on the test examples", ASSAY_HEADLINE);
    s.output("curve", ASSAY_TABLE, "the accuracies in long form")
        .column("epoch", ASSAY_INT, "0: before the first step")
        .column("set", ASSAY_STRING, "clean, memorised, true label or test")
        .column("accuracy", ASSAY_REAL);
    History::declare_outputs(s);
    declare_trajectory(s);
  }

  void check() const { check_rules(groups); }
  void run(assay::Job& job) const;
};

namespace {

/// Accuracies in evaluation mode; returns that on the memorised examples.
double log_accuracies(const assay::Job& job, int64_t epoch, const Set& set,
                      assay::nn::Classifier& net) {
  const auto s = shares(set, answers(net, set.train));
  const double test = right(set.test, answers(net, set.test));
  const std::vector<std::string> sets{"clean", "memorised", "true label", "test"};
  const std::vector<double> accuracies{s.clean, s.memorised, s.true_label, test};
  const std::vector<int64_t> epochs(sets.size(), epoch);
  job.rows("curve", {{"epoch", epochs}, {"set", sets}, {"accuracy", accuracies}});
  if (epoch == 0) return s.memorised;
  job.scalar("clean", epoch, s.clean);
  job.scalar("memorised", epoch, s.memorised);
  job.scalar("true_label", epoch, s.true_label);
  job.scalar("test", epoch, test);
  return s.memorised;
}

/// The learner, who leads it, and what is noted by the way.
class Training {
 public:
  Training(const assay::Job& job, const Train& method, const Set& set,
           const assay::nn::ClassifierConfig& config, at::Device device)
      : job_(job),
        method_(method),
        set_(set),
        config_(config),
        device_(device),
        accounting_(at::tensor(set.memorised).to(device, at::kBool)),
        learner_(make_learner(assay::nn::make_classifier(config))),
        groups_(make_groups(network(), method.groups)),
        history_(groups_),
        trainer_(*learner_, set.train, method.trainer_options(job, Train::name)) {}

  Trainer& trainer() { return trainer_; }
  assay::nn::Classifier& network() { return *learner_->network(); }

  void start() {
    log_layout(job_, network(), groups_);
    log_weights(job_, 0, network());
    log_accuracies(job_, 0, set_, network());
  }
  /// Notes what the epoch that is over was made of.
  void end_epoch() {
    const int64_t epoch = trainer_.epochs();
    job_.scalar("loss", epoch, trainer_.losses().back());
    const double memorised = log_accuracies(job_, epoch, set_, network());
    if (autograd_) {
      history_.add(job_,
                   compare(accounting_.clean(), accounting_.noisy(), autograd_->layout(), groups_,
                           method_.cosine_mode == "concatenated" ? CosineMode::concatenated
                                                                 : CosineMode::mean_of_tensors),
                   memorised);
      accounting_.clear();
    }
    if (epoch % method_.checkpoint_every == 0 || trainer_.done())
      log_weights(job_, epoch, network());
  }
  void finish() {
    if (autograd_) history_.log_summary(job_);
    assay::nn::save_classifier(job_, "model", trainer_.steps(), config_, network());
    assay::train::mark_done(job_, trainer_.steps());
  }

  void save() const {
    assay::Columns columns;
    trainer_.add_to(columns);
    if (autograd_) {
      accounting_.add_to(columns);
      history_.add_to(columns);
    }
    job_.save("state", trainer_.steps(), columns.list());
  }
  void resume() {
    const auto state = job_.open("@state");
    trainer_.restore(state);
    if (autograd_) {
      accounting_.restore(state);
      history_.restore(state);
    }
  }

 private:
  /// With accounting, any network trains through autograd; without, as is fastest.
  std::unique_ptr<Learner> make_learner(std::shared_ptr<assay::nn::Classifier> network) {
    const auto sgd = method_.sgd();
    if (!method_.track_gradients)
      return assay::train::make_learner(config_, std::move(network), device_, method_.batch, sgd);
    assay::train::AutogradOptions options;
    options.sgd = sgd;
    options.backward = [this](const at::Tensor& losses, const at::Tensor& ids) {
      accounting_.backward(losses, ids);
    };
    auto learner =
        std::make_unique<assay::train::AutogradLearner>(std::move(network), device_, options);
    autograd_ = learner.get();
    accounting_.attach(*learner);
    return learner;
  }

  const assay::Job& job_;
  const Train& method_;
  const Set& set_;
  const assay::nn::ClassifierConfig& config_;
  at::Device device_;
  Accounting accounting_;
  assay::train::AutogradLearner* autograd_ = nullptr;  // with accounting
  std::unique_ptr<Learner> learner_;
  std::vector<Group> groups_;
  History history_;
  Trainer trainer_;
};

}  // namespace

void Train::run(assay::Job& job) const {
  if (assay::train::was_done(job)) return;

  // Load the data and make a fresh network.
  const auto device = assay::begin(job);
  const auto set = read_set(job.open("data"), device);
  const auto config = this->config(job, set);
  Training training(job, *this, set, config, device);

  // Begin, or go on where an earlier attempt was stopped.
  if (job.has_checkpoint("state"))
    training.resume();
  else
    training.start();

  // Train, with an account of each epoch, and keep the network.
  auto& trainer = training.trainer();
  while (!trainer.done()) {
    job.yield([&] { training.save(); });
    trainer.step();
    if (trainer.epoch_ended()) training.end_epoch();
    job.progress("training", trainer.steps(), trainer.total());
  }
  training.finish();
}

}  // namespace localization

ASSAY_METHOD(localization::Train)
