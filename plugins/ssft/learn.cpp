// Method `learn`: the first stage. Trains a fresh network on A and watches when each example of A
// is learned (paper §3).
#include "plugins/ssft/stage.hpp"

namespace ssft {

struct Learn : Training {
  static constexpr const char* name = "learn";
  std::string model = "resnet9";
  double width = 1;
  int64_t epochs_a = 100;
  double lr_a = 0.1;
  int64_t patience_a = 5;

  static void describe(assay::Schema<Learn>& s) {
    s.summary("Trains a network on A and records when each example of A is learned");
    s.flag(ASSAY_RESUMABLE | ASSAY_USES_GPU);
    s.param("model", &Learn::model, "the network").choices({ASSAY_CLASSIFIERS});
    s.param("width", &Learn::width, "multiplies every hidden width").above(0);
    s.param("epochs_a", &Learn::epochs_a, "epochs on A").min(1).unit("epochs");
    s.param("lr_a", &Learn::lr_a, "peak learning rate on A").above(0);
    s.param("patience_a", &Learn::patience_a,
            "ends the stage after so many epochs without a training error, not necessarily in a "
            "row; 0: never")
        .min(0)
        .unit("epochs");
    Training::describe(s);
    s.input("split", ASSAY_RUN, "a run of ssft.split");
    s.input("network", ASSAY_FILE, "the TorchScript file of model = \"torchscript\"",
            ASSAY_OPTIONAL);
    Training::declare_outputs(s);
    s.output("correct_training", ASSAY_ARRAY,
             "(epochs, ceil(N / 8)): right just before its own update, packed as `correct`");
  }

  void run(assay::Job& job) const {
    if (assay::train::was_done(job)) return;

    // Load A and make a fresh network.
    const auto device = assay::begin(job);
    const auto split = job.open("split");
    const auto a = read_examples(split, "a", device);
    const assay::nn::ClassifierConfig config{model,
                                             width,
                                             a.shape(),
                                             static_cast<int64_t>(class_names(split).size()),
                                             a.pixels,
                                             1,
                                             assay::nn::read_torchscript(job)};
    assay::train::check_fits(a, config);
    const auto learner = assay::train::make_learner(config, assay::nn::make_classifier(config),
                                                    device, batch, {momentum, weight_decay});

    // Train on A, watching A.
    Stage stage(job, {"a", epochs_a, lr_a, patience_a, *this}, *learner, a, a,
                read_half(split, "a"));
    stage.run();
    if (stage.accuracy() < 0.98)
      job.warn("accuracy on A is " + std::to_string(stage.accuracy()) +
               " at the end, below 0.98: forgetting times mean little before A is memorised; "
               "raise epochs_a or lr_a");

    // Keep what the stage recorded, and the network.
    const auto& training = stage.training_correct();
    job.array("correct_training",
              assay::Tensor(training.packed().data(), {training.rows(), training.stride()}));
    assay::nn::save_classifier(job, "model", stage.steps(), config, *learner->network());
    assay::train::mark_done(job, stage.steps());
  }
};

}  // namespace ssft

ASSAY_METHOD(ssft::Learn)
