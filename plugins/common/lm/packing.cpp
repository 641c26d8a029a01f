#include "plugins/common/lm/packing.hpp"

#include <algorithm>
#include <stdexcept>

namespace assay::lm {

Packing::Packing(std::span<const std::vector<text::Id>> documents, PackingOptions options)
    : options_(options) {
  if (options_.length < 1)
    throw std::invalid_argument("a window of " + std::to_string(options_.length) +
                                " tokens; it has at least 1");
  for (const auto& document : documents) {
    starts_.push_back(tokens());
    stream_.insert(stream_.end(), document.begin(), document.end());
    stream_.push_back(options_.end);
  }
  windows_ = (tokens() - 1) / options_.length;
  if (windows_ < 1)
    throw std::invalid_argument(
        std::to_string(documents.size()) + " documents have " + std::to_string(tokens()) +
        " tokens in all, which is too few for one window of " + std::to_string(options_.length));
}

std::vector<TrainingExample> Packing::window(int64_t w) const {
  if (w < 0 || w >= windows_)
    throw std::invalid_argument("no window " + std::to_string(w) + " of " +
                                std::to_string(windows_));
  const int64_t begin = w * options_.length, end = begin + options_.length + 1;
  std::vector<int64_t> cuts{begin};
  if (!options_.across)
    for (auto s = std::upper_bound(starts_.begin(), starts_.end(), begin);
         s != starts_.end() && *s < end; ++s)
      cuts.push_back(*s);
  cuts.push_back(end);
  std::vector<TrainingExample> out;
  for (size_t i = 0; i + 1 < cuts.size(); ++i)
    if (cuts[i + 1] - cuts[i] > 1)
      out.push_back({.ids = {stream_.begin() + cuts[i], stream_.begin() + cuts[i + 1]}});
  return out;
}

}  // namespace assay::lm
