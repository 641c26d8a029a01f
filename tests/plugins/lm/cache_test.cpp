// KV caches and the attention over them, against whole sequences through LibTorch.
#include "plugins/common/lm/cached_attention.hpp"

#include <doctest/doctest.h>

using namespace assay::lm;

namespace {

struct Drawn {
  at::Tensor q, k, v;
};
Drawn draw(int64_t rows, int64_t H, int64_t G, int64_t D) {
  return {at::randn({rows, H, D}), at::randn({rows, G, D}), at::randn({rows, G, D})};
}

/// The rows through caches, `sizes` at a time.
at::Tensor in_parts(const Drawn& x, const std::vector<int64_t>& sizes, const AttentionSpec& spec) {
  KvCache cache(1, x.k.size(1), x.k.size(2));
  std::vector<at::Tensor> parts;
  int64_t first = 0;
  for (const int64_t n : sizes) {
    CachedAttention attention({&cache}, {n});
    parts.push_back(attention.attend(0, x.q.narrow(0, first, n), x.k.narrow(0, first, n),
                                     x.v.narrow(0, first, n), spec));
    first += n;
  }
  return at::cat(parts);
}

double furthest(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

}  // namespace

TEST_CASE("attention over a cache equals attention over whole sequences") {
  const at::NoGradGuard no_grad;
  at::manual_seed(1);
  struct Case {
    int64_t H, G, D, window;
  };
  for (const auto& [H, G, D, window] :
       {Case{9, 3, 64, 0}, Case{4, 4, 16, 0}, Case{8, 2, 32, 40}, Case{5, 1, 24, 7},
        Case{6, 2, 80, 100}, Case{2, 1, 7, 3}, Case{2, 2, 128, 1}}) {
    CAPTURE(H);
    CAPTURE(G);
    CAPTURE(D);
    CAPTURE(window);
    const int64_t T = 203;
    const auto x = draw(T, H, G, D);
    const AttentionSpec spec{.scale = 0.31, .window = window};
    const auto whole = attend_last(x.q, x.k, x.v, spec);
    CHECK(furthest(whole, Sequences({T}).attend(0, x.q, x.k, x.v, spec)) < 2e-6);
    CHECK(furthest(whole, in_parts(x, {T}, spec)) < 4e-6);
    CHECK(furthest(whole, in_parts(x, {63, 1, 1, 1, 100, 37}, spec)) < 4e-6);
  }
}

TEST_CASE("how a prompt is cut changes no bit of attention over a cache") {
  const at::NoGradGuard no_grad;
  at::manual_seed(2);
  const auto x = draw(150, 9, 3, 64);
  for (const int64_t window : {0, 33}) {
    const AttentionSpec spec{.scale = 0.125, .window = window};
    const auto whole = in_parts(x, {150}, spec);
    CHECK(at::equal(whole, in_parts(x, {1, 2, 3, 60, 84}, spec)));
    CHECK(at::equal(whole, in_parts(x, {129, 1, 1, 1, 18}, spec)));
  }
}

TEST_CASE("sequences in a batch do not see each other") {
  const at::NoGradGuard no_grad;
  at::manual_seed(3);
  const auto a = draw(70, 4, 2, 16), b = draw(5, 4, 2, 16);
  const AttentionSpec spec{.scale = 0.25};
  KvCache first(1, 2, 16), second(1, 2, 16);
  CachedAttention attention({&first, &second}, {70, 5});
  const auto both =
      attention.attend(0, at::cat({a.q, b.q}), at::cat({a.k, b.k}), at::cat({a.v, b.v}), spec);
  CHECK(at::equal(both.narrow(0, 0, 70), in_parts(a, {70}, spec)));
  CHECK(at::equal(both.narrow(0, 70, 5), in_parts(b, {5}, spec)));
}

TEST_CASE("a fork and what it came from change nothing of each other") {
  at::manual_seed(4);
  const auto x = draw(100, 2, 2, 8);
  KvCache cache(2, 2, 8);
  const auto set = [&](KvCache& c, int64_t rows, double shift) {
    c.extend(rows);
    for (const int64_t layer : {0, 1})
      c.set(layer, x.k.narrow(0, 0, rows) + shift, x.v.narrow(0, 0, rows) - shift);
  };
  set(cache, 90, 0);
  const auto before = cache.keys(1, 90).clone();
  KvCache fork = cache;
  set(fork, 20, 5);
  set(cache, 10, 7);
  CHECK(fork.size() == 110);
  CHECK(cache.size() == 100);
  CHECK(at::equal(fork.keys(1, 90), before));
  CHECK(at::equal(cache.keys(1, 90), before));
  CHECK(at::equal(fork.keys(0, 110).narrow(0, 90, 20), x.k.narrow(0, 0, 20) + 5));
  CHECK(at::equal(fork.values(1, 110).narrow(0, 90, 20), x.v.narrow(0, 0, 20) - 5));
  CHECK(at::equal(cache.keys(0, 100).narrow(0, 90, 10), x.k.narrow(0, 0, 10) + 7));
}

TEST_CASE("a cache that goes back goes on as if it had not been further") {
  at::manual_seed(5);
  const auto x = draw(100, 2, 2, 8);
  KvCache cache(1, 2, 8);
  cache.extend(100);
  cache.set(0, x.k, x.v);
  KvCache fork = cache;
  fork.truncate(37);
  CHECK(fork.size() == 37);
  fork.extend(4);
  fork.set(0, x.k.narrow(0, 0, 4), x.v.narrow(0, 0, 4));
  CHECK(at::equal(fork.keys(0, 41), at::cat({x.k.narrow(0, 0, 37), x.k.narrow(0, 0, 4)})));
  CHECK(at::equal(cache.keys(0, 100), x.k));
  CHECK_THROWS(cache.truncate(101));
}

TEST_CASE("rows after a fixed prefix see it, and their gradient is that of the whole sequence") {
  at::manual_seed(6);
  const int64_t f = 70, n = 9, H = 6, G = 2, D = 16;
  auto x = draw(f + 2 * n, H, G, D);
  const AttentionSpec spec{.scale = 0.3, .window = 50};
  KvCache prefix(1, G, D);
  prefix.extend(f);
  prefix.set(0, x.k.narrow(0, 0, f), x.v.narrow(0, 0, f));
  // Two sequences of n rows each; the reference computes them one by one with the prefix.
  const auto leaf = [&](const at::Tensor& t) {
    return t.narrow(0, f, 2 * n).clone().requires_grad_(true);
  };
  const auto q = leaf(x.q), k = leaf(x.k), v = leaf(x.v);
  const auto weights = at::randn({2 * n, H * D});
  (AfterPrefix(prefix, {n, n}).attend(0, q, k, v, spec) * weights).sum().backward();
  const auto q2 = leaf(x.q), k2 = leaf(x.k), v2 = leaf(x.v);
  for (const int64_t i : {0, 1}) {
    const auto with = [&](const at::Tensor& all, const at::Tensor& own) {
      return at::cat({all.narrow(0, 0, f), own.narrow(0, i * n, n)});
    };
    const auto whole =
        Sequences({f + n}).attend(0, with(x.q, q2), with(x.k, k2), with(x.v, v2), spec);
    (whole.narrow(0, f, n) * weights.narrow(0, i * n, n)).sum().backward();
  }
  CHECK(furthest(q.grad(), q2.grad()) < 1e-5);
  CHECK(furthest(k.grad(), k2.grad()) < 1e-5);
  CHECK(furthest(v.grad(), v2.grad()) < 1e-5);
}
