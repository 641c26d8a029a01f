// Method `etd_train`: trains a network whose memorisation channels are tied to examples, or
// with a baseline in the same places. Deviation: no rescaling of activations in
// training, and masks from a counter-based hash instead of a table that the first epoch fills; the
// released code seeds the global generator with the example's index, so that layers of equal width
// have equal masks: mask_sharing = "same_across_layers".
#include "plugins/common/train/autograd_learner.hpp"
#include "plugins/common/train/trainer.hpp"
#include "plugins/localization/recipe.hpp"
#include "plugins/localization/set.hpp"
#include "plugins/localization/sites.hpp"

namespace localization {

struct EtdTrain : Recipe {
  static constexpr const char* name = "etd_train";
  EtdTrain() { lr = 0.1, schedule = "triangle"; }
  std::string regulariser = "etd";
  double p_gen = 0.2, p_mem = 0.1;
  std::vector<std::string> etd_layers;
  int64_t mask_seed = 7;
  std::string mask_sharing = "independent";
  int64_t eval_every = 1;

  static void describe(assay::Schema<EtdTrain>& s) {
    s.summary("Trains a network whose memorisation channels are tied to examples");
    s.flag(ASSAY_RESUMABLE | ASSAY_USES_GPU);
    s.param("regulariser", &EtdTrain::regulariser,
            "etd: example-tied dropout; dropout, sparse (one random set of channels) with the same "
            "share of channels on; none")
        .choices({"etd", "dropout", "sparse", "none"});
    s.param("p_gen", &EtdTrain::p_gen, "share of channels that generalise: always on")
        .above(0)
        .max(1);
    s.param("p_mem", &EtdTrain::p_mem, "share of the other channels that an example owns")
        .min(0)
        .max(1);
    s.param("etd_layers", &EtdTrain::etd_layers,
            "segments after which it acts; empty: as in the paper, by model");
    s.param("mask_seed", &EtdTrain::mask_seed, "chooses the examples' channels").min(0);
    s.param("mask_sharing", &EtdTrain::mask_sharing,
            "independent masks in every layer, or the same ones in layers of equal width")
        .choices({"independent", "same_across_layers"});
    Recipe::describe(s);
    s.param("eval_every", &EtdTrain::eval_every, "epochs between evaluations")
        .min(1)
        .unit("epochs");

    s.input("data", ASSAY_RUN, "a run of localization.data");

    s.output("model", ASSAY_CHECKPOINT, "the network, and what acts in it")
        .format("image_classifier");
    s.output("state", ASSAY_CHECKPOINT, "what an interrupted run continues from");
    s.output("loss", ASSAY_SERIES, "mean training loss, by epoch", ASSAY_LOWER_IS_BETTER);
    s.output("curve", ASSAY_TABLE, "accuracies while training")
        .column("epoch", ASSAY_INT, "from 1")
        .column("mode", ASSAY_STRING, "tied: as trained, own channels on; drop: without them")
        .column("set", ASSAY_STRING, "clean, memorised, or test (drop alone)")
        .column("accuracy", ASSAY_REAL);
  }

  void check() const {
    if (model == "torchscript")
      throw assay::Error(
          ASSAY_INVALID_ARGUMENT,
          "etd_train acts between the segments of a network, and a TorchScript module "
          "has one: take one of the other models");
  }

  void run(assay::Job& job) const;

 private:
  void log_curve(const assay::Job& job, int64_t epoch, const Set& set, Sites& sites) const;
};

/// Accuracies with everything on and with the memorisation channels dropped.
void EtdTrain::log_curve(const assay::Job& job, int64_t epoch, const Set& set, Sites& net) const {
  const auto forward = [&](const at::Tensor& x, const at::Tensor& ids) {
    return net.forward(x, ids);
  };
  std::vector<std::string> modes, sets;
  std::vector<double> accuracies;
  for (const auto mode : {SiteMode::tied, SiteMode::drop}) {
    net.set_mode(mode);
    const bool drop = mode == SiteMode::drop;
    const auto s = shares(set, assay::train::predict(forward, set.train));
    const auto add = [&](const char* which, double accuracy) {
      modes.emplace_back(drop ? "drop" : "tied");
      sets.emplace_back(which);
      accuracies.push_back(accuracy);
    };
    add("clean", s.clean);
    add("memorised", s.memorised);
    if (drop)
      add("test", assay::train::predict(forward, set.test)
                      .eq(set.test.labels)
                      .to(at::kDouble)
                      .mean()
                      .item<double>());
  }
  const std::vector<int64_t> epoch_column(modes.size(), epoch);
  job.rows("curve",
           {{"epoch", epoch_column}, {"mode", modes}, {"set", sets}, {"accuracy", accuracies}});
}

void EtdTrain::run(assay::Job& job) const {
  if (assay::train::was_done(job)) return;

  // Load the data and make the network, with its sites.
  const auto device = assay::begin(job);
  const auto set = read_set(job.open("data"), device);
  const auto config = this->config(job, set);
  const auto network = assay::nn::make_classifier(config);
  network->to(device);
  Sites net(job, network, config, {regulariser, p_gen, p_mem, etd_layers, mask_seed, mask_sharing},
            set.size());

  // Train; the example's number travels with it.
  assay::train::AutogradOptions options;
  options.sgd = sgd();
  options.forward = [&net](const at::Tensor& x, const at::Tensor& ids) {
    return net.forward(x, ids);
  };
  assay::train::AutogradLearner learner(network, device, options);
  assay::train::Trainer trainer(learner, set.train, trainer_options(job, name));
  if (job.has_checkpoint("state")) trainer.restore(job.open("@state"));
  while (!trainer.done()) {
    job.yield([&] {
      assay::Columns columns;
      trainer.add_to(columns);
      job.save("state", trainer.steps(), columns.list());
    });
    net.set_mode(SiteMode::train);
    trainer.step();
    job.progress("training", trainer.steps(), trainer.total());
    if (!trainer.epoch_ended()) continue;
    job.scalar("loss", trainer.epochs(), trainer.losses().back());
    if (trainer.epochs() % eval_every == 0 || trainer.done())
      log_curve(job, trainer.epochs(), set, net);
  }

  // Keep the network and what acts in it.
  assay::Columns columns;
  assay::nn::add_classifier(columns, config, *network);
  columns.add("sites", to_json(net.options()));
  job.save("model", trainer.steps(), columns.list());
  assay::train::mark_done(job, trainer.steps());
}

}  // namespace localization

ASSAY_METHOD(localization::EtdTrain)
