// A set of examples as methods of this plugin hand it on: points or images, and, where it is known,
// the mixture they come from. make_data, sample and filter write it; every other method reads it.
#pragma once
#include "plugins/diffusion/mixture.hpp"

#include <assay/plugin.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace diffusion {

struct Data {
  std::vector<float> x;        // (n, shape...); images in [-1, 1]
  std::vector<int64_t> shape;  // of one example: (d) points, (C, H, W) images
  std::vector<int64_t> label;  // (n,), or empty: the mode or class each was drawn from
  Mixture mixture;             // K = 0: not known
  double divisor = 1;          // the data were divided by it (the mixture is too)
  std::string set;             // "gaussian1d", "shapes", ...: what the data are, for rules of it

  int64_t features() const;
  int64_t count() const { return static_cast<int64_t>(x.size()) / features(); }
  bool images() const { return shape.size() == 3; }
};

/// The examples at `index`.
Data chosen(const Data& data, std::span<const int64_t> index);

/// Declares what write_data writes.
template <class M>
void declare_data(assay::Schema<M>& s) {
  s.output("x", ASSAY_ARRAY, "(n, d) points, or (n, C, H, W) images in [-1, 1]; float32")
      .format("diffusion_data");
  s.output("label", ASSAY_ARRAY, "(n,): the mode or class of each, where it was drawn from one");
  s.output("modes", ASSAY_ARRAY, "(K, d): the centres, where they are known");
  s.output("world", ASSAY_TABLE, "what the data are; one row")
      .column("set", ASSAY_STRING, "the name of the data set")
      .column("sigma", ASSAY_REAL, "standard deviation of each mode; 0: not known")
      .column("divisor", ASSAY_REAL, "what the raw data were divided by");
  s.output("modes_weight", ASSAY_ARRAY, "(K,): the share of each mode");
}

void write_data(assay::Job& job, const Data& data);

/// The whole input `name`: a run of make_data, sample, filter or recurse.
Data read_data(const assay::Job& job, const std::string& name);
/// The mixture and names alone, without the examples.
Data read_world(const assay::Job& job, const std::string& name);

}  // namespace diffusion
