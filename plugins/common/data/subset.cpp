#include "plugins/common/data/bytes.hpp"
#include "plugins/common/data/subset.hpp"

#include <algorithm>
#include <numeric>

namespace assay::data {

ImageSet subset(const ImageSet& set, const std::vector<int64_t>& index) {
  ImageSet out;
  out.count = static_cast<int64_t>(index.size());
  out.channels = set.channels, out.height = set.height, out.width = set.width;
  out.classes = set.classes;
  out.class_names = set.class_names;
  out.source = set.source;
  const auto take = [&](auto& to, const auto& from, int64_t size) {
    if (from.empty()) return;
    to.reserve(index.size() * static_cast<size_t>(size));
    for (const int64_t i : index)
      to.insert(to.end(), from.begin() + i * size, from.begin() + (i + 1) * size);
  };
  take(out.pixels, set.pixels, set.example_size());
  take(out.features, set.features, set.example_size());
  take(out.texts, set.texts, 1);
  take(out.labels, set.labels, 1);
  take(out.true_labels, set.true_labels, 1);
  take(out.groups, set.groups, 1);
  take(out.noisy, set.noisy, 1);
  return out;
}

std::vector<int32_t> largest_classes(const ImageSet& set, int64_t count) {
  std::vector<int64_t> size(static_cast<size_t>(set.classes));
  for (const int32_t label : set.labels) ++size[static_cast<size_t>(label)];
  const auto filled = std::count_if(size.begin(), size.end(), [](int64_t n) { return n > 0; });
  if (count < 1 || count > filled)
    malformed(set.source, "has examples of " + std::to_string(filled) + " classes, and the " +
                              std::to_string(count) + " largest were to be kept");
  std::vector<int32_t> classes(size.size());
  std::iota(classes.begin(), classes.end(), 0);
  std::stable_sort(classes.begin(), classes.end(), [&](int32_t a, int32_t b) {
    return size[static_cast<size_t>(a)] > size[static_cast<size_t>(b)];
  });
  classes.resize(static_cast<size_t>(count));
  std::sort(classes.begin(), classes.end());
  return classes;
}

}  // namespace assay::data
