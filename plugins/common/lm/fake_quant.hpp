// Fake quantisation: weights rounded to what 4 bits can hold, kept as floats. A weight is cut into
// blocks along its input (all of (out, in), row-major); each block is divided by its greatest
// absolute value m, rounded, and multiplied again.
//   int4: m / 7 times the integers -7 .. 7, ties to even
//   nf4:  m times the nearest of the 16 values of NormalFloat (Dettmers et al. 2023), ties down
#pragma once
#include "plugins/common/lm/model.hpp"

#include <array>

namespace assay::lm {

enum class Quant { int4, nf4 };

/// The levels of nf4, in rising order.
extern const std::array<float, 16> kNormalFloat4;

/// (out, in) -> the same shape, on the levels. The last block may be shorter.
at::Tensor fake_quantised(const at::Tensor& weight, Quant quant, int64_t block = 64);

struct FakeQuantOptions {
  Quant quant = Quant::nf4;
  int64_t block = 64;
  bool straight_through = false;  // the weight's gradient is that of the rounded weight
};

/// The linear layers whose name `expression` matches (see choose.hpp) compute with rounded weights;
/// their parameters stay as they are. A layer that has a form already is std::invalid_argument.
void fake_quantise(const Model& model, const std::string& expression,
                   const FakeQuantOptions& options = {});

/// The weights of those layers become the rounded ones.
void bake_quantised(const Model& model, const std::string& expression, Quant quant,
                    int64_t block = 64);

}  // namespace assay::lm
