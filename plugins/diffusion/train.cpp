// Method `train`: a network learns to undo the noise of a diffusion (the released code's
// `train_toy.py`; Ho et al. 2020, algorithm 1).
#include "plugins/common/train/trainer.hpp"
#include "plugins/diffusion/training.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace diffusion {

struct Train : Training {
  static constexpr const char* name = "train";

  static void describe(assay::Schema<Train>& s) {
    s.summary("Trains a diffusion model on points or images");
    s.flag(ASSAY_RESUMABLE | ASSAY_USES_GPU);
    Training::describe(s);
    s.input("data", ASSAY_RUN, "a run of make_data, sample or filter");
    s.input("network", ASSAY_FILE, "the TorchScript file of net = \"torchscript\"", ASSAY_OPTIONAL);
    s.output("model", ASSAY_CHECKPOINT, "the network, and all that sampling needs")
        .format("diffusion_model");
    s.output("state", ASSAY_CHECKPOINT, "what an interrupted run continues from");
    s.output("loss", ASSAY_SERIES, "mean training loss, by optimiser step", ASSAY_LOWER_IS_BETTER);
    s.output("final_loss", ASSAY_SCALAR, "mean training loss of the last tenth of the steps",
             ASSAY_LOWER_IS_BETTER | ASSAY_HEADLINE);
    s.output("loss_by_t", ASSAY_TABLE, "mean training loss of the last tenth, by timestep")
        .column("t_lo", ASSAY_INT, "first timestep")
        .column("t_hi", ASSAY_INT, "one past the last timestep")
        .column("loss", ASSAY_REAL)
        .column("count", ASSAY_INT, "examples that it is the mean of");
  }

  void run(assay::Job& job) const {
    if (assay::train::was_done(job)) return;

    // Load the data and make a fresh network.
    const auto device = assay::begin(job);
    const auto data = read_data(job, "data");
    Trainer trainer(*this, data, device, script(job), TrainingKeys::of(job));
    if (job.has_checkpoint("state")) trainer.restore(job.open("@state"));

    // Train it.
    const int64_t every = std::max<int64_t>(1, trainer.total() / kLogs);
    while (!trainer.done()) {
      job.yield([&] {
        assay::Columns columns;
        trainer.add_to(columns);
        job.save("state", trainer.steps(), columns.list());
      });
      trainer.step();
      if (trainer.steps() % every == 0 || trainer.done())
        job.scalar("loss", trainer.steps(), trainer.mean_loss());
      job.progress("training", trainer.steps(), trainer.total());
    }

    // Keep its losses, and the network.
    log_losses(job, trainer);
    trainer.save_model(job, "model");
    assay::train::mark_done(job, trainer.steps());
  }

 private:
  static constexpr int64_t kLogs = 200;  // points of the loss curve

  static std::string script(const assay::Job& job) {
    if (!job.inputs("network")) return {};
    std::ostringstream bytes;
    bytes << std::ifstream(job.path("network"), std::ios::binary).rdbuf();
    return bytes.str();
  }

  void log_losses(const assay::Job& job, const Trainer& trainer) const {
    std::vector<int64_t> t_lo, t_hi, count;
    std::vector<double> loss;
    double sum = 0, all = 0;
    for (const auto& bin : trainer.loss_by_t()) {
      t_lo.push_back(bin.t_lo);
      t_hi.push_back(bin.t_hi);
      count.push_back(bin.count);
      loss.push_back(bin.loss);
      if (!bin.count) continue;
      sum += bin.loss * static_cast<double>(bin.count);
      all += static_cast<double>(bin.count);
    }
    job.rows("loss_by_t", {{"t_lo", t_lo}, {"t_hi", t_hi}, {"loss", loss}, {"count", count}});
    job.scalar("final_loss", sum / all);
    if (this->loss == "mse" && predict == "eps" && sum / all > 0.9)
      job.warn("the final loss is " + std::to_string(sum / all) +
               ", hardly below 1, which a network that answers 0 has: train for more steps or "
               "change lr");
  }
};

}  // namespace diffusion

ASSAY_METHOD(diffusion::Train)
