#include "plugins/common/data/mask_text.hpp"
#include "plugins/qqt/caption_pools.hpp"

#include <algorithm>
#include <numeric>

namespace qqt {
namespace {
constexpr int32_t kRing = 2;  // pixels around a text whose colour replaces it
}

ImageShares share_images(const assay::data::ImageSet& source, int64_t scorer_pairs,
                         const TrialPlan& plan, uint64_t key) {
  const int64_t pools = plan.replicates * plan.pools * plan.pool_size;
  if (scorer_pairs + pools > source.count)
    throw std::invalid_argument(std::to_string(scorer_pairs) + " pairs for the scorer and " +
                                std::to_string(pools) +
                                " for the pools of all replicates are more than the " +
                                std::to_string(source.count) + " images of " + source.source +
                                ", each of which is used once; lower scorer_pairs, "
                                "pool_size or replicates");
  std::vector<int64_t> order(static_cast<size_t>(source.count));
  std::iota(order.begin(), order.end(), 0);
  assay::Stream(key).shuffle(order);
  const auto first = order.begin(), middle = first + scorer_pairs;
  return {{first, middle}, {middle, middle + pools}};
}

PairTensors to_tensors(const assay::data::CaptionPairs& pairs, at::Device device) {
  std::vector<int64_t> tokens;
  for (const auto& said : pairs.captions)
    for (const int32_t t : assay::data::caption_tokens(said)) tokens.push_back(t);
  const auto planar =
      at::tensor(pairs.pixels).view({pairs.count, 3, pairs.side, pairs.side});  // (N, 3, S, S)
  return {planar.permute({0, 2, 3, 1}).contiguous().to(device),
          at::tensor(tokens).view({pairs.count, assay::data::kCaptionTokens}).to(device)};
}

std::vector<double> tmars_scores(ClipTrainer& scorer, const assay::data::CaptionPairs& pairs,
                                 at::Device device) {
  auto masked = pairs;
  for (int64_t i = 0; i < masked.count; ++i)
    assay::data::mask_text(masked.pixels.data() + i * masked.picture_size(), masked.side,
                           masked.side, {&masked.text[static_cast<size_t>(i)], 1}, kRing);
  const auto data = to_tensors(masked, device);
  std::vector<double> scores;
  for (int64_t first = 0; first < masked.count; first += 1000) {
    const int64_t count = std::min<int64_t>(1000, masked.count - first);
    const auto x = assay::nn::clip_pixels(data.pictures.narrow(0, first, count));
    const auto cosine = (scorer.pictures(x) * scorer.captions(data.tokens.narrow(0, first, count)))
                            .sum(1)
                            .to(at::kCPU, at::kDouble)
                            .contiguous();
    scores.insert(scores.end(), cosine.data_ptr<double>(), cosine.data_ptr<double>() + count);
  }
  return scores;
}

std::vector<int64_t> ranked(const std::vector<double>& scores, const TrialPlan& plan) {
  std::vector<int64_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  const int64_t size = plan.pools * plan.pool_size;
  for (int64_t r = 0; r < plan.replicates; ++r)
    std::stable_sort(order.begin() + r * size, order.begin() + (r + 1) * size,
                     [&](int64_t a, int64_t b) {
                       return scores[static_cast<size_t>(a)] > scores[static_cast<size_t>(b)];
                     });
  return order;
}

}  // namespace qqt
