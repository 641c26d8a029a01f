#include "plugins/common/lm/softmax_loss.hpp"
#include "plugins/common/lm/token_loss.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <stdexcept>

namespace assay::lm {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Logits in a chunk: with their products' other operands they stay in the caches.
constexpr int64_t kChunk = int64_t{1} << 21;

int64_t rows_at_once(int64_t V) { return std::max<int64_t>(64, kChunk / V); }

/// The head's parameters, (V, C) and (V,) or undefined, and what of the gradients is wanted.
struct Head {
  at::Tensor weight, bias;
};
struct Wanted {
  bool hidden, weight, bias;
  bool any() const { return hidden || weight || bias; }
};
struct Gradients {
  at::Tensor hidden, weight, bias;  // undefined unless wanted
};

/// Logits (n, V) of one chunk become the gradient of sum_i weights_i losses_i; -> losses (n,).
void softmax_chunk(at::Tensor& logits, const at::Tensor& targets, const at::Tensor& weights,
                   at::Tensor losses) {
  if (logits.is_cpu() && logits.scalar_type() == at::kFloat) {
    const int64_t V = logits.size(1);
    auto* x = logits.data_ptr<float>();
    const auto* t = targets.const_data_ptr<int64_t>();
    const auto* w = weights.defined() ? weights.const_data_ptr<double>() : nullptr;
    auto* out = losses.data_ptr<double>();
    at::parallel_for(0, logits.size(0), 1, [&](int64_t from, int64_t to) {
      softmax_loss(x + from * V, to - from, V, t + from, w ? w + from : nullptr, out + from);
    });
    return;
  }
  const auto most = logits.amax(1, true), column = targets.unsqueeze(1);
  losses.copy_(most.sub(logits.gather(1, column)).squeeze(1));
  logits.sub_(most).exp_();
  const auto sum = logits.sum(1, true, at::kDouble);  // (n, 1)
  losses.add_(sum.log().squeeze(1));
  if (!weights.defined()) return;
  logits.mul_(weights.unsqueeze(1).div(sum).to(logits.scalar_type()));
  logits.scatter_add_(1, column, weights.neg().unsqueeze(1).to(logits.scalar_type()));
}

/// losses (N,), and the gradients of their sum under `weights` (N,), float64, if defined.
Gradients by_chunks(const Head& head, const at::Tensor& hidden, const at::Tensor& targets,
                    const at::Tensor& weights, const at::Tensor& losses, Wanted wanted) {
  const int64_t N = hidden.size(0), V = head.weight.size(0);
  const int64_t rows = std::min(N, rows_at_once(V));
  Gradients out;
  if (wanted.hidden) out.hidden = at::empty_like(hidden);
  if (wanted.weight) out.weight = at::zeros_like(head.weight);
  if (wanted.bias) out.bias = at::zeros_like(head.bias);
  const auto buffer = at::empty({rows, V}, hidden.options());
  for (int64_t first = 0; first < N; first += rows) {
    const int64_t n = std::min(rows, N - first);
    const auto h = hidden.narrow(0, first, n);
    auto logits = buffer.narrow(0, 0, n);  // (n, V)
    if (head.bias.defined())
      at::addmm_out(logits, head.bias, h, head.weight.t());
    else
      at::mm_out(logits, h, head.weight.t());
    softmax_chunk(logits, targets.narrow(0, first, n),
                  weights.defined() ? weights.narrow(0, first, n) : at::Tensor(),
                  losses.narrow(0, first, n));
    if (wanted.hidden) {
      auto part = out.hidden.narrow(0, first, n);
      at::mm_out(part, logits, head.weight);
    }
    if (wanted.weight) out.weight.addmm_(logits.t(), h);
    if (wanted.bias) out.bias.add_(logits.sum(0));
  }
  return out;
}

/// A sum with known weights: gradients on the way forward.
class WeightedSum : public torch::autograd::Function<WeightedSum> {
 public:
  static variable_list forward(AutogradContext* ctx, const at::Tensor& hidden,
                               const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                               const at::Tensor& targets, const at::Tensor& weights, bool grad) {
    const auto losses = at::empty({hidden.size(0)}, weights.options());
    const Wanted wanted{grad && hidden.requires_grad(), grad && weight.requires_grad(),
                        grad && bias && bias->requires_grad()};
    const auto made = by_chunks({weight, bias.value_or(at::Tensor())}, hidden, targets,
                                wanted.any() ? weights : at::Tensor(), losses, wanted);
    ctx->saved_data = {{"hidden", made.hidden}, {"weight", made.weight}, {"bias", made.bias}};
    ctx->mark_non_differentiable({losses});
    return {losses.dot(weights), losses};
  }

