// The most suspicious examples: a ranking, and their images for a person to look at.
#pragma once
#include "plugins/ssft/halves.hpp"

#include <assay/plugin.hpp>

namespace ssft {

/// Indices from the most suspicious example down: by `score`, equal ones by `tie` (higher first),
/// then by index.
std::vector<size_t> ranked(const std::vector<double>& score, const std::vector<double>& tie);

/// Images of A, (K, H, W) or (K, H, W, C), of the examples whose index in the source is given, from
/// the split runs that hold them.
class Images {
 public:
  /// Opens input `name`, which may be a gathered list.
  Images(const assay::Job& job, const std::string& name);
  void log(const std::string& array, const std::vector<int64_t>& source_index) const;

 private:
  const assay::Job& job_;
  std::vector<Half> halves_;
  std::vector<std::vector<uint8_t>> pixels_;
};

}  // namespace ssft
