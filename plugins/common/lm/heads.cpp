#include "plugins/common/lm/heads.hpp"

#include <stdexcept>

namespace assay::lm {
namespace {

const Linear& pooler_of(const Model& model) {
  if (model.pooler()) return model.pooler();
  throw std::invalid_argument("these weights of the architecture \"" + model.config().architecture +
                              "\" have no pooler (pooler.dense.weight)");
}

}  // namespace

at::Tensor first_rows(const Rows& rows) {
  std::vector<int64_t> first;
  int64_t at = 0;
  for (const int64_t length : rows.lengths) {
    first.push_back(at);
    at += length;
  }
  return at::tensor(first, at::kLong).to(rows.positions.device());
}

at::Tensor rows_of_token(const Rows& rows, int64_t id) {
  return rows.ids.eq(id).nonzero().squeeze(1);
}

at::Tensor logits_at(const Model& model, const at::Tensor& hidden, const at::Tensor& rows) {
  return model.logits(hidden.index_select(0, rows));
}

at::Tensor logits_at(const Model& model, const at::Tensor& hidden, const at::Tensor& rows,
                     const at::Tensor& columns) {
  return model.logits(hidden.index_select(0, rows), columns);
}

at::Tensor pooled(const Model& model, const at::Tensor& first) {
  return pooler_of(model)(first).tanh();
}

at::Tensor mean_pooled(const at::Tensor& hidden, const std::vector<int64_t>& lengths) {
  std::vector<at::Tensor> means;
  for (const auto& sequence : hidden.split_with_sizes(lengths)) means.push_back(sequence.mean(0));
  return at::stack(means);  // (B, C)
}

at::Tensor normalised(const at::Tensor& x) {
  return x / x.norm(2, {-1}, /*keepdim=*/true).clamp_min(1e-12);
}

Classifier::Classifier(ClassifierForm form, const Model& model, int64_t classes, Source& source)
    : form_(form) {
  const int64_t C = model.config().width;
  const Scope root(source, parameters_);
  if (form == ClassifierForm::dense) {
    dense_ = (root / "classifier").linear("dense", C, C, true);
    out_ = (root / "classifier").linear("out_proj", C, classes, true);
    return;
  }
  if (form == ClassifierForm::pooler) dense_ = pooler_of(model);
  out_ = root.linear("classifier", C, classes, true);
}

at::Tensor Classifier::operator()(const at::Tensor& first, Dropout* dropout) const {
  const auto d = [&](const at::Tensor& x) { return dropout ? (*dropout)(x) : x; };
  switch (form_) {
    case ClassifierForm::dense: return out_(d(dense_(d(first)).tanh()));
    case ClassifierForm::pooler: return out_(d(dense_(first).tanh()));
    case ClassifierForm::project: return out_(d(first.tanh()));
  }
  throw std::invalid_argument("no such form of a classifier");
}

}  // namespace assay::lm
