#include "plugins/localization/trajectory.hpp"

#include <algorithm>
#include <stdexcept>

namespace localization {
namespace {

std::string joined(const std::vector<int64_t>& numbers, const char* between) {
  std::string text;
  for (const auto n : numbers) text += (text.empty() ? "" : between) + std::to_string(n);
  return text;
}

/// The name of the group that has each tensor.
std::map<std::string, std::string> group_names(const std::vector<Group>& groups) {
  std::map<std::string, std::string> out;
  for (const auto& group : groups)
    for (const auto* names : {&group.parameters, &group.buffers})
      for (const auto& name : *names) out[name] = group.name;
  return out;
}

}  // namespace

void log_layout(const assay::Job& job, const torch::nn::Module& net,
                const std::vector<Group>& groups) {
  const auto group_of = group_names(groups);
  const auto parameters = net.named_parameters().size();
  std::vector<std::string> names, group, shapes;
  std::vector<uint8_t> buffer;
  std::vector<int64_t> offset, size;
  int64_t at = 0;
  for (const auto& [name, tensor] : assay::nn::weights(net)) {
    buffer.push_back(names.size() >= parameters);
    names.push_back(name);
    group.push_back(group_of.at(name));
    offset.push_back(at);
    size.push_back(tensor.numel());
    shapes.push_back(joined(tensor.sizes().vec(), ","));
    at += tensor.numel();
  }
  job.rows("layout", {{"name", names},
                      {"group", group},
                      {"buffer", assay::bools(buffer)},
                      {"offset", offset},
                      {"size", size},
                      {"shape", shapes}});
}

void log_weights(const assay::Job& job, int64_t epoch, const torch::nn::Module& net) {
  std::vector<at::Tensor> parts;
  for (const auto& w : assay::nn::weights(net))
    parts.push_back(w.second.detach().to(at::kCPU, at::kFloat).flatten());
  job.array("weights", assay::View(at::cat(parts)), epoch);
}

Trajectory::Trajectory(const assay::Reader& run, assay::nn::Classifier& net)
    : net_(net), epochs_(run.read<int64_t>("arrays/weights/step")) {
  // Read the array and what lies where.
  const auto device = net.parameters().at(0).device();
  weights_ = assay::read_tensor(run, "arrays/weights").to(device);
  names_ = run.strings("tables/layout/name");
  const auto groups = run.strings("tables/layout/group");
  const auto offset = run.read<int64_t>("tables/layout/offset"),
             size = run.read<int64_t>("tables/layout/size");
  const auto buffer = assay::read_tensor(run, "tables/layout/buffer");
  for (size_t i = 0; i < names_.size(); ++i)
    layout_[names_[i]] = {groups[i], buffer[static_cast<int64_t>(i)].item<bool>(), offset[i],
                          size[i]};

  // Give the network its last weights.
  for (const auto& [name, tensor] : assay::nn::weights(net)) {
    const auto found = layout_.find(name);
    if (found == layout_.end() || found->second.size != tensor.numel())
      throw std::invalid_argument("the training run has no tensor \"" + name +
                                  "\" of the model's size: the inputs `train` "
                                  "and `model` must come from one run");
    tensors_[name] = tensor;
  }
  put(end(), names_);
}

std::vector<Group> Trajectory::groups(const std::vector<std::string>& rules) const {
  if (!rules.empty()) return make_groups(net_, rules);
  std::vector<Group> out;
  for (const auto& name : names_) {
    const auto& slice = layout_.at(name);
    auto group =
        std::find_if(out.begin(), out.end(), [&](const Group& g) { return g.name == slice.group; });
    if (group == out.end()) group = out.insert(out.end(), {slice.group, {}, {}});
    (slice.buffer ? group->buffers : group->parameters).push_back(name);
  }
  return out;
}

void Trajectory::check_kept(const std::vector<int64_t>& epochs) const {
  for (const auto epoch : epochs)
    if (std::find(epochs_.begin(), epochs_.end(), epoch) == epochs_.end())
      throw std::invalid_argument("the weights of epoch " + std::to_string(epoch) +
                                  " were not kept: the training run has those of the epochs " +
                                  joined(epochs_, ", "));
}

void Trajectory::put(int64_t epoch, const std::vector<std::string>& names) const {
  const at::NoGradGuard no_grad;
  const auto row =
      weights_.select(0, std::find(epochs_.begin(), epochs_.end(), epoch) - epochs_.begin());
  for (const auto& name : names) {
    auto tensor = tensors_.at(name);
    const auto& slice = layout_.at(name);
    const auto stored = row.narrow(0, slice.at, slice.size).view(tensor.sizes());
    if (tensor.scalar_type() == stored.scalar_type())
      tensor.set_data(stored);
    else
      tensor.copy_(stored);  // a count of batches
  }
}

}  // namespace localization
