// Image classifiers: from a few words of configuration to a network, and to and from checkpoints.
#pragma once
#include "plugins/common/torch.hpp"

#include <memory>
#include <string>
#include <vector>

namespace assay::nn {

/// Of one image; bytes are stored height by width by channel.
struct ImageShape {
  int64_t channels = 1, height = 28, width = 28;
  int64_t size() const { return channels * height * width; }
};

struct ClassifierConfig {
  std::string model = "resnet9";  // one of kClassifiers
  double width = 1;               // multiplies every hidden width
  ImageShape image;
  int64_t classes = 10;

  /// A hidden width of the paper's network times `width`, at least 1.
  int64_t scaled(int64_t channels) const;
};

/// The names that ClassifierConfig::model may have; the plugin's parameter offers them.
#define ASSAY_CLASSIFIERS "mlp", "cnn_small", "lenet", "resnet9"

/// A network whose `forward` maps images (B, C, H, W), floats in [0, 1], to logits (B, classes).
class Classifier : public torch::nn::Module {
 public:
  virtual at::Tensor forward(const at::Tensor& images) = 0;
};

/// Initialised as PyTorch does by default, from LibTorch's default generator. Throws
/// std::invalid_argument for an unknown model or images too small for it.
std::shared_ptr<Classifier> make_classifier(const ClassifierConfig& config);

// One file each, the whole network in the order of its forward pass.
std::shared_ptr<Classifier> make_mlp(const ClassifierConfig& config);
std::shared_ptr<Classifier> make_cnn_small(const ClassifierConfig& config);
std::shared_ptr<Classifier> make_lenet(const ClassifierConfig& config);
std::shared_ptr<Classifier> make_resnet9(const ClassifierConfig& config);

/// The configuration as the JSON text that a checkpoint holds in its entry "config".
std::string to_json(const ClassifierConfig& config);
/// Throws std::invalid_argument if the text is not such a configuration.
ClassifierConfig classifier_config(const std::string& json);

/// Name and tensor of everything a network has learned: parameters and buffers.
std::vector<std::pair<std::string, at::Tensor>> weights(const torch::nn::Module& net);

/// Writes a checkpoint: "config" and the weights by their published names.
void save_classifier(const Job& job, const std::string& checkpoint, int64_t step,
                     const ClassifierConfig& config, const torch::nn::Module& net);
/// Fills a network of the same configuration with the weights of an opened checkpoint.
void load_weights(const Reader& checkpoint, torch::nn::Module& net);

}  // namespace assay::nn
