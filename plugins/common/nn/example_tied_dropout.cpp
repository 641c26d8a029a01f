#include "plugins/common/nn/example_tied_dropout.hpp"

#include <assay/plugin.hpp>

#include <cmath>
#include <stdexcept>

namespace assay::nn {

at::Tensor bernoulli_rows(uint64_t seed, uint32_t layer, const at::Tensor& ids, int64_t channels,
                          double p) {
  const auto on_cpu = ids.to(at::kCPU, at::kLong).contiguous();
  auto out = at::empty({on_cpu.numel(), channels});
  const auto* id = on_cpu.const_data_ptr<int64_t>();
  auto* to = out.data_ptr<float>();
  const Philox philox(seed);
  const auto threshold = static_cast<uint64_t>(std::llround(p * 0x1p32));
  for (int64_t i = 0; i < on_cpu.numel(); ++i)
    for (int64_t j = 0; j < channels; j += 4) {
      const auto words =
          philox.words(static_cast<uint64_t>(id[i]), layer, static_cast<uint32_t>(j / 4));
      for (int64_t k = j; k < std::min(j + 4, channels); ++k)
        *to++ = words[static_cast<size_t>(k - j)] < threshold ? 1.0f : 0.0f;
    }
  return out.to(ids.device());
}

ExampleTiedDropoutImpl::ExampleTiedDropoutImpl(const ExampleTiedDropoutOptions& options)
    : options_(options),
      kept_(static_cast<int64_t>(
          std::floor(options.p_gen * static_cast<double>(options.channels) + 1e-9))) {
  if (options.channels < 1) throw std::invalid_argument("a layer has at least 1 channel");
  if (!(options.p_gen > 0 && options.p_gen <= 1))
    throw std::invalid_argument("p_gen must be above 0 and at most 1");
  if (!(options.p_mem >= 0 && options.p_mem <= 1))
    throw std::invalid_argument("p_mem must be from 0 to 1");
}

at::Tensor ExampleTiedDropoutImpl::forward(const at::Tensor& x, const at::Tensor& ids) {
  const int64_t m = memorisation();
  if (m == 0) return x;
  TORCH_CHECK(x.dim() >= 2 && x.size(1) == options_.channels, "example-tied dropout for ",
              options_.channels, " channels got ", x.sizes());
  at::Tensor memory;  // (B or 1, M)
  double gain = 1;
  switch (mode_) {
    case EtdMode::tied:
      if (!ids.defined() || ids.numel() != x.size(0))
        throw Error(ASSAY_INVALID_ARGUMENT,
                    "example-tied dropout needs the id of every example of the batch");
      if (options_.examples &&
          (ids.min().item<int64_t>() < 0 || ids.max().item<int64_t>() >= options_.examples))
        throw Error(ASSAY_INVALID_ARGUMENT, "an example id is not below the number of examples, " +
                                                std::to_string(options_.examples));
      memory = masks(ids).to(x.scalar_type());
      break;
    case EtdMode::test: memory = at::full({1, m}, options_.p_mem, x.options()); break;
    case EtdMode::drop_scaled:
      gain = (options_.p_gen + options_.p_mem) / options_.p_gen;
      [[fallthrough]];
    case EtdMode::drop: memory = at::zeros({1, m}, x.options()); break;
  }
  auto factor = at::cat({at::full({memory.size(0), kept_}, gain, x.options()), memory}, 1);
  while (factor.dim() < x.dim()) factor = factor.unsqueeze(-1);  // (B or 1, C, 1, ...)
  return x * factor;
}

void cut_into(const torch::nn::Module& whole, torch::nn::Module& part) {
  const at::NoGradGuard no_grad;
  const auto copy = [](const auto& from, const auto& to) {
    for (const auto& target : to) {
      auto source = from[target.key()];
      for (int64_t d = 0; d < source.dim(); ++d)
        source = source.narrow(d, 0, target.value().size(d));
      target.value().copy_(source);
    }
  };
  copy(whole.named_parameters(), part.named_parameters());
  copy(whole.named_buffers(), part.named_buffers());
}

}  // namespace assay::nn
