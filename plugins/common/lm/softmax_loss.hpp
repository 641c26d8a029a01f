// Softmax cross-entropy of rows of logits, in place: plain C++ over contiguous memory, without
// LibTorch.
#pragma once
#include <cstdint>

namespace assay::lm {

/// losses[r] = ln sum_v exp(logits[r][v]) - logits[r][targets[r]], with the sum in float64, for
/// logits (rows, vocabulary). If there are weights, each row becomes the gradient
/// weights[r] * (softmax - onehot(target)); otherwise what is left in it is of no use. A row with a
/// logit that is not finite above has a loss that is not finite.
void softmax_loss(float* logits, int64_t rows, int64_t vocabulary, const int64_t* targets,
                  const double* weights, double* losses);

}  // namespace assay::lm
