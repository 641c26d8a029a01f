#include "plugins/common/lm/resize.hpp"

#include <algorithm>
#include <stdexcept>

namespace assay::lm {
namespace {

/// The parameters of a model, those with a row for each id with another number of rows.
class ResizedSource final : public Source {
 public:
  ResizedSource(const Model& model, int64_t rows, NewRows new_rows, uint64_t key)
      : model_(model), rows_(rows), new_rows_(new_rows), key_(key) {}

  bool has(const std::string& name) const override { return find(name) != nullptr; }

  at::Tensor get(const std::string& name, at::IntArrayRef shape, Init) override {
    const auto* old = find(name);
    if (!old) throw std::invalid_argument("the model has no parameter \"" + name + "\"");
    const bool of_ids = old->is_same(model_.embedding()) ||
                        (model_.head() && (old->is_same(model_.head()->weight) ||
                                           old->is_same(model_.head()->bias)));
    const auto tensor = of_ids ? with_rows(name, *old) : *old;
    if (tensor.sizes() != shape)
      throw std::invalid_argument("the model's parameter \"" + name + "\" has another shape");
    return tensor;
  }

 private:
  const at::Tensor* find(const std::string& name) const {
    for (const auto& [own, tensor] : model_.parameters())
      if (own == name) return &tensor;
    return nullptr;
  }

  /// Old rows (V, ...) -> (rows, ...)
  at::Tensor with_rows(const std::string& name, const at::Tensor& old) const {
    const at::NoGradGuard no_grad;
    const int64_t more = rows_ - old.size(0);
    auto out = more <= 0 ? old.narrow(0, 0, rows_).clone() : at::cat({old, fresh(name, old, more)});
    return out.requires_grad_(old.requires_grad());
  }

  at::Tensor fresh(const std::string& name, const at::Tensor& old, int64_t count) const {
    auto shape = old.sizes().vec();
    shape[0] = count;
    if (new_rows_ == NewRows::mean) return old.mean(0, /*keepdim=*/true).expand(shape);
    if (old.dim() == 1) return at::zeros(shape, old.options());
    FreshSource source(key_, model_.config().initializer_range);
    return source.get(name, shape, Init::normal).to(old.options());
  }

  const Model& model_;
  int64_t rows_;
  NewRows new_rows_;
  uint64_t key_;
};

}  // namespace

std::unique_ptr<Model> resized(const Model& model, int64_t vocabulary, NewRows new_rows,
                               uint64_t key) {
  if (vocabulary < 1)
    throw std::invalid_argument("a vocabulary of " + std::to_string(vocabulary) +
                                " rows is none; it has at least 1");
  for (const auto& linear : model.linears())
    if (linear->form)
      throw std::invalid_argument("the layer " + linear->name +
                                  " is adapted, quantised or packed: resize the vocabulary first");
  auto config = model.config();
  config.vocabulary = vocabulary;
  ResizedSource source(model, vocabulary, new_rows, key);
  return make_model(config, source);
}

}  // namespace assay::lm
