// How a network is trained: the parameters that `train`, `etd_train` and `memorisation` have in
// common. Defaults are those of the released code for accounting and rewinding.
#pragma once
#include "plugins/common/train/trainer.hpp"
#include "plugins/localization/set.hpp"

#include <string>

namespace localization {

/// A network, and stochastic gradient descent under a schedule.
struct Recipe {
  std::string model = "resnet9";
  double width = 1;
  int64_t epochs = 50, batch = 512;
  double lr = 0.01, momentum = 0.9, weight_decay = 5e-4;
  std::string schedule = "cosine_warmup";
  double warmup_fraction = 0.1;

  /// The parameters, and the optional input "network".
  template <class M>
  static void describe(assay::Schema<M>& s) {
    s.param("model", &Recipe::model, "the network").choices({ASSAY_CLASSIFIERS});
    s.param("width", &Recipe::width, "multiplies every hidden width").above(0);
    s.param("epochs", &Recipe::epochs, "of training").min(1).unit("epochs");
    s.param("batch", &Recipe::batch, "examples in a step").min(1).unit("examples");
    s.param("lr", &Recipe::lr, "peak learning rate").above(0);
    s.param("momentum", &Recipe::momentum, "of SGD, not Nesterov").min(0).below(1);
    s.param("weight_decay", &Recipe::weight_decay, "of SGD").min(0);
    s.param("schedule", &Recipe::schedule, "of the learning rate").choices({ASSAY_SCHEDULES});
    s.param("warmup_fraction", &Recipe::warmup_fraction,
            "of the epochs, for triangle and cosine_warmup")
        .min(0)
        .max(1);
    s.input("network", ASSAY_FILE, "the TorchScript file of model = \"torchscript\"",
            ASSAY_OPTIONAL);
  }

  assay::train::Sgd sgd() const { return {momentum, weight_decay}; }
  /// Of the network for these images; std::invalid_argument if images or labels do not fit.
  assay::nn::ClassifierConfig config(const assay::Job& job, const Set& set) const;
  /// Orders and dropout are drawn for "order" and "noise" with `suffix`; `name` is for messages.
  assay::train::TrainerOptions trainer_options(const assay::Job& job, const std::string& name,
                                               const std::string& suffix = "") const;
};

}  // namespace localization
