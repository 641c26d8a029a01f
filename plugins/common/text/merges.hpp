// The merges of a byte-pair encoding: pairs of ids with their ranks, and merging by them.
#pragma once
#include "plugins/common/text/tokenizer.hpp"

#include <cstdint>
#include <vector>

namespace assay::text {

/// A stretch of a word under merging: its id, and its length in bytes of the word.
struct Symbol {
  Id id = 0;
  uint32_t size = 0;
};

class MergeTable {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  struct Merge {
    uint32_t rank = kNone;
    Id id = -1;
  };

  explicit MergeTable(size_t count = 0);

  /// Of two merges of one pair the later holds.
  void set(Id left, Id right, Merge merge);
  /// Rank kNone if the pair does not merge.
  Merge find(Id left, Id right) const;
  size_t size() const { return used_; }

  /// Merges the pair of the lowest rank, the leftmost of equals, until none is left.
  void merge(std::vector<Symbol>& word) const;

 private:
  struct Slot {
    uint64_t pair = UINT64_MAX;
    Merge merge;
  };
  size_t slot_of(uint64_t pair) const;
  void merge_short(std::vector<Symbol>& word) const;
  void merge_long(std::vector<Symbol>& word) const;

  std::vector<Slot> slots_;
  size_t used_ = 0;
};

}  // namespace assay::text
