// The keys and values of a sequence's tokens, as a value: a copy is a fork that shares what both
// have, truncate() goes back to an earlier token, appending never changes another's tokens.
//   L layers, G heads of keys and values, D dimensions of a head, P tokens of a page
//
// Tokens lie in pages of P, shared by reference count and copied before they are written to if
// someone else holds them. A page's border depends on a token's position alone, so that what
// attention computes does not depend on how a sequence came to be.
#pragma once
#include "plugins/common/lm/config.hpp"
#include "plugins/common/torch.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace assay::lm {

class KvCache {
 public:
  static constexpr int64_t kPage = 64;  // P

  /// For a model of that config, empty.
  explicit KvCache(const Config& config, at::Device device = at::kCPU);
  KvCache(int64_t layers, int64_t heads, int64_t dims, at::Device device = at::kCPU);

  /// Tokens that it holds.
  int64_t size() const { return size_; }
  /// Forgets the tokens from `size` on. size <= size().
  void truncate(int64_t size);
  /// Makes room for `rows` more tokens, whose keys and values are then set layer by layer.
  void extend(int64_t rows);

  /// Keys and values (rows, G, D) of the last `rows` tokens in a layer, on any device.
  void set(int64_t layer, const at::Tensor& keys, const at::Tensor& values);
  /// Of the first `tokens` tokens: (tokens, G, D), a copy.
  at::Tensor keys(int64_t layer, int64_t tokens) const;
  at::Tensor values(int64_t layer, int64_t tokens) const;

  /// For kernels on the CPU: keys (G, D, P) and values (G, P, D) of tokens page * P and on.
  float* keys_of(int64_t layer, int64_t page) const;
  float* values_of(int64_t layer, int64_t page) const;
  int64_t heads() const { return heads_; }
  int64_t dims() const { return dims_; }

 private:
  using Page = at::Tensor;  // (L, 2, G, D * P), zero where no token is
  int64_t layers_, heads_, dims_, size_ = 0;
  at::Device device_;
  std::vector<std::shared_ptr<Page>> pages_;
};

}  // namespace assay::lm
