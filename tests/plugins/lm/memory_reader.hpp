// Reads back what was added to Columns, without a host.
#pragma once
#include <assay/torch.hpp>

#include <algorithm>
#include <cstring>

namespace memory {

/// A copy of the columns, as a checkpoint is.
struct Checkpoint {
  struct Item {
    std::string name;
    assay_dtype dtype;
    std::vector<int64_t> shape;
    std::vector<uint8_t> bytes;
  };
  std::vector<Item> items;

  explicit Checkpoint(const assay::Columns& columns) {
    for (const auto& column : columns.list()) {
      const auto raw = column.raw();
      const auto& t = raw.data;
      Item item{raw.name, t.dtype, {t.shape, t.shape + t.ndim}, {}};
      size_t n = t.dtype.bits / 8;
      for (const int64_t d : item.shape) n *= static_cast<size_t>(d);
      item.bytes.assign(static_cast<const uint8_t*>(t.data),
                        static_cast<const uint8_t*>(t.data) + n);
      items.push_back(std::move(item));
    }
  }
  /// The checkpoint outlives the reader.
  assay::Reader reader() const {
    return {&host(), nullptr, reinterpret_cast<assay_reader*>(const_cast<Checkpoint*>(this))};
  }

 private:
  static const Checkpoint& of(assay_reader* r) { return *reinterpret_cast<Checkpoint*>(r); }
  static const assay_host& host() {
    static const assay_host table = [] {
      assay_host h{};
      h.count = [](assay_reader* r) noexcept { return of(r).items.size(); };
      h.item = [](assay_reader* r, size_t i, const char** key,
                  assay_tensor* about) noexcept -> assay_status {
        const auto& item = of(r).items[i];
        *key = item.name.c_str();
        *about = {};
        about->ndim = static_cast<int32_t>(item.shape.size());
        about->dtype = item.dtype;
        about->shape = item.shape.data();
        return ASSAY_OK;
      };
      h.read = [](assay_reader* r, size_t i, const assay_tensor* into) noexcept -> assay_status {
        const auto& bytes = of(r).items[i].bytes;
        std::copy(bytes.begin(), bytes.end(), static_cast<uint8_t*>(into->data));
        return ASSAY_OK;
      };
      h.close = [](assay_reader*) noexcept {};
      return h;
    }();
    return table;
  }
};

}  // namespace memory
