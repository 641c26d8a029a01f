// Method `retrain`: one group of layers is set back to what it was before training and trained
// again on clean examples alone, with everything else frozen. A group that gets
// memorised examples right again without seeing them did not hold them. Deviation: the released
// code inverts its mask twice, so that it trains on the memorised examples and swaps their curve
// with the clean one, and freezes copies of the parameters, so that every layer trains.
#include "plugins/common/train/autograd_learner.hpp"
#include "plugins/common/train/trainer.hpp"
#include "plugins/localization/answers.hpp"
#include "plugins/localization/prefix.hpp"
#include "plugins/localization/set.hpp"
#include "plugins/localization/trajectory.hpp"

#include <algorithm>
#include <numeric>

namespace localization {

using assay::train::Trainer;

struct Retrain {
  static constexpr const char* name = "retrain";
  double retrain_lr = 0.01;
  int64_t retrain_epochs = 20, retrain_patience = 3, batch = 512;
  std::string schedule = "triangle";
  double warmup_fraction = 0.5;
  double momentum = 0.9, weight_decay = 5e-4;
  std::vector<std::string> groups;
  bool keep_weights = false;

  static void describe(assay::Schema<Retrain>& s) {
    s.summary("Accuracies while one group of layers is trained anew, without what is memorised");
    s.flag(ASSAY_RESUMABLE | ASSAY_USES_GPU);
    s.param("retrain_lr", &Retrain::retrain_lr, "peak learning rate").above(0);
    s.param("retrain_epochs", &Retrain::retrain_epochs, "at most, on the clean examples")
        .min(1)
        .unit("epochs");
    s.param("retrain_patience", &Retrain::retrain_patience,
            "ends after so many epochs with every clean example right, not necessarily in a row; "
            "0: never")
        .min(0)
        .unit("epochs");
    s.param("batch", &Retrain::batch, "examples in a step").min(1).unit("examples");
    s.param("schedule", &Retrain::schedule, "of the learning rate").choices({ASSAY_SCHEDULES});
    s.param("warmup_fraction", &Retrain::warmup_fraction,
            "of the epochs, for triangle and cosine_warmup")
        .min(0)
        .max(1);
    s.param("momentum", &Retrain::momentum, "of SGD, not Nesterov").min(0).below(1);
    s.param("weight_decay", &Retrain::weight_decay, "of SGD").min(0);
    s.param("groups", &Retrain::groups,
            "of tensors: REGEX=NAME, as for localization.train; empty: those of the training run");
    s.param("keep_weights", &Retrain::keep_weights, "logs the array `weights`");

    s.input("data", ASSAY_RUN, "a run of localization.data");
    s.input("train", ASSAY_RUN, "a run of localization.train");
    s.input("model", ASSAY_CHECKPOINT, "its network").format("image_classifier");

    s.output("state", ASSAY_CHECKPOINT, "what an interrupted run continues from");
    s.output("curve", ASSAY_TABLE, "accuracies while a group is trained anew, in long form")
        .column("group", ASSAY_STRING)
        .column("layer", ASSAY_INT, "the group's place in the network, from 0")
        .column("epoch", ASSAY_INT, "0: set back, not yet trained")
        .column("set", ASSAY_STRING, "clean, memorised, true label or test")
        .column("accuracy", ASSAY_REAL);
    for (const char* metric : {"clean/*", "memorised/*", "true_label/*", "test/*"})
      s.output(metric, ASSAY_SERIES, "accuracy by group and epoch");
    s.output("restored", ASSAY_SCALAR, "groups that end with memorised at least 0.9",
             ASSAY_HEADLINE);
    s.output("lost", ASSAY_SCALAR, "groups that end with memorised at most 0.35");
    s.output("lowest_clean", ASSAY_SCALAR, "the least accuracy on clean examples at a group's end");
    s.output("weights", ASSAY_ARRAY,
             "by the group's place: the network's weights at the end, as in localization.train");
  }

  void run(assay::Job& job) const;
};

namespace {

/// What every group's training starts from.
struct Trained {
  const Set& set;
  std::shared_ptr<assay::nn::Classifier> net;
  at::Device device;
  const Trajectory& trajectory;
  std::vector<int64_t> clean_ids;
  assay::train::Examples clean;
};

/// One group: set back, then trained on the clean examples in evaluation mode, from the inputs of
/// its first layer.
class Session {
 public:
  Session(const assay::Job& job, const Retrain& method, const Trained& trained, const Group& group)
      : set_(trained.set),
        patience_(method.retrain_patience),
        net_(set_back(trained, group)),
        train_(*net_, set_.train, first_segment(*net_, group)),
        test_(*net_, set_.test, first_segment(*net_, group)),
        clean_ids_(at::tensor(trained.clean_ids).to(trained.device)),
        learner_(net_, trained.device, options(method, group)),
        trainer_(learner_, trained.clean,
                 {"group " + group.name,
                  method.batch,
                  {method.schedule, method.retrain_lr, method.retrain_epochs,
                   method.warmup_fraction * static_cast<double>(method.retrain_epochs), 0},
                  job.key("order " + group.name),
                  job.key("noise " + group.name)}) {}

  const Trainer& trainer() const { return trainer_; }
  bool done() const { return trainer_.done() || (patience_ && perfect_epochs_ >= patience_); }
  void step() { trainer_.step(); }

  struct Accuracies {
    double clean, memorised, true_label, test;
  };
  /// Call once an epoch: it counts those without an error.
  Accuracies evaluate() {
    const auto s = shares(set_, train_.predicted());
    perfect_epochs_ += s.clean == 1 && trainer_.steps() > 0;
    return {s.clean, s.memorised, s.true_label, right(set_.test, test_.predicted())};
  }

