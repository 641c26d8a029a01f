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

/// What the bytes 0 and 255 become; numbers between them are spaced evenly.
struct PixelRange {
  double low = 0, high = 1;
};

struct ClassifierConfig {
  std::string model = "resnet9";  // one of ASSAY_CLASSIFIERS
  double width = 1;               // multiplies every hidden width
  ImageShape image;
  int64_t classes = 10;
  PixelRange pixels;
  /// Share of the channels that leave the segments `example_tied_segments(model)`: the network
  /// that is deployed after example-tied dropout has the generalisation channels alone.
  double kept = 1;
  std::string torchscript;  // the bytes of the saved module, if the model is "torchscript"

  /// A hidden width of the paper's network times `width`, at least 1.
  int64_t scaled(int64_t channels) const;
  /// The same for what leaves a segment with example-tied dropout: floor(kept * scaled + 1e-9).
  int64_t leaving(int64_t channels) const;
};

/// The names that ClassifierConfig::model may have; the plugin's parameter offers them.
///   mlp 128 hidden units, mlp2 512 and 512, torchscript a module that the user saved
#define ASSAY_CLASSIFIERS \
  "mlp", "mlp2", "cnn_small", "lenet", "resnet9", "resnet18", "resnet50", "vit", "torchscript"

/// What flows from a segment of a network to the next: the activation, and, inside a residual
/// branch, what will be added to it.
struct Flow {
  at::Tensor x, skip;
};

/// A network whose `forward` maps images (B, C, H, W), floats in the configured range, to logits
/// (B, classes): a chain of segments. Parameters and buffers of the segment "conv1" are called
/// "conv1.something", so a segment is also a group of tensors.
class Classifier : public torch::nn::Module {
 public:
  explicit Classifier(std::vector<std::string> segments) : segments_(std::move(segments)) {}

  const std::vector<std::string>& segments() const { return segments_; }
  virtual Flow run(size_t segment, Flow in) = 0;
  at::Tensor forward(const at::Tensor& images) { return forward(Flow{images, {}}, 0); }
  /// The same from the input of segment `first`.
  at::Tensor forward(Flow in, size_t first);

 private:
  std::vector<std::string> segments_;
};

/// Initialised as PyTorch does by default, from LibTorch's default generator; a TorchScript module
/// has the weights it was saved with. Throws std::invalid_argument for an unknown model, images too
/// small for it, or a module that does not map such images to such logits.
std::shared_ptr<Classifier> make_classifier(const ClassifierConfig& config);

// One file each, the whole network in the order of its forward pass.
std::shared_ptr<Classifier> make_mlp(const ClassifierConfig& config);
std::shared_ptr<Classifier> make_mlp2(const ClassifierConfig& config);
std::shared_ptr<Classifier> make_cnn_small(const ClassifierConfig& config);
std::shared_ptr<Classifier> make_lenet(const ClassifierConfig& config);
std::shared_ptr<Classifier> make_resnet9(const ClassifierConfig& config);
std::shared_ptr<Classifier> make_resnet18(const ClassifierConfig& config);
std::shared_ptr<Classifier> make_resnet50(const ClassifierConfig& config);
std::shared_ptr<Classifier> make_vit(const ClassifierConfig& config);
std::shared_ptr<Classifier> make_torchscript(const ClassifierConfig& config);

/// The segments after whose activation example-tied dropout belongs (Maini et al. 2023 and its
/// released code); empty: the paper has none for this network.
std::vector<std::string> example_tied_segments(const std::string& model);

/// The configuration as the JSON text that a checkpoint holds in its entry "config", without the
/// TorchScript module.
std::string to_json(const ClassifierConfig& config);
/// Throws std::invalid_argument if the text is not such a configuration.
ClassifierConfig classifier_config(const std::string& json);

/// Lays the weights of convolutions out with their channels last, and so all activations behind
/// them: passes on a CPU are then about 1.7 times as fast (ResNet-9 of width 1/4, one core).
void channels_last(torch::nn::Module& net);

/// Name and tensor of everything a network has learned: parameters and buffers.
std::vector<std::pair<std::string, at::Tensor>> weights(const torch::nn::Module& net);

/// Adds what a checkpoint of the format "image_classifier" holds: "config", the weights by their
/// published names and, where there is one, "torchscript".
void add_classifier(Columns& columns, const ClassifierConfig& config, const torch::nn::Module& net);
/// Writes a checkpoint that holds these alone.
void save_classifier(const Job& job, const std::string& checkpoint, int64_t step,
                     const ClassifierConfig& config, const torch::nn::Module& net);
/// The bytes of the file at the method's input "network"; empty if there is none.
std::string read_torchscript(const Job& job);
/// The configuration of an opened checkpoint.
ClassifierConfig read_config(const Reader& checkpoint);
/// Fills a network of the same configuration with the weights of an opened checkpoint.
void load_weights(const Reader& checkpoint, torch::nn::Module& net);

}  // namespace assay::nn
