// What `split` leaves for the other methods, as they read it back.
#pragma once
#include <assay/plugin.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace ssft {

/// One half of the data, in the order of its images.
struct Half {
  std::vector<int64_t> index;        // in the source
  std::vector<int64_t> label;        // as given
  std::vector<int64_t> true_label;   // the same, where nothing better is known
  std::vector<uint8_t> noisy;        // whether the two differ
  std::vector<std::string> group;    // "mislabelled"; else the subgroup; else "clean"
  std::vector<int64_t> image_shape;  // (N, H, W) or (N, H, W, C)

  int64_t size() const { return static_cast<int64_t>(index.size()); }
  int64_t noisy_count() const;
};

/// Half "a" or "b" of an opened `split` run, without its images.
Half read_half(const assay::Reader& split, const std::string& part);

/// The classes' names; their numbers as text where they have no names.
std::vector<std::string> class_names(const assay::Reader& split);

}  // namespace ssft