  void add_to(assay::Columns& columns) const {
    columns.add("perfect_epochs", at::tensor(std::vector<int64_t>{perfect_epochs_}));
    trainer_.add_to(columns);
  }
  void restore(const assay::Reader& state) {
    perfect_epochs_ = state.read<int64_t>("perfect_epochs").at(0);
    trainer_.restore(state);
  }

 private:
  static std::shared_ptr<assay::nn::Classifier> set_back(const Trained& trained,
                                                         const Group& group) {
    for (const auto& p : trained.net->named_parameters())
      trained.trajectory.put(trained.trajectory.end(), {p.key()});
    trained.trajectory.put(0, group.parameters);
    trained.net->eval();
    return trained.net;
  }

  assay::train::AutogradOptions options(const Retrain& method, const Group& group) {
    assay::train::AutogradOptions o;
    o.sgd = {method.momentum, method.weight_decay};
    o.frozen_norms = true;
    o.trains = [&group](const std::string& parameter) {
      const auto& mine = group.parameters;
      return std::find(mine.begin(), mine.end(), parameter) != mine.end();
    };
    o.forward = [this](const at::Tensor&, const at::Tensor& ids) {
      return train_.forward(clean_ids_.index_select(0, ids));
    };
    return o;
  }

  const Set& set_;
  int64_t patience_, perfect_epochs_ = 0;
  std::shared_ptr<assay::nn::Classifier> net_;
  Prefix train_, test_;
  at::Tensor clean_ids_;
  assay::train::AutogradLearner learner_;
  Trainer trainer_;
};

void log_accuracies(const assay::Job& job, const std::string& group, int64_t layer, int64_t epoch,
                    const Session::Accuracies& a) {
  const std::vector<std::string> sets{"clean", "memorised", "true label", "test"}, groups(4, group);
  const std::vector<int64_t> layers(4, layer), epochs(4, epoch);
  const std::vector<double> values{a.clean, a.memorised, a.true_label, a.test};
  job.rows("curve", {{"group", groups},
                     {"layer", layers},
                     {"epoch", epochs},
                     {"set", sets},
                     {"accuracy", values}});
  job.scalar("clean/" + group, epoch, a.clean);
  job.scalar("memorised/" + group, epoch, a.memorised);
  job.scalar("true_label/" + group, epoch, a.true_label);
  job.scalar("test/" + group, epoch, a.test);
}

/// Accuracies at the end of the groups that are done.
struct Ends {
  std::vector<double> clean, memorised;

  void add(const Session::Accuracies& a) {
    clean.push_back(a.clean);
    memorised.push_back(a.memorised);
  }
  void log(const assay::Job& job) const {
    const auto count = [this](auto&& is) {
      return static_cast<double>(std::count_if(memorised.begin(), memorised.end(), is));
    };
    job.scalar("restored", count([](double m) { return m >= 0.9; }));
    job.scalar("lost", count([](double m) { return m <= 0.35; }));
    job.scalar("lowest_clean", *std::min_element(clean.begin(), clean.end()));
  }
};

}  // namespace

void Retrain::run(assay::Job& job) const {
  // Load the data, the trained network and its path.
  const auto device = assay::begin(job);
  const auto set = read_set(job.open("data"), device);
  const auto config = assay::nn::read_config(job.open("model"));
  assay::train::check_fits(set.train, config);
  const auto network = assay::nn::make_classifier(config);
  network->to(device);
  const Trajectory trajectory(job.open("train"), *network);
  trajectory.check_kept({0});
  const auto tensor_groups = trajectory.groups(groups);
  const auto clean = set.where(false);
  const Trained trained{set, network, device, trajectory, clean, set.train.subset(clean)};

  // Go on with the group that an earlier attempt was at.
  size_t first = 0;
  Ends ends;
  const bool resumes = job.has_checkpoint("state");
  if (resumes) {
    const auto state = job.open("@state");
    first = static_cast<size_t>(state.read<int64_t>("group").at(0));
    if (first == tensor_groups.size()) return;
    ends = {state.read<double>("ends.clean"), state.read<double>("ends.memorised")};
  }

  // Set each group back and train it anew.
  for (size_t g = first; g < tensor_groups.size(); ++g) {
    const auto& group = tensor_groups[g];
    const auto layer = static_cast<int64_t>(g);
    const std::vector<int64_t> position{layer};
    Session session(job, *this, trained, group);
    if (resumes && g == first)
      session.restore(job.open("@state"));
    else
      log_accuracies(job, group.name, layer, 0, session.evaluate());
    while (!session.done()) {
      job.yield([&] {
        assay::Columns columns;
        columns.add("group", position);
        columns.add("ends.clean", ends.clean).add("ends.memorised", ends.memorised);
        session.add_to(columns);
        job.save("state", layer * retrain_epochs + session.trainer().epochs(), columns.list());
      });
      session.step();
      job.progress(group.name.c_str(), session.trainer().steps(), session.trainer().total());
      if (!session.trainer().epoch_ended()) continue;
      const auto accuracies = session.evaluate();
      log_accuracies(job, group.name, layer, session.trainer().epochs(), accuracies);
      if (session.done()) ends.add(accuracies);
    }
    if (keep_weights) log_weights(job, layer, *network);
  }
  ends.log(job);
  const std::vector<int64_t> over{static_cast<int64_t>(tensor_groups.size())};
  job.save("state", over[0] * retrain_epochs, {{"group", over}});
}

}  // namespace localization

ASSAY_METHOD(localization::Retrain)
