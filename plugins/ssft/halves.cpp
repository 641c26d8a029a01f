#include "plugins/ssft/halves.hpp"

#include <numeric>

namespace ssft {

int64_t Half::noisy_count() const {
  return std::accumulate(noisy.begin(), noisy.end(), int64_t{0});
}

Half read_half(const assay::Reader& split, const std::string& part) {
  const auto parts = split.strings("tables/examples/part");
  const auto index = split.read<int64_t>("tables/examples/index"),
             label = split.read<int64_t>("tables/examples/label"),
             true_label = split.read<int64_t>("tables/examples/true_label");
  const auto subgroup = split.strings("tables/examples/subgroup");
  Half half;
  half.image_shape = split.shape("arrays/images_" + part);
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] != part) continue;
    half.index.push_back(index[i]);
    half.label.push_back(label[i]);
    half.true_label.push_back(true_label[i]);
    half.noisy.push_back(label[i] != true_label[i]);
    half.group.push_back(half.noisy.back()     ? "mislabelled"
                         : subgroup[i].empty() ? "clean"
                                               : subgroup[i]);
  }
  if (half.image_shape.empty() || half.image_shape[0] != half.size())
    throw assay::Error(ASSAY_INVALID_ARGUMENT,
                       "the split has another number of images than of examples");
  return half;
}

std::vector<std::string> class_names(const assay::Reader& split) {
  return split.strings("tables/classes/name");
}

}  // namespace ssft
