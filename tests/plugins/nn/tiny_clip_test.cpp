#include "plugins/common/nn/tiny_clip.hpp"
#include "plugins/common/train/flat_adamw.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace assay::nn;

namespace {

at::Tensor some_pictures(int64_t n, int64_t side) {
  return clip_pixels(at::randint(0, 256, {n, side, side, 3}, at::kByte));
}

}  // namespace

TEST_CASE("a tiny CLIP has the number of parameters worked out by hand") {
  int64_t n = 0;
  for (const auto& p : TinyClip({}).parameters()) n += p.numel();
  // convolutions 32*75 + 48*288 + 64*432, norms 2*(32 + 48 + 64), 1600*128 + 128 and 128*64 + 64,
  // twice the latter with 64*128 + 128 for captions, 25*64 words, the scale
  CHECK(n == 2400 + 13824 + 27648 + 288 + 204928 + 8256 + 8320 + 8256 + 1600 + 1);
}

TEST_CASE("embeddings have length 1, and the order of a caption's words does not matter") {
  at::manual_seed(1);
  TinyClip net({});
  const auto p = net.pictures(some_pictures(4, 40));
  CHECK(p.sizes() == at::IntArrayRef({4, 64}));
  CHECK(at::allclose(p.norm(2, 1), at::ones({4})));
  const auto tokens = at::tensor(std::vector<int64_t>{0, 3, 12, 1, 21}).view({1, 5});
  const auto c = net.captions(tokens);
  CHECK(at::allclose(c.norm(2, 1), at::ones({1})));
  CHECK(at::allclose(c, net.captions(tokens.flip(1)), 0, 1e-6));
}

TEST_CASE("evaluation without gradients gives what it gives with them") {
  at::manual_seed(2);
  TinyClip net({.side = 16, .width = 0.25});
  const auto x = some_pictures(6, 16);
  net.train();
  net.pictures(x);  // so that the running statistics are not 0 and 1
  net.eval();
  const auto with = net.pictures(x).detach();
  const at::NoGradGuard no_grad;
  CHECK(at::allclose(net.pictures(x), with, 1e-4, 1e-5));
}

TEST_CASE("bytes 0 and 255 become -1 and 1, channels first") {
  auto bytes = at::zeros({1, 2, 2, 3}, at::kByte);
  bytes[0][1][0][2] = 255;
  const auto x = clip_pixels(bytes);
  CHECK(x.sizes() == at::IntArrayRef({1, 3, 2, 2}));
  CHECK(x[0][2][1][0].item<float>() == 1);
  CHECK(x.sum().item<float>() == -10);
}

TEST_CASE("the loss of B unrelated pairs is ln B, that of right ones at a large scale 0") {
  const auto same = at::ones({5, 3}) / std::sqrt(3.0);
  const auto scale = at::full({}, std::log(10.0));
  CHECK(clip_loss(same, same, scale).item<double>() == doctest::Approx(std::log(5.0)));
  const auto apart = at::eye(5);
  CHECK(clip_loss(apart, apart, at::full({}, 9.0)).item<double>() < 1e-6);
  // exp(9) is clamped to 100: off the diagonal the cosine is 0, ln(1 + 4 exp(-100)).
  CHECK(clip_loss(apart, -apart, at::full({}, 9.0)).item<double>() ==
        doctest::Approx(std::log(std::exp(100.0) * 4 + 1)));
}

TEST_CASE("a tiny CLIP learns eight pairs by heart") {
  at::manual_seed(3);
  TinyClip net({.side = 16, .width = 0.5});
  assay::train::FlatAdamW adamw(net, {});
  const auto x = some_pictures(8, 16);
  const auto tokens = at::arange(8, at::kLong).view({8, 1}) + at::tensor({0, 8, 16}).view({1, 3});
  double loss = 0;
  for (int step = 0; step < 100; ++step) {
    adamw.zero_gradients();
    const auto l = clip_loss(net.pictures(x), net.captions(tokens), net.log_scale);
    l.backward();
    adamw.step(3e-3);
    loss = l.item<double>();
  }
  CHECK(loss < 0.05);
  for (const auto& p : net.named_parameters()) {
    CAPTURE(p.key());
    CHECK(p.value().grad().abs().sum().item<double>() > 0);
  }
}
