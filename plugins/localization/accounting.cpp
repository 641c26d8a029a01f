#include "plugins/localization/accounting.hpp"

#include <cmath>
#include <limits>
#include <map>

namespace localization {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Of one tensor's two sums, c and n, and of t = c + n.
struct Products {
  double cc = 0, nn = 0, cn = 0, tt = 0, numel = 0;
  double cosine() const { return cc > 0 && nn > 0 ? cn / std::sqrt(cc * nn) : kNaN; }
};

double cosine_of(const std::vector<Products>& tensors, CosineMode mode) {
  Products all;
  double sum = 0, count = 0;
  for (const auto& t : tensors) {
    all.cc += t.cc, all.nn += t.nn, all.cn += t.cn;
    if (const double cosine = t.cosine(); !std::isnan(cosine)) sum += cosine, count += 1;
  }
  if (mode == CosineMode::concatenated) return all.cosine();
  return count > 0 ? sum / count : kNaN;
}

GroupGradients summary(const std::vector<Products>& tensors, CosineMode mode) {
  GroupGradients out;
  for (const auto& t : tensors) {
    out.norm_clean += std::sqrt(t.cc / t.numel);
    out.norm_noisy += std::sqrt(t.nn / t.numel);
    out.norm_total += std::sqrt(t.tt / t.numel);
  }
  out.ratio = out.norm_clean > 0 ? out.norm_noisy / out.norm_clean : kNaN;
  out.cosine = cosine_of(tensors, mode);
  return out;
}

}  // namespace

std::vector<GroupGradients> compare(const at::Tensor& clean, const at::Tensor& noisy,
                                    const std::vector<assay::train::ParameterSlice>& layout,
                                    const std::vector<Group>& groups, CosineMode mode) {
  const auto c = clean.to(at::kCPU, at::kDouble), n = noisy.to(at::kCPU, at::kDouble);
  std::map<std::string, Products> by_name;
  for (const auto& slice : layout) {
    const auto cp = c.narrow(0, slice.at, slice.size), np = n.narrow(0, slice.at, slice.size),
               tp = cp + np;
    const auto dot = [](const at::Tensor& a, const at::Tensor& b) {
      return at::dot(a, b).item<double>();
    };
    by_name[slice.name] = {dot(cp, cp), dot(np, np), dot(cp, np), dot(tp, tp),
                           static_cast<double>(slice.size)};
  }
  std::vector<GroupGradients> out;
  for (const auto& group : groups) {
    std::vector<Products> tensors;
    for (const auto& name : group.parameters) tensors.push_back(by_name.at(name));
    out.push_back(summary(tensors, mode));
  }
  return out;
}

void Accounting::attach(const assay::train::AutogradLearner& learner) {
  learner_ = &learner;
  clean_ = at::zeros_like(learner.gradients());
  noisy_ = at::zeros_like(clean_);
}

void Accounting::backward(const at::Tensor& losses, const at::Tensor& ids) {
  const auto b = static_cast<double>(losses.size(0));
  const auto memorised = memorised_.index_select(0, ids);
  const bool any = memorised.any().item<bool>();
  const auto& gradients = learner_->gradients();

  // The clean part first.
  (losses.masked_fill(memorised, 0).sum() / b).backward({}, any);
  const at::NoGradGuard no_grad;
  clean_.add_(gradients);
  if (!any) return;

  // Then the memorised part on its own, so that no small difference of large numbers is taken.
  const auto part = gradients.clone();
  gradients.zero_();
  {
    const at::AutoGradMode grad(true);
    (losses.masked_fill(memorised.logical_not(), 0).sum() / b).backward();
  }
  noisy_.add_(gradients);
  gradients.add_(part);
}

void Accounting::clear() {
  clean_.zero_();
  noisy_.zero_();
}

void Accounting::add_to(assay::Columns& columns) const {
  columns.add("accounting.clean", clean_).add("accounting.noisy", noisy_);
}

void Accounting::restore(const assay::Reader& checkpoint) {
  clean_.copy_(assay::read_tensor(checkpoint, "accounting.clean"));
  noisy_.copy_(assay::read_tensor(checkpoint, "accounting.noisy"));
}

}  // namespace localization
