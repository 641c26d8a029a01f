// How a network is trained: the parameters that the stages and `removal` have in common.
#pragma once
#include "plugins/common/train/trainer.hpp"

#include <assay/plugin.hpp>

namespace ssft {

/// Stochastic gradient descent under a schedule.
struct Recipe {
  int64_t batch = 512;
  double momentum = 0.9, weight_decay = 5e-4;
  std::string schedule = "triangle";
  double warmup_epochs = -1;
  bool reference_schedule = false;

  template <class M>
  static void describe(assay::Schema<M>& s) {
    s.param("batch", &Recipe::batch, "examples in a step").min(1).unit("examples");
    s.param("momentum", &Recipe::momentum, "of SGD, not Nesterov").min(0).below(1);
    s.param("weight_decay", &Recipe::weight_decay, "of SGD").min(0);
    s.param("schedule", &Recipe::schedule, "of the learning rate").choices({ASSAY_SCHEDULES});
    s.param("warmup_epochs", &Recipe::warmup_epochs,
            "of the triangle schedule; -1: a tenth of the epochs")
        .min(-1)
        .unit("epochs");
    s.param("reference_schedule", &Recipe::reference_schedule,
            "counts an epoch as one step more than it has, as the released code does");
  }

  /// For `epochs` over that many examples with the peak rate `peak`; orders and dropout are drawn
  /// for the stage `name`.
  assay::train::TrainerOptions trainer_options(const assay::Job& job, const std::string& name,
                                               int64_t epochs, double peak, int64_t examples) const;
};

/// The network, and what stage 1 adds to the recipe.
struct FirstStage {
  std::string model = "resnet9";
  double width = 1;
  int64_t epochs_a = 100;
  double lr_a = 0.1;
  int64_t patience_a = 5;

  template <class M>
  static void describe(assay::Schema<M>& s) {
    s.param("model", &FirstStage::model, "the network").choices({ASSAY_CLASSIFIERS});
    s.param("width", &FirstStage::width, "multiplies every hidden width").above(0);
    s.param("epochs_a", &FirstStage::epochs_a, "epochs on A").min(1).unit("epochs");
    s.param("lr_a", &FirstStage::lr_a, "peak learning rate on A").above(0);
    s.param("patience_a", &FirstStage::patience_a,
            "ends the stage after so many epochs without a training error, not necessarily in a "
            "row; 0: never")
        .min(0)
        .unit("epochs");
  }

  /// Of a network for these images; the job's optional input "network" is the TorchScript of
  /// model = "torchscript". std::invalid_argument if images or labels do not fit.
  assay::nn::ClassifierConfig config(const assay::Job& job, const assay::train::Examples& images,
                                     int64_t classes) const;
};

}  // namespace ssft
