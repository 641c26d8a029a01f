// Matrices of right and wrong, one bit each: T evaluations (rows) of N examples (columns). Rows are
// packed as numpy.packbits does it: eight examples a byte, the first one in the highest bit.
#pragma once
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace ssft {

class BitMatrix {
 public:
  explicit BitMatrix(int64_t columns, std::vector<uint8_t> packed = {})
      : columns_(columns), packed_(std::move(packed)) {}

  int64_t rows() const { return stride() ? static_cast<int64_t>(packed_.size()) / stride() : 0; }
  int64_t columns() const { return columns_; }
  int64_t stride() const { return (columns_ + 7) / 8; }  // bytes of a row
  const std::vector<uint8_t>& packed() const { return packed_; }

  bool at(int64_t row, int64_t column) const {
    return packed_[static_cast<size_t>(row * stride() + column / 8)] >> (7 - column % 8) & 1;
  }
  /// Adds a row of `columns()` values, 0 or 1.
  void append(std::span<const uint8_t> row) {
    packed_.resize(packed_.size() + static_cast<size_t>(stride()));
    uint8_t* to = packed_.data() + packed_.size() - stride();
    for (size_t i = 0; i < row.size(); ++i)
      to[i / 8] |= static_cast<uint8_t>((row[i] ? 0x80 : 0) >> i % 8);
  }

 private:
  int64_t columns_;
  std::vector<uint8_t> packed_;
};

}  // namespace ssft