  static variable_list backward(AutogradContext* ctx, variable_list outer) {
    variable_list out(6);
    if (ctx->saved_data.empty())
      throw std::logic_error("the gradients of a token loss can be taken once");
    out[0] = ctx->saved_data["hidden"].toTensor();
    out[1] = ctx->saved_data["weight"].toTensor();
    out[2] = ctx->saved_data["bias"].toTensor();
    ctx->saved_data.clear();
    const bool one = outer[0].is_cpu() && outer[0].item<double>() == 1;
    for (size_t i = 0; i < 3; ++i)
      if (out[i].defined() && !one) out[i].mul_(outer[0].to(out[i].scalar_type()));
    return out;
  }
};

/// Losses whose weights come later: the logits are computed again.
class Losses : public torch::autograd::Function<Losses> {
 public:
  static at::Tensor forward(AutogradContext* ctx, const at::Tensor& hidden,
                            const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                            const at::Tensor& targets) {
    const auto losses = at::empty({hidden.size(0)}, hidden.options().dtype(at::kDouble));
    const Head head{weight, bias.value_or(at::Tensor())};
    by_chunks(head, hidden, targets, {}, losses, {false, false, false});
    ctx->save_for_backward({hidden, weight, head.bias, targets});
    return losses;
  }

  static variable_list backward(AutogradContext* ctx, variable_list outer) {
    const auto saved = ctx->get_saved_variables();
    const auto& hidden = saved[0];
    const auto losses = at::empty_like(outer[0]);
    const auto made = by_chunks({saved[1], saved[2]}, hidden, saved[3],
                                outer[0].to(at::kDouble).contiguous(), losses,
                                {ctx->needs_input_grad(0), ctx->needs_input_grad(1),
                                 saved[2].defined() && ctx->needs_input_grad(2)});
    return {made.hidden, made.weight, made.bias, {}};
  }
};

std::optional<at::Tensor> bias_of(const Linear& head) {
  return head->bias.defined() ? std::optional(head->bias) : std::nullopt;
}

/// The head's weight as (V, C).
at::Tensor columns_of(const Linear& head) {
  return head->transposed ? head->weight.t() : head->weight;
}

void check_targets(const Linear& head, const at::Tensor& hidden, const at::Tensor& targets) {
  if (targets.dim() != 1 || targets.size(0) != hidden.size(0))
    throw std::invalid_argument("there are " + std::to_string(hidden.size(0)) + " rows but " +
                                std::to_string(targets.numel()) + " targets");
  if (!targets.numel()) return;
  const auto [least, greatest] = at::aminmax(targets);
  for (const int64_t id : {least.item<int64_t>(), greatest.item<int64_t>()})
    if (id < 0 || id >= head->out)
      throw std::invalid_argument("target " + std::to_string(id) +
                                  " is outside the model's vocabulary, which has ids 0 to " +
                                  std::to_string(head->out - 1));
}

/// For a head with a form of its own (packed, say): through its product. What a gradient needs of
/// the logits is kept; without one, a chunk of them is there at a time.
at::Tensor plain_losses(const Linear& head, const at::Tensor& hidden, const at::Tensor& targets) {
  const int64_t N = hidden.size(0), rows = rows_at_once(head->out);
  std::vector<at::Tensor> parts{at::empty({0}, hidden.options().dtype(at::kDouble))};
  for (int64_t first = 0; first < N; first += rows) {
    const int64_t n = std::min(rows, N - first);
    const auto log_p = head(hidden.narrow(0, first, n)).to(at::kDouble).log_softmax(1);  // (n, V)
    parts.push_back(at::nll_loss(log_p, targets.narrow(0, first, n), {}, at::Reduction::None));
  }
  return at::cat(parts);  // (N,)
}

}  // namespace

TokenLoss token_loss(const Linear& head, const at::Tensor& hidden, const at::Tensor& targets,
                     const at::Tensor& weights) {
  check_targets(head, hidden, targets);
  const auto w = weights.detach().to(at::kDouble).contiguous();
  if (head->form) {
    const auto losses = plain_losses(head, hidden, targets);
    return {losses.dot(w), losses.detach()};
  }
  const auto out = WeightedSum::apply(hidden.contiguous(), columns_of(head), bias_of(head), targets,
                                      w, at::GradMode::is_enabled());
  return {out[0], out[1]};
}

at::Tensor token_losses(const Linear& head, const at::Tensor& hidden, const at::Tensor& targets) {
  check_targets(head, hidden, targets);
  if (head->form) return plain_losses(head, hidden, targets);
  return Losses::apply(hidden.contiguous(), columns_of(head), bias_of(head), targets);
}

}  // namespace assay::lm
