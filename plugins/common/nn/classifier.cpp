#include "plugins/common/nn/classifier.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace assay::nn {

int64_t ClassifierConfig::scaled(int64_t channels) const {
  return std::max<int64_t>(1, std::llround(static_cast<double>(channels) * width));
}

int64_t ClassifierConfig::leaving(int64_t channels) const {
  return std::max<int64_t>(
      1, static_cast<int64_t>(std::floor(kept * static_cast<double>(scaled(channels)) + 1e-9)));
}

at::Tensor Classifier::forward(Flow flow, size_t first) {
  for (size_t i = first; i < segments_.size(); ++i) flow = run(i, std::move(flow));
  return flow.x;
}

std::shared_ptr<Classifier> make_classifier(const ClassifierConfig& config) {
  if (config.classes < 2) throw std::invalid_argument("a classifier needs at least 2 classes");
  using Make = std::shared_ptr<Classifier> (*)(const ClassifierConfig&);
  constexpr std::pair<const char*, Make> kMakers[] = {
      {"mlp", make_mlp},           {"mlp2", make_mlp2},       {"cnn_small", make_cnn_small},
      {"lenet", make_lenet},       {"resnet9", make_resnet9}, {"resnet18", make_resnet18},
      {"resnet50", make_resnet50}, {"vit", make_vit},         {"torchscript", make_torchscript}};
  for (const auto& [name, make] : kMakers)
    if (config.model == name) return make(config);
  throw std::invalid_argument("there is no model \"" + config.model + "\"");
}

std::vector<std::string> example_tied_segments(const std::string& model) {
  if (model == "resnet9") return {"conv1", "conv2", "res1b", "conv3", "res2b", "conv4"};
  if (model == "resnet18" || model == "resnet50") return {"layer2", "layer3"};
  if (model == "mlp") return {"fc1"};
  if (model == "mlp2") return {"fc1", "fc2"};
  if (model == "cnn_small" || model == "lenet") return {"conv1", "conv2", "fc1"};
  return {};
}

std::string to_json(const ClassifierConfig& config) {
  return nlohmann::json{{"model", config.model},
                        {"width", config.width},
                        {"channels", config.image.channels},
                        {"image_height", config.image.height},
                        {"image_width", config.image.width},
                        {"classes", config.classes},
                        {"pixel_low", config.pixels.low},
                        {"pixel_high", config.pixels.high},
                        {"kept", config.kept}}
      .dump();
}

ClassifierConfig classifier_config(const std::string& json) try {
  const auto j = nlohmann::json::parse(json);
  return {j.at("model"),
          j.at("width"),
          {j.at("channels"), j.at("image_height"), j.at("image_width")},
          j.at("classes"),
          {j.at("pixel_low"), j.at("pixel_high")},
          j.at("kept"),
          {}};
} catch (const nlohmann::json::exception&) {
  throw std::invalid_argument("the checkpoint's \"config\" does not describe an image classifier");
}

void channels_last(torch::nn::Module& net) {
  for (auto& p : net.parameters())
    if (p.dim() == 4) p.set_data(p.detach().contiguous(at::MemoryFormat::ChannelsLast));
}

std::vector<std::pair<std::string, at::Tensor>> weights(const torch::nn::Module& net) {
  std::vector<std::pair<std::string, at::Tensor>> all;
  for (const auto& p : net.named_parameters()) all.emplace_back(p.key(), p.value());
  for (const auto& b : net.named_buffers()) all.emplace_back(b.key(), b.value());
  return all;
}

void add_classifier(Columns& columns, const ClassifierConfig& config,
                    const torch::nn::Module& net) {
  columns.add("config", to_json(config));
  for (const auto& [name, tensor] : weights(net)) columns.add(name, tensor);
  if (config.torchscript.empty()) return;
  auto* bytes = const_cast<char*>(config.torchscript.data());
  const auto size = static_cast<int64_t>(config.torchscript.size());
  columns.add("torchscript", at::from_blob(bytes, {size}, at::kByte).clone());
}

void save_classifier(const Job& job, const std::string& checkpoint, int64_t step,
                     const ClassifierConfig& config, const torch::nn::Module& net) {
  Columns columns;
  add_classifier(columns, config, net);
  job.save(checkpoint, step, columns.list());
}

std::string read_torchscript(const Job& job) {
  if (!job.inputs("network")) return {};
  std::ostringstream bytes;
  bytes << std::ifstream(job.path("network"), std::ios::binary).rdbuf();
  return bytes.str();
}

ClassifierConfig read_config(const Reader& checkpoint) {
  auto config = classifier_config(checkpoint.strings("config").at(0));
  if (checkpoint.has("torchscript")) {
    const auto bytes = checkpoint.read<uint8_t>("torchscript");
    config.torchscript.assign(bytes.begin(), bytes.end());
  }
  return config;
}

void load_weights(const Reader& checkpoint, torch::nn::Module& net) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, tensor] : weights(net)) {
    const auto stored = read_tensor(checkpoint, name);
    if (stored.sizes() != tensor.sizes())
      throw std::invalid_argument("\"" + name + "\" of the checkpoint has another shape");
    tensor.copy_(stored);
  }
}

}  // namespace assay::nn
