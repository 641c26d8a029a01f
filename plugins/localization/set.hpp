// What the method `data` leaves for the others, as they read it back.
#pragma once
#include "plugins/common/train/learner.hpp"

#include <assay/plugin.hpp>

#include <vector>

namespace localization {

/// N training examples, some of them memorised by whoever fits them, and T test examples.
struct Set {
  assay::train::Examples train, test;  // labels as given; pixels from -1 to 1
  std::vector<int64_t> index;          // (N,), in the source
  std::vector<int64_t> true_label;     // (N,), the same as given where nothing better is known
  std::vector<uint8_t> memorised;      // (N,)
  int64_t classes = 0;

  int64_t size() const { return static_cast<int64_t>(memorised.size()); }
  /// Positions of the memorised examples, or of the clean ones, ascending.
  std::vector<int64_t> where(bool memorised_ones) const;
};

/// From an opened run of `data`, images on `device`.
Set read_set(const assay::Reader& data, at::Device device);

/// Shares of right answers among the clean and the memorised training examples, and how many of
/// the memorised ones got their true label.
struct Shares {
  double clean = 0, memorised = 0, true_label = 0;
};
/// `predicted` (N,): the class of each training example.
Shares shares(const Set& set, const at::Tensor& predicted);

}  // namespace localization
