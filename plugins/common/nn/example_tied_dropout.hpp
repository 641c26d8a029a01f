// Example-tied dropout (Maini, Mozer, Sedghi, Lipton, Kolter and Zhang, ICML 2023): a
// place in a network where what is peculiar to one training example can be put, and thrown away
// when the network is deployed.
//
// The first G of a layer's C channels, the generalisation channels, are always on. Of the other M,
// the memorisation channels, every training example owns a fixed random few: they are on when the
// network sees that example and off otherwise. Gradients of an example thus reach only channels
// that all examples share and channels that hardly another one has. In another network:
//
//   ExampleTiedDropout etd{ExampleTiedDropoutOptions{.channels = 64, .p_gen = .2, .p_mem = .1}};
//   h = etd(conv(x).relu(), example_ids);   // training: ids (B,) number the examples from 0
//   etd->set_mode(EtdMode::drop);           // deployment: no ids needed
#pragma once
#include "plugins/common/torch.hpp"

namespace assay::nn {

/// With m_i the mask of example i over the memorisation channels:
///   tied         generalisation channels as they are, memorisation channels times m_i
///   test         memorisation channels times p_mem, their expectation
///   drop         memorisation channels 0, the others as they are
///   drop_scaled  the same, the others times (p_gen + p_mem) / p_gen
/// Activations are never divided by a keep rate in training.
enum class EtdMode { tied, test, drop, drop_scaled };

/// (B, channels) of 0 and 1, each 1 with probability p: a function of seed, layer, id and channel
/// alone. Neither the batch, nor the epoch, nor the device enters, and nothing is stored.
at::Tensor bernoulli_rows(uint64_t seed, uint32_t layer, const at::Tensor& ids, int64_t channels,
                          double p);

struct ExampleTiedDropoutOptions {
  int64_t channels = 0;  // C
  double p_gen = 0.2;    // G = floor(p_gen C + 1e-9); 1: the module does nothing
  double p_mem = 0.1;    // each memorisation channel belongs to an example with this
  uint64_t seed = 7;     // probability
  uint32_t layer = 0;    // layers of equal number have equal masks
  int64_t examples = 0;  // ids are below this; 0: any id is taken
};

class ExampleTiedDropoutImpl : public torch::nn::Module {
 public:
  /// std::invalid_argument if p_gen is not in (0, 1], p_mem not in [0, 1], or channels < 1.
  explicit ExampleTiedDropoutImpl(const ExampleTiedDropoutOptions& options);

  void set_mode(EtdMode mode) { mode_ = mode; }
  EtdMode mode() const { return mode_; }
  int64_t generalisation() const { return kept_; }                    // G
  int64_t memorisation() const { return options_.channels - kept_; }  // M

  /// (B, C, ...) -> (B, C, ...). `ids` (B,), int64, is needed in mode tied alone: assay::Error if
  /// it is missing, of another length, or out of range.
  at::Tensor forward(const at::Tensor& x, const at::Tensor& ids = {});

  /// (B, M): the examples' masks, bernoulli_rows with p_mem.
  at::Tensor masks(const at::Tensor& ids) const {
    return bernoulli_rows(options_.seed, options_.layer, ids, memorisation(), options_.p_mem);
  }

 private:
  ExampleTiedDropoutOptions options_;
  int64_t kept_;
  EtdMode mode_ = EtdMode::tied;
};
TORCH_MODULE(ExampleTiedDropout);

/// Copies a network's weights into one of the same kind that has only the leading channels of some
/// layers (ClassifierConfig::kept): what mode drop computes, without computing zeros.
void cut_into(const torch::nn::Module& whole, torch::nn::Module& part);

}  // namespace assay::nn
