#include "plugins/ssft/gallery.hpp"

#include <algorithm>
#include <numeric>

namespace ssft {

std::vector<size_t> ranked(const std::vector<double>& score, const std::vector<double>& tie) {
  std::vector<size_t> order(score.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t i, size_t j) {
    return score[i] != score[j] ? score[i] > score[j] : tie[i] > tie[j];
  });
  return order;
}

Images::Images(const assay::Job& job, const std::string& name) : job_(job) {
  for (size_t i = 0; i < job.inputs(name); ++i) {
    const auto split = job.open(name, i);
    halves_.push_back(read_half(split, "a"));
    pixels_.push_back(split.read<uint8_t>("arrays/images_a"));
  }
}

void Images::log(const std::string& array, const std::vector<int64_t>& source_index) const {
  if (halves_.empty()) return;
  auto shape = halves_.front().image_shape;
  shape[0] = static_cast<int64_t>(source_index.size());
  const int64_t size =
      std::accumulate(shape.begin() + 1, shape.end(), int64_t{1}, std::multiplies<>());
  std::vector<uint8_t> out;
  for (const int64_t wanted : source_index) {
    for (size_t h = 0; h < halves_.size(); ++h) {
      const auto& index = halves_[h].index;
      const auto found = std::lower_bound(index.begin(), index.end(), wanted);
      if (found == index.end() || *found != wanted) continue;
      const auto* image = pixels_[h].data() + (found - index.begin()) * size;
      out.insert(out.end(), image, image + size);
      break;
    }
  }
  if (static_cast<int64_t>(out.size()) != shape[0] * size)
    throw assay::Error(ASSAY_INVALID_ARGUMENT, "the splits given do not hold all scored images");
  job_.array(array, assay::Tensor(out.data(), shape));
}

}  // namespace ssft
