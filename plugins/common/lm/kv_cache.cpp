#include "plugins/common/lm/kv_cache.hpp"

namespace assay::lm {

KvCache::KvCache(const Config& c, at::Device device)
    : KvCache(c.layers, c.kv_heads, c.head_dim, device) {}

KvCache::KvCache(int64_t layers, int64_t heads, int64_t dims, at::Device device)
    : layers_(layers), heads_(heads), dims_(dims), device_(device) {}

void KvCache::truncate(int64_t size) {
  TORCH_CHECK(0 <= size && size <= size_, "a cache of ", size_, " tokens cannot keep ", size);
  size_ = size;
  pages_.resize(static_cast<size_t>((size + kPage - 1) / kPage));
}

void KvCache::extend(int64_t rows) {
  // The page that is begun becomes this sequence's own.
  if (size_ % kPage && rows && pages_.back().use_count() > 1)
    pages_.back() = std::make_shared<Page>(pages_.back()->clone());
  size_ += rows;
  while (static_cast<int64_t>(pages_.size()) * kPage < size_)
    pages_.push_back(std::make_shared<Page>(
        at::zeros({layers_, 2, heads_, dims_ * kPage}, at::dtype(at::kFloat).device(device_))));
}

void KvCache::set(int64_t layer, const at::Tensor& keys, const at::Tensor& values) {
  const int64_t rows = keys.size(0), first = size_ - rows;
  for (int64_t done = 0; done < rows;) {
    const int64_t page = (first + done) / kPage, at = (first + done) % kPage;
    const int64_t count = std::min(kPage - at, rows - done);
    const auto& all = (*pages_[static_cast<size_t>(page)])[layer];
    all[0]
        .view({heads_, dims_, kPage})
        .narrow(2, at, count)
        .copy_(keys.narrow(0, done, count).permute({1, 2, 0}));
    all[1]
        .view({heads_, kPage, dims_})
        .narrow(1, at, count)
        .copy_(values.narrow(0, done, count).transpose(0, 1));
    done += count;
  }
}

at::Tensor KvCache::keys(int64_t layer, int64_t tokens) const {
  std::vector<at::Tensor> parts{
      at::empty({0, heads_, dims_}, at::dtype(at::kFloat).device(device_))};
  for (int64_t page = 0; page * kPage < tokens; ++page)
    parts.push_back((*pages_[static_cast<size_t>(page)])[layer][0]
                        .view({heads_, dims_, kPage})
                        .permute({2, 0, 1}));
  return at::cat(parts).narrow(0, 0, tokens);
}

at::Tensor KvCache::values(int64_t layer, int64_t tokens) const {
  std::vector<at::Tensor> parts{
      at::empty({0, heads_, dims_}, at::dtype(at::kFloat).device(device_))};
  for (int64_t page = 0; page * kPage < tokens; ++page)
    parts.push_back((*pages_[static_cast<size_t>(page)])[layer][1]
                        .view({heads_, kPage, dims_})
                        .transpose(0, 1));
  return at::cat(parts).narrow(0, 0, tokens);
}

float* KvCache::keys_of(int64_t layer, int64_t page) const {
  return pages_[static_cast<size_t>(page)]->mutable_data_ptr<float>() +
         layer * 2 * heads_ * dims_ * kPage;
}

float* KvCache::values_of(int64_t layer, int64_t page) const {
  return keys_of(layer, page) + heads_ * dims_ * kPage;
}

}  // namespace assay::lm
