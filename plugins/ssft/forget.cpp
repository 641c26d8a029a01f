// Method `forget`: the second stage. Goes on training the network on B, with a fresh optimiser and
// the schedule from its start, and watches when each example of A is forgotten.
#include "plugins/ssft/stage.hpp"

namespace ssft {

struct Forget : Training {
  static constexpr const char* name = "forget";
  int64_t epochs_b = 10;
  double lr_b = 0.1;

  static void describe(assay::Schema<Forget>& s) {
    s.summary("Goes on training on B and records when each example of A is forgotten");
    s.flag(ASSAY_RESUMABLE | ASSAY_USES_GPU);
    s.param("epochs_b", &Forget::epochs_b,
            "epochs on B (Deviation: the released code takes 100 and stops early; the order of "
            "forgetting is settled after a few)")
        .min(1)
        .unit("epochs");
    s.param("lr_b", &Forget::lr_b, "peak learning rate on B; a large one separates best").above(0);
    Training::describe(s);
    s.input("split", ASSAY_RUN, "a run of ssft.split");
    s.input("model", ASSAY_CHECKPOINT, "a network trained on A").format("image_classifier");
    Training::declare_outputs(s);
  }

  void run(assay::Job& job) const {
    if (assay::train::was_done(job)) return;

    // Load both halves and the network that knows A.
    const auto device = assay::begin(job);
    const auto split = job.open("split");
    const auto a = read_examples(split, "a", device), b = read_examples(split, "b", device);
    const auto checkpoint = job.open("model");
    const auto config = assay::nn::read_config(checkpoint);
    assay::train::check_fits(a, config);
    assay::train::check_fits(b, config);
    const auto network = assay::nn::make_classifier(config);
    assay::nn::load_weights(checkpoint, *network);
    const auto learner =
        assay::train::make_learner(config, network, device, batch, {momentum, weight_decay});

    // Train on B, watching A.
    Stage stage(job, {"b", epochs_b, lr_b, 0, *this}, *learner, b, a, read_half(split, "a"));
    stage.run();
    assay::nn::save_classifier(job, "model", stage.steps(), config, *learner->network());
    assay::train::mark_done(job, stage.steps());
  }
};

}  // namespace ssft

ASSAY_METHOD(ssft::Forget)
