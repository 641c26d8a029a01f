// How a diffusion model is trained: the parameters, and the loop (the released code's
// `train_toy.py`): fixed slices of the data array in order, a timestep of its own for each example.
//
//   for (Trainer trainer(...); !trainer.done();) {
//     job.yield([&] { save a checkpoint });
//     trainer.step();
//   }
#pragma once
#include "plugins/diffusion/data.hpp"
#include "plugins/diffusion/learner.hpp"
#include "plugins/diffusion/source.hpp"

#include <assay/plugin.hpp>

#include <string>
#include <vector>

namespace diffusion {

/// Parameters of `train` and of every method that trains.
struct Training : ChainNoise {
  std::string net = "decoder";
  int64_t width = 128, layers = 3;
  bool share_layers = true, in_bias = false;
  int64_t channels = 128, res_blocks = 2, heads = 4;
  std::vector<int64_t> mult{1, 2, 3, 4}, attention_at{4, 8};
  bool scale_shift = true;
  double dropout = 0;
  std::string predict = "eps", variance = "fixed_large", loss = "mse";
  bool rescale_timesteps = false;
  double lr = 1e-3;
  std::string lr_decay = "none";
  double lr_end = 0.02;
  int64_t batch = 10000;
  std::string budget = "epochs";
  int64_t epochs = 10000, steps = 20000;
  bool shuffle = false;
  double ema = 0;

  template <class M>
  static void describe(assay::Schema<M>& s);
  /// Combinations that make no sense, one sentence each.
  void check() const;

  /// Of a model of such examples; `torchscript` are the bytes of the user's module, or none.
  ModelConfig model(const std::vector<int64_t>& shape, const std::string& torchscript) const;
  /// Optimiser steps for `count` examples. std::invalid_argument if they make no batch.
  int64_t total_steps(int64_t count) const;
  /// Of optimiser step `step`, counted from 0.
  double rate(int64_t step, int64_t total) const;
};

/// Where a training's random numbers come from.
struct TrainingKeys {
  uint64_t initial, noise, order;
  /// `purpose` tells apart several trainings of one run.
  static TrainingKeys of(const assay::Job& job, const std::string& purpose = "train") {
    return {job.key(purpose + " initial"), job.key(purpose + " noise"),
            job.key(purpose + " order")};
  }
};

/// The mean loss of the examples whose timestep fell into [t_lo, t_hi).
struct LossBin {
  int64_t t_lo, t_hi, count;
  double loss;  // NaN if there were none
};

class Trainer {
 public:
  /// `data` outlives the trainer. std::invalid_argument if the data do not fit: why.
  Trainer(const Training& training, const Data& data, at::Device device,
          const std::string& torchscript, TrainingKeys keys);

  int64_t steps() const { return step_; }  // taken
  int64_t total() const { return total_; }
  bool done() const { return step_ >= total_; }
  const ModelConfig& config() const { return config_; }

  /// One optimiser step. assay::Error(ASSAY_DIVERGED) with its place if the loss is not finite.
  void step();

  /// Mean loss of the last step's examples.
  double loss() const { return loss_; }
  /// Mean loss of the steps since the last call.
  double mean_loss();
  /// By timestep, over the last tenth of the steps that were taken so far.
  std::vector<LossBin> loss_by_t() const;

  /// Adds all that a resumed training needs to a checkpoint, under names after `prefix`.
  void add_to(assay::Columns& columns, const std::string& prefix = "trainer.") const;
  void restore(const assay::Reader& checkpoint, const std::string& prefix = "trainer.");

  /// The model as it is now: into a checkpoint, and ready to sample.
  void add_model_to(assay::Columns& columns) const;
  void save_model(const assay::Job& job, const std::string& checkpoint) const;
  std::unique_ptr<Denoiser> denoiser() const { return learner_->denoiser(); }

 private:
  void order_epoch();
  void fill_batch();
  void count_losses();

  Training training_;
  const Data& data_;
  TrainingKeys keys_;
  ModelConfig config_;
  Objective objective_;
  int64_t steps_per_epoch_, total_, step_ = 0;
  at::Device device_;
  std::unique_ptr<Learner> learner_;
  Batch batch_;
  at::Tensor t_, eps_;
  std::vector<float> x0_;
  std::vector<int64_t> order_;  // of this epoch, if it is shuffled
  double loss_ = 0;
  std::vector<double> interval_{0, 0};        // sum and number of the steps since the last log
  std::vector<double> bin_loss_, bin_count_;  // of the last tenth
};

template <class M>
void Training::describe(assay::Schema<M>& s) {
  using T = Training;
  s.param("net", &T::net, "the network: decoder for points, unet for images, or your own")
      .choices({"decoder", "unet", "torchscript"});
  s.param("width", &T::width, "decoder: F, its hidden width; even").min(4);
  s.param("layers", &T::layers, "decoder: L, its temporal layers").min(1);
  s.param("share_layers", &T::share_layers,
          "decoder: one layer applied L times, as the released code builds it");
  s.param("in_bias", &T::in_bias, "decoder: a bias on the input layer; the paper's has none");
  s.param("channels", &T::channels, "unet: C0, channels of the first level").min(1);
  s.param("mult", &T::mult, "unet: channels of each level over C0").min(1);
  s.param("res_blocks", &T::res_blocks, "unet: residual blocks in each level").min(1);
  s.param("attention_at", &T::attention_at,
          "unet: down-sampling factors at which levels have attention")
      .min(1);
  s.param("heads", &T::heads, "unet: attention heads").min(1);
  s.param("scale_shift", &T::scale_shift,
          "unet: the time embedding scales and shifts the norm, and is not added");
  s.param("dropout", &T::dropout, "unet: in residual blocks").min(0).below(1);
  ChainNoise::describe(s);
  s.param("predict", &T::predict, "what the network answers: the noise, x_0, or the posterior mean")
      .choices({"eps", "x0", "mean"});
  s.param("variance", &T::variance, "of a reverse step")
      .choices({"fixed_large", "fixed_small", "learned"});
  s.param("loss", &T::loss, "squared error, or the variational bound in bits")
      .choices({"mse", "kl"});
  s.param("rescale_timesteps", &T::rescale_timesteps, "the network is told t * 1000 / T");
  s.param("lr", &T::lr, "Adam's learning rate").above(0);
  s.param("lr_decay", &T::lr_decay, "of the learning rate, to lr_end * lr at the last step")
      .choices({"none", "cosine"});
  s.param("lr_end", &T::lr_end, "of lr_decay").min(0).max(1);
  s.param("batch", &T::batch, "examples in a step").min(1).unit("examples");
  s.param("budget", &T::budget,
          "whether epochs or steps say how long to train: with epochs, more data means more steps")
      .choices({"epochs", "steps"});
  s.param("epochs", &T::epochs, "passes over the data, with budget = \"epochs\"").min(1);
  s.param("steps", &T::steps, "optimiser steps, with budget = \"steps\"").min(1);
  s.param("shuffle", &T::shuffle,
          "draws a new order for each epoch; the released code keeps the array's");
  s.param("ema", &T::ema,
          "weight that the running average of the weights, which is then what is saved, keeps at a "
          "step; 0: no average")
      .min(0)
      .below(1);
}

}  // namespace diffusion
