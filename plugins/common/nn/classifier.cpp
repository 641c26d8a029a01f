#include "plugins/common/nn/classifier.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace assay::nn {

int64_t ClassifierConfig::scaled(int64_t channels) const {
  return std::max<int64_t>(1, std::llround(static_cast<double>(channels) * width));
}

std::shared_ptr<Classifier> make_classifier(const ClassifierConfig& config) {
  if (config.classes < 2) throw std::invalid_argument("a classifier needs at least 2 classes");
  if (config.model == "mlp") return make_mlp(config);
  if (config.model == "cnn_small") return make_cnn_small(config);
  if (config.model == "lenet") return make_lenet(config);
  if (config.model == "resnet9") return make_resnet9(config);
  throw std::invalid_argument("there is no model \"" + config.model + "\"");
}

std::string to_json(const ClassifierConfig& config) {
  return nlohmann::json{{"model", config.model},
                        {"width", config.width},
                        {"channels", config.image.channels},
                        {"image_height", config.image.height},
                        {"image_width", config.image.width},
                        {"classes", config.classes}}
      .dump();
}

ClassifierConfig classifier_config(const std::string& json) try {
  const auto j = nlohmann::json::parse(json);
  return {j.at("model"),
          j.at("width"),
          {j.at("channels"), j.at("image_height"), j.at("image_width")},
          j.at("classes")};
} catch (const nlohmann::json::exception&) {
  throw std::invalid_argument("the checkpoint's \"config\" does not describe an image classifier");
}

std::vector<std::pair<std::string, at::Tensor>> weights(const torch::nn::Module& net) {
  std::vector<std::pair<std::string, at::Tensor>> all;
  for (const auto& p : net.named_parameters()) all.emplace_back(p.key(), p.value());
  for (const auto& b : net.named_buffers()) all.emplace_back(b.key(), b.value());
  return all;
}

void save_classifier(const Job& job, const std::string& checkpoint, int64_t step,
                     const ClassifierConfig& config, const torch::nn::Module& net) {
  const std::vector<std::string> about{to_json(config)};
  Columns columns;
  columns.add("config", about);
  for (const auto& [name, tensor] : weights(net)) columns.add(name, tensor);
  job.save(checkpoint, step, columns.list());
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
