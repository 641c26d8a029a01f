// The most suspicious examples: a ranking, and their images or texts for a person to look at.
#pragma once
#include "plugins/ssft/halves.hpp"

#include <assay/plugin.hpp>

namespace ssft {

/// Indices from the most suspicious example down: by `score`, equal ones by `tie` (higher first),
/// then by index.
std::vector<size_t> ranked(const std::vector<double>& score, const std::vector<double>& tie);

/// Examples of A whose index in the source is given, from the split runs that hold them.
class Images {
 public:
  /// Opens input `name`, which may be a gathered list.
  Images(const assay::Job& job, const std::string& name);
  template <class M>
  static void declare_outputs(assay::Schema<M>& s) {
    s.output("suspect_images", ASSAY_ARRAY, "of a source of images: theirs").format("images");
    s.output("suspect_texts", ASSAY_TEXT, "of a source of texts: theirs, one a line");
  }
  /// Images as (K, H, W) or (K, H, W, C), texts as lines "GIVEN: TEXT"; nothing of features.
  void log(const std::vector<int64_t>& source_index, const std::vector<std::string>& given) const;

 private:
  std::pair<size_t, size_t> find(int64_t source_index) const;

  const assay::Job& job_;
  std::vector<Half> halves_;
  std::vector<std::vector<uint8_t>> pixels_;     // empty, or one a half
  std::vector<std::vector<std::string>> texts_;  // empty, or one a half
};

}  // namespace ssft
