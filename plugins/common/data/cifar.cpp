// CIFAR's fixed-size records.
#include "plugins/common/data/cifar.hpp"

namespace assay::data {
namespace {
constexpr size_t kPixels = size_t{3} * 32 * 32;

int32_t label_below(uint8_t label, int classes, size_t record, const char* name,
                    const std::string& path) {
  if (label >= classes)
    malformed(path, "record " + std::to_string(record) + " has the " + name + " " +
                        std::to_string(label) + "; it must be below " + std::to_string(classes));
  return label;
}
}  // namespace

ImageSet images_from_cifar(View bytes, Cifar kind, const std::string& path) {
  const size_t label_bytes = kind == Cifar::ten ? 1 : 2;
  const size_t record = label_bytes + kPixels;
  if (bytes.empty() || bytes.size() % record != 0)
    malformed(path, "has " + std::to_string(bytes.size()) + " bytes, which is not a multiple of " +
                        std::to_string(record) + ", a record of CIFAR-" +
                        (kind == Cifar::ten ? "10" : "100"));
  ImageSet set;
  set.source = path;
  set.count = static_cast<int64_t>(bytes.size() / record);
  set.channels = 3;
  set.height = set.width = 32;
  set.classes = kind == Cifar::ten ? 10 : 100;
  set.pixels.reserve(bytes.size() / record * kPixels);
  for (size_t i = 0; i * record < bytes.size(); ++i) {
    const View one = bytes.subspan(i * record, record);
    if (kind == Cifar::hundred)
      set.groups.push_back(label_below(one[0], 20, i, "coarse label", path));
    set.labels.push_back(label_below(one[label_bytes - 1], set.classes, i, "label", path));
    set.pixels.insert(set.pixels.end(), one.begin() + static_cast<std::ptrdiff_t>(label_bytes),
                      one.end());
  }
  return set;
}

}  // namespace assay::data
