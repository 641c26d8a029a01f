// Unions and marks on the planar pixels of an image set.
#include "plugins/common/data/bytes.hpp"
#include "plugins/common/data/compose.hpp"

#include <assay/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace assay::data {
namespace {

std::string image_size(const ImageSet& set) {
  return show_shape({set.channels, set.height, set.width});
}

/// Marks are painted on bytes alone.
void need_pixels(const ImageSet& set) {
  if (!set.has_pixels())
    throw std::invalid_argument(set.source + " holds no images on which anything can be painted");
}

/// Labels that count as true: `set.labels` where nothing better is known.
void fill_truth(ImageSet& set) {
  if (set.true_labels.empty()) set.true_labels = set.labels;
  if (set.noisy.empty()) set.noisy.assign(set.labels.size(), 0);
}

void shift(std::vector<int32_t>& numbers, int32_t by) {
  for (auto& number : numbers) number += by;
}

}  // namespace

std::vector<std::string> names_of_classes(const ImageSet& set) {
  if (set.class_names.size() == static_cast<size_t>(set.classes)) return set.class_names;
  std::vector<std::string> names;
  for (int k = 0; k < set.classes; ++k) names.push_back(std::to_string(k));
  return names;
}

void unite(ImageSet& set, const ImageSet& more) {
  if (set.channels != more.channels || set.height != more.height || set.width != more.width)
    throw std::invalid_argument("images of " + image_size(more) + " (" + more.source +
                                ") cannot join images of " + image_size(set) + " (" + set.source +
                                "): channels x height x width must be equal");
  ImageSet other = more;
  if (!set.true_labels.empty() || !other.true_labels.empty() || !set.noisy.empty() ||
      !other.noisy.empty()) {
    fill_truth(set);
    fill_truth(other);
  }
  auto names = names_of_classes(set);
  for (const auto& name : names_of_classes(other)) names.push_back(name);
  shift(other.labels, set.classes);
  shift(other.true_labels, set.classes);
  if (!set.groups.empty())
    shift(other.groups, *std::max_element(set.groups.begin(), set.groups.end()) + 1);
  other.classes += set.classes;
  append(set, other);
  set.class_names = names;
}

void paint_square(ImageSet& set, std::span<const int64_t> index, int64_t side, int64_t corner) {
  need_pixels(set);
  if (corner < 0 || side < 1 || corner + side > std::min(set.height, set.width))
    throw std::invalid_argument("a patch of " + show_shape({side, side}) +
                                " pixels at row and column " + std::to_string(corner) +
                                " does not fit into images of " +
                                show_shape({set.height, set.width}));
  for (const int64_t i : index)
    for (int64_t c = 0; c < set.channels; ++c)
      for (int64_t row = corner; row < corner + side; ++row) {
        const auto from =
            set.pixels.begin() + (((i * set.channels + c) * set.height) + row) * set.width + corner;
        std::fill(from, from + side, uint8_t{255});
      }
}

void turn_grey(ImageSet& set, std::span<const int64_t> index) {
  need_pixels(set);
  if (set.channels != 3)
    throw std::invalid_argument("images of " + image_size(set) + " (" + set.source +
                                ") have no colour to take out: it needs 3 channels");
  const int64_t pixels = set.height * set.width;
  for (const int64_t i : index) {
    uint8_t* image = set.pixels.data() + i * set.example_size();
    for (int64_t p = 0; p < pixels; ++p) {
      const int luma =
          (299 * image[p] + 587 * image[pixels + p] + 114 * image[2 * pixels + p] + 500) / 1000;
      for (int64_t c = 0; c < 3; ++c) image[c * pixels + p] = static_cast<uint8_t>(luma);
    }
  }
}

std::vector<int64_t> choose(std::span<const int64_t> members, double share, uint64_t key) {
  const Philox draw(key);
  std::vector<std::pair<uint64_t, int64_t>> order;
  for (const int64_t i : members) {
    const auto w = draw.words(static_cast<uint64_t>(i));
    order.emplace_back((uint64_t{w[0]} << 32) | w[1], i);
  }
  std::sort(order.begin(), order.end());
  order.resize(static_cast<size_t>(std::llround(share * static_cast<double>(members.size()))));
  std::vector<int64_t> chosen;
  for (const auto& [random, i] : order) chosen.push_back(i);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

}  // namespace assay::data
