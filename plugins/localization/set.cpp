#include "plugins/localization/set.hpp"

namespace localization {

namespace {

at::Tensor images(const assay::Reader& data, const std::string& key, at::Device device) {
  auto x = assay::read_tensor(data, key);
  if (x.dim() == 3) x = x.unsqueeze(3);
  return x.to(device);
}

}  // namespace

std::vector<int64_t> Set::where(bool memorised_ones) const {
  std::vector<int64_t> out;
  for (int64_t i = 0; i < size(); ++i)
    if (memorised[static_cast<size_t>(i)] == memorised_ones) out.push_back(i);
  return out;
}

Set read_set(const assay::Reader& data, at::Device device) {
  const assay::nn::PixelRange pixels{-1, 1};
  const auto labels = [&](const std::string& table) {
    return assay::read_tensor(data, "tables/" + table + "/label").to(device, at::kLong);
  };
  Set set;
  set.train = {images(data, "arrays/images", device), labels("examples"), pixels};
  set.test = {images(data, "arrays/images_test", device), labels("test"), pixels};
  set.index = data.read<int64_t>("tables/examples/index");
  set.true_label = data.read<int64_t>("tables/examples/true_label");
  const auto flags = assay::read_tensor(data, "tables/examples/memorised").to(at::kByte);
  set.memorised.assign(flags.const_data_ptr<uint8_t>(),
                       flags.const_data_ptr<uint8_t>() + flags.numel());
  set.classes = static_cast<int64_t>(data.strings("tables/classes/name").size());
  return set;
}

Shares shares(const Set& set, const at::Tensor& predicted) {
  const auto on_cpu = predicted.to(at::kCPU, at::kLong).contiguous(),
             labels = set.train.labels.cpu();
  const auto* guess = on_cpu.const_data_ptr<int64_t>();
  const auto* label = labels.const_data_ptr<int64_t>();
  double count[2] = {}, right[2] = {}, truth = 0;
  for (size_t i = 0; i < set.memorised.size(); ++i) {
    const bool m = set.memorised[i] != 0;
    count[m] += 1;
    right[m] += guess[i] == label[i];
    if (m) truth += guess[i] == set.true_label[i];
  }
  return {right[0] / count[0], right[1] / count[1], truth / count[1]};
}

}  // namespace localization
