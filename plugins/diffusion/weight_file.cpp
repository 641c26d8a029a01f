#include "plugins/common/data/npy.hpp"
#include "plugins/common/data/zip.hpp"
#include "plugins/diffusion/weight_file.hpp"

#include <torch/serialize.h>

#include <algorithm>
#include <stdexcept>

namespace diffusion {
namespace {

constexpr const char* kSuffix = ".npy";

NamedTensors from_npz(const assay::data::Zip& zip, const std::string& path) {
  NamedTensors all;
  for (const auto& member : zip.names()) {
    if (!member.ends_with(kSuffix)) continue;
    const auto name = member.substr(0, member.size() - std::string(kSuffix).size());
    const auto bytes = *zip.read(member);
    const auto array = assay::data::parse_npy(bytes, path + "/" + name);
    const auto values = assay::data::finite_floats(array, name, path);
    auto tensor = at::empty(array.shape);
    std::copy(values.begin(), values.end(), tensor.data_ptr<float>());
    all.emplace(name, tensor);
  }
  return all;
}

/// Empty if LibTorch cannot read it, or it holds something else.
NamedTensors from_pickle(const assay::data::Bytes& bytes) try {
  auto value = torch::pickle_load({bytes.begin(), bytes.end()});
  NamedTensors all;
  if (!value.isGenericDict()) return all;
  if (value.toGenericDict().contains("model")) value = value.toGenericDict().at("model");
  if (!value.isGenericDict()) return all;
  for (const auto& entry : value.toGenericDict())
    if (entry.key().isString() && entry.value().isTensor())
      all.emplace(entry.key().toStringRef(),
                  entry.value().toTensor().detach().to(at::kCPU, at::kFloat).contiguous());
  return all;
} catch (const std::exception&) {
  return {};
}

}  // namespace

NamedTensors read_weight_file(const std::string& path) {
  const auto bytes = assay::data::read_bytes(path);
  const assay::data::Zip zip(bytes, path);
  const auto names = zip.names();
  const bool npz =
      std::any_of(names.begin(), names.end(), [](const auto& n) { return n.ends_with(kSuffix); });
  auto all = npz ? from_npz(zip, path) : from_pickle(bytes);
  if (all.empty())
    throw std::invalid_argument(
        path +
        ": holds no dictionary of tensors that can be read here: export it in Python by "
        "np.savez(\"model.npz\", **{k: v.numpy() for k, v in "
        "torch.load(FILE)[\"model\"].items()})");
  return all;
}

}  // namespace diffusion
