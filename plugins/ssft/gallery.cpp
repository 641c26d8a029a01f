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
    if (split.dtype("arrays/images_a").code == ASSAY_DT_UINT)
      pixels_.push_back(split.read<uint8_t>("arrays/images_a"));
    if (split.has("tables/texts/text")) texts_.push_back(split.strings("tables/texts/text"));
  }
}

/// The half that holds an example, and its place there.
std::pair<size_t, size_t> Images::find(int64_t source_index) const {
  for (size_t h = 0; h < halves_.size(); ++h) {
    const auto& index = halves_[h].index;
    const auto found = std::lower_bound(index.begin(), index.end(), source_index);
    if (found != index.end() && *found == source_index)
      return {h, static_cast<size_t>(found - index.begin())};
  }
  throw assay::Error(ASSAY_INVALID_ARGUMENT, "the splits given do not hold all scored examples");
}

void Images::log(const std::vector<int64_t>& source_index,
                 const std::vector<std::string>& given) const {
  if (halves_.empty()) return;
  if (texts_.size() == halves_.size()) {
    std::string lines;
    for (size_t i = 0; i < source_index.size(); ++i) {
      const auto [half, place] = find(source_index[i]);
      lines += given[i] + ": " + texts_[half].at(place) + "\n";
    }
    job_.text("suspect_texts", lines);
  }
  if (pixels_.size() != halves_.size()) return;
  auto shape = halves_.front().image_shape;
  shape[0] = static_cast<int64_t>(source_index.size());
  const auto size = static_cast<size_t>(
      std::accumulate(shape.begin() + 1, shape.end(), int64_t{1}, std::multiplies<>()));
  std::vector<uint8_t> out;
  for (const int64_t wanted : source_index) {
    const auto [half, place] = find(wanted);
    const uint8_t* image = pixels_[half].data() + place * size;
    out.insert(out.end(), image, image + size);
  }
  job_.array("suspect_images", assay::Tensor(out.data(), shape));
}

}  // namespace ssft
