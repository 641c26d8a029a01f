// Cross-entropy of a language model's head: the loss of every row and the gradients of a weighted
// sum of them, by chunks of rows, so that the logits (N, V) never exist at once.
//   N rows, C width, V columns of the head
#pragma once
#include "plugins/common/lm/layers.hpp"

namespace assay::lm {

struct TokenLoss {
  at::Tensor sum;     // sum_i weights_i losses_i, a float64 scalar; differentiable
  at::Tensor losses;  // (N,), float64, without gradient: -ln p(target_i)
};

/// The losses of `targets` (N,), int64, after `hidden` (N, C), and their sum under `weights` (N,).
/// The gradients are made on the way forward, from three products in place of four; they can be
/// taken once. A head that is frozen costs none. Weights have no gradient. std::invalid_argument
/// for a target outside the head's columns.
TokenLoss token_loss(const Linear& head, const at::Tensor& hidden, const at::Tensor& targets,
                     const at::Tensor& weights);

/// The losses alone, (N,), float64, differentiable: for losses that are not a sum with known
/// weights. The way back computes the logits again.
at::Tensor token_losses(const Linear& head, const at::Tensor& hidden, const at::Tensor& targets);

}  // namespace assay::lm
