#include "plugins/common/data/bytes.hpp"
#include "plugins/common/data/subset.hpp"

#include <algorithm>

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

std::vector<int64_t> keep_most_frequent(ImageSet& set, int classes) {
  // Which classes, and their new numbers.
  std::vector<int64_t> size(static_cast<size_t>(set.classes));
  for (const int32_t label : set.labels) ++size[static_cast<size_t>(label)];
  std::vector<int32_t> order(size.size());
  for (size_t k = 0; k < order.size(); ++k) order[k] = static_cast<int32_t>(k);
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
    return size[static_cast<size_t>(a)] > size[static_cast<size_t>(b)];
  });
  const auto filled = std::count_if(size.begin(), size.end(), [](int64_t n) { return n > 0; });
  if (classes < 1 || classes > filled)
    malformed(set.source, "has examples of " + std::to_string(filled) + " classes, and " +
                              std::to_string(classes) + " were to be kept");
  order.resize(static_cast<size_t>(classes));
  std::sort(order.begin(), order.end());
  std::vector<int32_t> number(size.size(), -1);
  std::vector<std::string> names;
  for (size_t k = 0; k < order.size(); ++k) {
    number[static_cast<size_t>(order[k])] = static_cast<int32_t>(k);
    if (!set.class_names.empty()) names.push_back(set.class_names[static_cast<size_t>(order[k])]);
  }

  // Their examples: those whose label, and true label where it is known, are kept.
  const auto new_label = [&](const std::vector<int32_t>& labels, int64_t i) {
    return labels.empty() ? 0 : number[static_cast<size_t>(labels[static_cast<size_t>(i)])];
  };
  std::vector<int64_t> index;
  for (int64_t i = 0; i < set.count; ++i)
    if (new_label(set.labels, i) >= 0 && new_label(set.true_labels, i) >= 0) index.push_back(i);
  set = subset(set, index);
  for (auto* labels : {&set.labels, &set.true_labels})
    for (int32_t& label : *labels) label = number[static_cast<size_t>(label)];
  set.classes = classes;
  set.class_names = names;
  return index;
}

}  // namespace assay::data
