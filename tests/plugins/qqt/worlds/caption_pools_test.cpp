// Pools by T-MARS score: which images make what, and the order of pairs.
#include "plugins/qqt/caption_pools.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <stdexcept>

using namespace qqt;

namespace {

assay::data::ImageSet images(int64_t count) {
  assay::data::ImageSet set;
  set.count = count, set.channels = 1, set.height = set.width = 28, set.classes = 10;
  set.pixels.resize(static_cast<size_t>(count * 784));
  for (size_t i = 0; i < set.pixels.size(); ++i) set.pixels[i] = static_cast<uint8_t>(i * 37 % 256);
  for (int64_t i = 0; i < count; ++i) set.labels.push_back(static_cast<int32_t>(i % 10));
  set.source = "made up";
  return set;
}

}  // namespace

TEST_CASE("scorer and replicates share out the images, each used once") {
  const auto plan = TrialPlan::make(2, 5, 3, 1, true);
  const auto shares = share_images(images(60), 20, plan, 1);
  CHECK(shares.scorer.size() == 20);
  CHECK(shares.pools.size() == 30);
  std::set<int64_t> used(shares.scorer.begin(), shares.scorer.end());
  used.insert(shares.pools.begin(), shares.pools.end());
  CHECK(used.size() == 50);
  CHECK(*used.rbegin() < 60);
  CHECK(share_images(images(60), 20, plan, 2).scorer != shares.scorer);
  CHECK_THROWS_WITH_AS(share_images(images(49), 20, plan, 1),
                       "20 pairs for the scorer and 30 for the pools of all replicates are more "
                       "than the 49 images of made up, each of which is used once; lower "
                       "scorer_pairs, pool_size or replicates",
                       std::invalid_argument);
}

TEST_CASE("pairs are ranked within their replicate by falling score, ties by number") {
  const auto plan = TrialPlan::make(2, 2, 2, 1, true);
  CHECK(ranked({0.1, 0.4, 0.4, 0.9, 5, 7, 6, 6}, plan) ==
        std::vector<int64_t>{3, 1, 2, 0, 5, 6, 7, 4});
}

TEST_CASE("tensors hold the pictures with channels last, and the captions' tokens") {
  const std::vector<int64_t> index{3, 8};
  const auto pairs = assay::data::draw_caption_pairs(images(10), index, {}, 2);
  const auto t = to_tensors(pairs, at::kCPU);
  CHECK(t.pictures.sizes() == at::IntArrayRef({2, 40, 40, 3}));
  CHECK(t.pictures[1][7][9][2].item<int64_t>() == pairs.pixels[4800 + 2 * 1600 + 7 * 40 + 9]);
  CHECK(t.tokens.sizes() == at::IntArrayRef({2, 5}));
  CHECK(t.tokens[1][2].item<int64_t>() == assay::data::caption_tokens(pairs.captions[1])[2]);
}

TEST_CASE("a pair's score does not depend on what its text says, only on where it is") {
  const std::vector<int64_t> index{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  assay::data::CaptionWorldOptions written;
  written.shares = {0, 0, 0, 1, 0};
  auto pairs = assay::data::draw_caption_pairs(images(10), index, written, 3);
  ClipTrainer scorer({.side = 40, .vocabulary = assay::data::kVocabulary, .width = 0.1}, 1, 0,
                     at::kCPU);
  const auto before = tmars_scores(scorer, pairs, at::kCPU);
  for (int64_t i = 0; i < pairs.count; ++i) {
    const auto& box = pairs.text[static_cast<size_t>(i)];
    for (int64_t c = 0; c < 3; ++c)
      for (int64_t y = box.top; y < box.bottom; ++y)
        for (int64_t x = box.left; x < box.right; ++x)
          pairs.pixels[static_cast<size_t>(((i * 3 + c) * 40 + y) * 40 + x)] ^= 255;
  }
  CHECK(tmars_scores(scorer, pairs, at::kCPU) == before);
  for (const double s : before) CHECK(std::abs(s) <= 1 + 1e-6);
}
