// Weights in 8 bits, and products over them.
#include "plugins/common/lm/engine.hpp"
#include "plugins/common/lm/packed.hpp"
#include "plugins/common/lm/score.hpp"
#include "plugins/common/lm/trainable.hpp"
#include "tests/plugins/lm/tiny.hpp"

#include <ATen/Parallel.h>
#include <doctest/doctest.h>

using namespace assay::lm;
using assay::lm::test::fresh;
using assay::lm::test::some_ids;
using assay::lm::test::tiny_config;

namespace {

/// With AMX, if there is one, and without.
struct EitherWay {
  explicit EitherWay(bool on) { set_amx(on); }
  ~EitherWay() { set_amx(true); }
};

Linear layer(const at::Tensor& weight, const at::Tensor& bias) {
  Linear linear({.name = "l", .bias = bias, .in = weight.size(1), .out = weight.size(0)});
  linear->form = packed(weight);
  return linear;
}

}  // namespace

TEST_CASE("a packed weight is off by at most a 510th of its block's range") {
  at::manual_seed(1);
  for (const auto& [out, in] : {std::pair<int64_t, int64_t>{16, 32}, {50, 77}, {1, 1}, {33, 64}}) {
    const auto w = at::randn({out, in}) * at::exp(at::randn({out, 1}) * 3) + 0.3;
    const auto back = unpacked(*packed(w));
    REQUIRE(back.sizes() == w.sizes());
    for (int64_t k = 0; k < in; k += 32) {
      const auto a = w.narrow(1, k, std::min<int64_t>(32, in - k)),
                 b = back.narrow(1, k, a.size(1));
      const auto range = a.amax(1, true) - a.amin(1, true);
      // and the rounding of `least` and `step` to halves
      const auto allowed = range * (1 / 510.0 + 1e-3) + a.abs().amax(1, true) * 1e-3;
      CHECK(((a - b).abs() <= allowed).all().item<bool>());
    }
  }
}

TEST_CASE("blocks of sixteen equidistant levels are packed almost as they are") {
  at::manual_seed(2);
  auto codes = at::randint(0, 16, {20, 64}, at::kFloat);
  codes.narrow(1, 0, 1).fill_(0), codes.narrow(1, 1, 1).fill_(15);
  codes.narrow(1, 32, 1).fill_(0), codes.narrow(1, 33, 1).fill_(15);
  const auto step = (at::rand({20, 1}) + 0.5).to(at::kHalf).to(at::kFloat);
  const auto w = codes * step - (step * 7).to(at::kHalf).to(at::kFloat);
  CHECK(((unpacked(*packed(w)) - w).abs() / (15 * step)).max().item<double>() < 1 / 2000.0);
}

TEST_CASE("a weight is packed the same by one thread and by two") {
  at::manual_seed(5);
  const auto w = at::randn({210, 70});
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const auto one = unpacked(*packed(w));
  at::set_num_threads(2);
  CHECK(at::equal(unpacked(*packed(w)), one));
  at::set_num_threads(threads);
}

TEST_CASE("products over packed weights are those over their floats") {
  const at::NoGradGuard no_grad;
  at::manual_seed(3);
  for (const bool on : {true, false}) {
    const EitherWay way(on);
    for (const int64_t rows : {1, 2, 5, 16, 17, 32, 33, 100})
      for (const auto& [out, in] : {std::pair<int64_t, int64_t>{48, 64}, {130, 77}, {5, 200}}) {
        CAPTURE(on);
        CAPTURE(rows);
        CAPTURE(out);
        const auto x = at::randn({rows, in}), w = at::randn({out, in}), b = at::randn({out});
        const auto linear = layer(w, b);
        const auto right = at::linear(x, unpacked(*linear->form), b);
        const auto y = linear(x);
        // bfloat16 weights have 8 bits: errors of 2^-9 each, that add up as sqrt(in).
        const double allowed = amx() ? 8 * std::sqrt(static_cast<double>(in)) / 512 : 1e-4;
        CHECK((y - right).abs().max().item<double>() < allowed);
        CHECK(at::equal(linear.columns(x, 3, out - 4), y.narrow(1, 3, out - 4)));
      }
  }
}

TEST_CASE("a row's packed product has the same bits among any number of rows and threads") {
  const at::NoGradGuard no_grad;
  at::manual_seed(4);
  const auto x = at::randn({70, 96}), linear_weight = at::randn({210, 96});
  const int threads = at::get_num_threads();
  for (const bool on : {true, false}) {
    const EitherWay way(on);
    const auto linear = layer(linear_weight, {});
    const auto all = linear(x);
    for (const int count : {1, 2}) {
      at::set_num_threads(count);
      for (const int64_t rows : {1, 3, 16, 30, 40}) {
        CAPTURE(rows);
        CHECK(at::equal(linear(x.narrow(0, 21, rows)), all.narrow(0, 21, rows)));
      }
    }
    at::set_num_threads(threads);
  }
}

TEST_CASE("a packed model scores and generates near the exact one, whatever the batch") {
  Config config = tiny_config(512);
  const auto exact = fresh(config);
  auto fast = fresh(config);
  pack(*fast.model);
  std::vector<std::vector<assay::text::Id>> texts;
  for (size_t i = 0; i < 4; ++i) texts.push_back(some_ids(60 + i, i));
  const auto a = score(*exact.model, texts), b = score(*fast.model, texts);
  double worst = 0, sum = 0;
  for (size_t i = 0; i < texts.size(); ++i)
    for (size_t t = 0; t < a[i].log_p.size(); ++t) {
      worst = std::max(worst, std::abs(a[i].log_p[t] - b[i].log_p[t]));
      sum += std::abs(a[i].log_p[t] - b[i].log_p[t]) / 242;
    }
  CHECK(worst > 0);
  CHECK(worst < 0.5);  // logits of this model have a standard deviation of several units
  CHECK(sum < 0.1);

  std::vector<Request> requests;
  for (size_t i = 0; i < 5; ++i)
    requests.push_back({.prompt = some_ids(9 + i, i), .max_tokens = 20});
  const auto together = Engine(fast).generate(requests);
  for (size_t i = 0; i < requests.size(); ++i)
    CHECK(Engine(fast).generate(std::span(requests).subspan(i, 1))[0].log_probs ==
          together[i].log_probs);
}

TEST_CASE("a packed model is neither trained nor moved to another device") {
  const auto model = fresh(tiny_config());
  pack(*model.model);
  CHECK_THROWS_WITH_AS(
      train_only(*model.model, "layers.0.self_attn.q_proj"),
      "the parameter \"model.layers.0.self_attn.q_proj.weight\" is packed; open the "
      "model with exact precision to train it",
      std::invalid_argument);
  CHECK_THROWS_WITH_AS(move(*model.model, at::kCUDA),
                       "the parameter \"model.layers.0.self_attn.q_proj.weight\" is packed, and "
                       "packed models run on the CPU",
                       std::invalid_argument);
  move(*model.model, at::kCPU);
  freeze(*model.model);
}
