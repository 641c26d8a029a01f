// A classifier under training: one step of stochastic gradient descent at a time, and evaluation in
// large batches. Images stay in memory as bytes; a batch is gathered and scaled where it is used.
#pragma once
#include "plugins/common/nn/classifier.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace assay::train {

/// N labelled examples on the device that trains.
struct Examples {
  at::Tensor images;  // (N, H, W, C): bytes, which are scaled to `pixels`, or floats as they are
  at::Tensor labels;  // (N,), int64
  nn::PixelRange pixels;

  int64_t size() const { return images.size(0); }
  /// The images at `index` (B,), or from `first` on, as a network takes them: (B, C, H, W).
  at::Tensor at(const at::Tensor& index) const { return scaled(images.index_select(0, index)); }
  at::Tensor slice(int64_t first, int64_t count) const {
    return scaled(images.narrow(0, first, count));
  }
  /// The examples at `index`, in its order.
  Examples subset(const std::vector<int64_t>& index) const;
  nn::ImageShape shape() const { return {images.size(3), images.size(1), images.size(2)}; }

 private:
  at::Tensor scaled(const at::Tensor& x) const;
};

/// Throws std::invalid_argument if the images are of another shape than the network's, or a label
/// is not one of its classes: which, and what is allowed.
void check_fits(const Examples& data, const nn::ClassifierConfig& config);

struct Sgd {
  double momentum = 0.9, weight_decay = 5e-4;  // not Nesterov
};

/// Which statistics batch normalisation uses when a network is evaluated: the running ones, or
/// those of the batch, which leaves the running ones as they are (a TorchScript module always uses
/// the running ones).
enum class EvalNorm { running, batch };

/// Images (B, C, H, W) and the examples' ids (B,) -> logits (B, classes).
using Forward = std::function<at::Tensor(const at::Tensor& images, const at::Tensor& ids)>;

/// The class with the greatest logit of each example, (N,), without gradients and in large batches;
/// the networks behind `forward` are in the mode that the caller chose. `ids` (N,) are passed on;
/// undefined: 0 .. N - 1.
at::Tensor predict(const Forward& forward, const Examples& data, const at::Tensor& ids = {});

/// What a pass over examples says of each.
struct Outcome {
  double loss = 0;                 // mean over the examples
  std::vector<uint8_t> correct;    // (N,): the label has the greatest logit
  std::vector<float> probability;  // (N,): of the label
  double accuracy() const;
};

class Learner {
 public:
  virtual ~Learner() = default;

  /// One optimiser step on the examples at `batch`, in training mode. Returns the mean loss before
  /// the step and sets correct[j] to whether the network was right about batch[j] before it.
  virtual double step(const Examples& data, std::span<const int64_t> batch, double rate,
                      uint8_t* correct) = 0;

  /// Leaves the network's parameters and running statistics unchanged.
  virtual Outcome evaluate(const Examples& data, EvalNorm norm) = 0;

  /// All that a resumed run needs: parameters, momentum, running statistics.
  using State = std::vector<std::pair<std::string, at::Tensor>>;
  virtual State state() = 0;

  /// The network with its present weights.
  virtual std::shared_ptr<nn::Classifier> network() = 0;
};

/// Trains `network`, which it takes over, on `device` with batches of at most `batch` images. On a
/// CPU, a small feed-forward network gets a plan (nn/planned.hpp) and any other one goes through
/// autograd, as every network does on a GPU.
std::unique_ptr<Learner> make_learner(const nn::ClassifierConfig& config,
                                      std::shared_ptr<nn::Classifier> network, at::Device device,
                                      int64_t batch, Sgd sgd);
/// The planned kind, for tests that compare the two; autograd_learner.hpp has the other.
std::unique_ptr<Learner> make_planned_learner(const nn::ClassifierConfig& config,
                                              std::shared_ptr<nn::Classifier> network,
                                              int64_t batch, Sgd sgd);

/// Copies into the learner an opened checkpoint's entries, named as by `state()` after `prefix`.
void restore(Learner& learner, const Reader& checkpoint, const std::string& prefix);

}  // namespace assay::train
