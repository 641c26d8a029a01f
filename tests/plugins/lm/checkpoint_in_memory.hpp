// A checkpoint that was never on disk: what a plugin would save, read as a plugin reads it.
#pragma once
#include <assay/torch.hpp>

#include <cstring>
#include <vector>

namespace memory {

class Checkpoint {
 public:
  /// Borrows what the columns show.
  explicit Checkpoint(const std::vector<assay::Column>& columns) {
    for (const auto& column : columns) {
      auto& item = items_.emplace_back(column.raw());
      if (!item.strings) continue;
      item.data.dtype = {};  // as the host describes strings
    }
    host_.count = [](assay_reader* r) noexcept { return of(r).items_.size(); };
    host_.item = [](assay_reader* r, size_t i, const char** key,
                    assay_tensor* about) noexcept -> assay_status {
      *key = of(r).items_[i].name;
      *about = of(r).items_[i].data;
      return ASSAY_OK;
    };
    host_.read = [](assay_reader* r, size_t i, const assay_tensor* into) noexcept -> assay_status {
      const auto& from = of(r).items_[i].data;
      size_t bytes = from.dtype.bits / 8u;
      for (int32_t d = 0; d < from.ndim; ++d) bytes *= static_cast<size_t>(from.shape[d]);
      std::memcpy(into->data, from.data, bytes);
      return ASSAY_OK;
    };
    host_.strings = [](assay_reader* r, size_t i) noexcept { return of(r).items_[i].strings; };
    host_.close = [](assay_reader*) noexcept {};
  }

  assay::Reader reader() const {
    return {&host_, nullptr, reinterpret_cast<assay_reader*>(const_cast<Checkpoint*>(this))};
  }

 private:
  static const Checkpoint& of(assay_reader* r) { return *reinterpret_cast<Checkpoint*>(r); }

  std::vector<assay_column> items_;
  assay_host host_{};
};

}  // namespace memory
