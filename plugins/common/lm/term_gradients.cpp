#include "plugins/common/lm/term_gradients.hpp"

#include <cmath>
#include <stdexcept>

namespace assay::lm {
namespace {

double product(const std::vector<at::Tensor>& a, const std::vector<at::Tensor>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i)
    if (a[i].defined() && b[i].defined()) sum += (a[i] * b[i]).sum(at::kDouble).item<double>();
  return sum;
}

}  // namespace

TermGradients term_gradients(std::span<const at::Tensor> terms,
                             std::span<const at::Tensor> parameters, bool shared) {
  const std::vector<at::Tensor> inputs(parameters.begin(), parameters.end());
  TermGradients out;
  for (const auto& term : terms)
    out.of.push_back(torch::autograd::grad({term}, inputs, {}, shared, false, true));
  const size_t n = terms.size();
  for (const auto& g : out.of) out.norms.push_back(std::sqrt(product(g, g)));
  out.cosines.assign(n, std::vector<double>(n, 1));
  for (size_t i = 0; i < n; ++i)
    for (size_t j = 0; j < n; ++j)
      out.cosines[i][j] =
          j < i ? out.cosines[j][i] : product(out.of[i], out.of[j]) / (out.norms[i] * out.norms[j]);
  return out;
}

void accumulate(const TermGradients& gradients, std::span<const double> coefficients,
                std::span<const at::Tensor> parameters) {
  if (coefficients.size() != gradients.of.size())
    throw std::invalid_argument("there are " + std::to_string(gradients.of.size()) + " terms but " +
                                std::to_string(coefficients.size()) + " coefficients");
  const at::NoGradGuard no_grad;
  for (size_t t = 0; t < coefficients.size(); ++t)
    for (size_t i = 0; i < parameters.size(); ++i) {
      const auto& g = gradients.of[t][i];
      auto& sum = parameters[i].mutable_grad();
      if (!g.defined()) continue;
      if (sum.defined())
        sum.add_(g, coefficients[t]);
      else
        sum = g * coefficients[t];
    }
}

}  // namespace assay::lm
