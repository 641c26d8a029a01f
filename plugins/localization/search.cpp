#include "plugins/common/nn/units.hpp"
#include "plugins/localization/search.hpp"

#include <ATen/Context.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace localization {
namespace {

/// `count` of 0 .. n-1 without replacement, ascending (Floyd's algorithm).
std::vector<int64_t> sample(int64_t n, int64_t count, assay::Stream draw) {
  std::unordered_set<int64_t> chosen;
  for (int64_t j = n - count; j < n; ++j) {
    const auto drawn = static_cast<int64_t>(draw.below(static_cast<uint64_t>(j) + 1));
    if (!chosen.insert(drawn).second) chosen.insert(j);
  }
  std::vector<int64_t> out(chosen.begin(), chosen.end());
  std::sort(out.begin(), out.end());
  return out;
}

/// CE_j, of the shape of `labels`, from logits with the classes last.
at::Tensor cross_entropies(const at::Tensor& logits, const at::Tensor& labels) {
  return -logits.log_softmax(-1).gather(-1, labels.unsqueeze(-1)).squeeze(-1);
}

}  // namespace

TargetBatches::TargetBatches(const assay::train::Examples& data, const SearchOptions& options)
    : data_(data), options_(options) {
  if (options.batch > data.size())
    throw std::invalid_argument("search_batch is " + std::to_string(options.batch) +
                                ", but there are " + std::to_string(data.size()) +
                                " training examples");
}

at::Tensor TargetBatches::examples(int64_t target) const {
  const auto others =
      sample(data_.size() - 1, options_.batch - 1,
             assay::Stream(options_.batch_key, static_cast<uint64_t>(target) << 32));
  std::vector<int64_t> index{target};
  for (const int64_t i : others) index.push_back(i + (i >= target));
  return at::tensor(index, at::kLong).to(data_.labels.device());
}

at::Tensor TargetBatches::labels(int64_t target) const {
  return data_.labels.index_select(0, examples(target));
}

at::Tensor TargetBatches::noisy(int64_t target, int64_t round) const {
  const auto x = data_.at(examples(target));  // (B, channels, H, W)
  if (options_.noise_ratio == 0) return x.unsqueeze(0);
  const auto memory = x.permute({0, 2, 3, 1});
  auto generator = at::globalContext().defaultGenerator(x.device());
  std::vector<at::Tensor> draws;
  for (int64_t k = 0; k < options_.draws; ++k) {
    const auto words = assay::Philox(options_.noise_key)
                           .words(static_cast<uint64_t>(target), static_cast<uint32_t>(round),
                                  static_cast<uint32_t>(k));
    generator.set_current_seed((uint64_t{words[0]} << 32) | words[1]);
    const auto n = at::randn(memory.sizes(), generator, x.options()).permute({0, 3, 1, 2});
    draws.push_back(x + n * (options_.noise_ratio * x.norm() / n.norm()));
  }
  return at::stack(draws);
}

at::Tensor objective(const at::Tensor& logits, const at::Tensor& labels,
                     const SearchOptions& options) {
  const auto draws = options.mean_gradients ? logits : logits.mean(1, true);  // (T, K or 1, B, C)
  const auto losses = cross_entropies(draws, labels.unsqueeze(1).expand({-1, draws.size(1), -1}))
                          .mean(1);  // (T, B)
  const auto target = losses.select(1, 0);
  if (!options.population_term) return -target;
  const auto others = losses.narrow(1, 1, losses.size(1) - 1).sum(1);
  return others / static_cast<double>(losses.size(1)) - target;
}

at::Tensor prediction(const at::Tensor& logits) { return logits.mean(1).argmax(1); }

std::optional<Pick> best(const std::vector<at::Tensor>& scores, bool layer_std) {
  Pick found{-1, -1, 0};
  for (size_t l = 0; l < scores.size(); ++l) {
    const auto raw = scores[l].to(at::kCPU, at::kDouble).contiguous();
    const double deviation = layer_std ? raw.std(0, /*unbiased=*/false).item<double>() : 1;
    const double* score = raw.const_data_ptr<double>();
    for (int64_t u = 0; u < raw.numel(); ++u) {
      if (!std::isfinite(score[u]))
        throw assay::Error(ASSAY_DIVERGED,
                           "a score in the search for critical units is not finite");
      if (deviation > 0 && score[u] / deviation > found.score)
        found = {static_cast<int64_t>(l), u, score[u] / deviation};
    }
  }
  return found.layer < 0 ? std::nullopt : std::optional(found);
}

std::vector<std::string> channel_layers(assay::nn::Classifier& net) {
  std::vector<std::string> names;
  for (const auto& layer : assay::nn::unit_layers(net)) names.push_back(layer.name);
  if (names.empty())  // a network of the user's
    for (const auto& p : net.named_parameters())
      if (p.value().dim() == 4 || p.value().dim() == 2) names.push_back(p.key());
  if (names.size() < 2)
    throw std::invalid_argument(
        "unit = \"conv_channel\" needs a convolution or a linear layer before the last layer, and "
        "the network has none");
  names.pop_back();
  return names;
}

}  // namespace localization
