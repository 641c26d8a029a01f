// The layers that language models share, on rows: a batch is the tokens of its sequences one after
// another, (N, C), without padding.
//   N rows, C width, H heads, G heads of keys and values, D dimensions of a head
#pragma once
#include "plugins/common/torch.hpp"

#include <memory>
#include <string>

namespace assay::lm {

class Linear;

/// What computes a product in place of the plain one: LoRA, fake quantisation, packed weights.
class LinearForm {
 public:
  virtual ~LinearForm() = default;
  virtual at::Tensor apply(const Linear& linear, const at::Tensor& x) const = 0;
  /// Columns first .. first + count - 1 of that.
  virtual at::Tensor columns(const Linear& linear, const at::Tensor& x, int64_t first,
                             int64_t count) const;
};

/// y = x W^T + b. A handle: copies are the same layer.
class Linear {
 public:
  struct State {
    std::string name;   // published, without ".weight"
    at::Tensor weight;  // (out, in), or (in, out) if transposed; undefined once it is packed
    at::Tensor bias;    // (out,), or undefined
    bool transposed = false;
    int64_t in = 0, out = 0;
    std::shared_ptr<LinearForm> form;  // null: the plain product
  };
  Linear() = default;
  explicit Linear(State state) : state_(std::make_shared<State>(std::move(state))) {}

  /// (N, in) -> (N, out)
  at::Tensor operator()(const at::Tensor& x) const {
    return state_->form ? state_->form->apply(*this, x) : plain(x);
  }
  at::Tensor plain(const at::Tensor& x) const;
  /// (N, in) -> (N, count): columns first .. first + count - 1 of the result.
  at::Tensor columns(const at::Tensor& x, int64_t first, int64_t count) const;
  State* operator->() const { return state_.get(); }
  explicit operator bool() const { return state_ != nullptr; }

 private:
  std::shared_ptr<State> state_;
};

/// LayerNorm, or RMSNorm if it has no bias: its weight multiplies after the cast to x's type.
struct Norm {
  at::Tensor weight, bias;  // (C,)
  double eps = 1e-5;
  bool rms = false;

  at::Tensor operator()(const at::Tensor& x) const;
};

/// Rows (N, C) of `table` that `indices` (N,), int64, name. Without a row, an index is
/// std::invalid_argument: "`what` 7 is outside the model's `of`, which has rows 0 to 5".
at::Tensor rows_at(const at::Tensor& table, const at::Tensor& indices, const std::string& what,
                   const std::string& of = "table");

/// "gelu" (erf), "gelu_new" (tanh), "silu", "relu". std::invalid_argument for another name.
at::Tensor activate(const std::string& activation, const at::Tensor& x);

}  // namespace assay::lm
