// Method `learn`: the first stage. Trains a fresh network on A and watches when each example of A
// is learned.
#include "plugins/ssft/stage.hpp"

namespace ssft {

struct Learn : FirstStage, Training {
  static constexpr const char* name = "learn";

  static void describe(assay::Schema<Learn>& s) {
    s.summary("Trains a network on A and records when each example of A is learned");
    s.flag(ASSAY_RESUMABLE | ASSAY_USES_GPU);
    FirstStage::describe(s);
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
    const auto classes = static_cast<int64_t>(class_names(split).size());
    const auto config = this->config(job, a, classes);
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
