// Weights kept in 8 bits for fast inference on the CPU. A row of a weight is cut into blocks of 32
// along the input; of each, w = least + step * code, code = 0 .. 255, with `least` and `step` in
// half precision. The blocks of GGUF's Q4_0 and Q4_1 come through as they are but for the rounding
// of `step`.
//
// Where the processor has AMX, a product takes the weights as bfloat16 and x as the sum of two
// bfloat16 numbers; elsewhere it makes floats of some rows of W at a time. Either way a row's bits
// depend neither on the other rows nor on the number of threads.
#pragma once
#include "plugins/common/lm/model.hpp"

#include <memory>

namespace assay::lm {

/// The products of a model, but for LoRA's and other forms that layers have, with packed weights;
/// their float weights are let go, unless the embedding needs them. Such a model generates and
/// scores; it cannot be trained, exported or moved to another device. Only on the CPU:
/// std::invalid_argument elsewhere.
///
/// Tolerance: weights are off by at most 1/510 of the range of their block, and with AMX by 1/512
/// of themselves; ln p of SmolLM2-135M's tokens on real text by at most 0.5 nats, 0.03 on average
/// (measured with AMX: 0.17 and 0.012).
void pack(Model& model);

/// (out, in) float -> its packed form, and back.
std::shared_ptr<LinearForm> packed(const at::Tensor& weight);
at::Tensor unpacked(const LinearForm& form);

/// Whether products use AMX; for tests, `set_amx(false)` takes the way of other processors.
bool amx();
void set_amx(bool on);

}  // namespace assay::lm
