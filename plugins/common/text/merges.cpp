#include "plugins/common/text/hash.hpp"
#include "plugins/common/text/merges.hpp"

#include <algorithm>
#include <bit>
#include <queue>

namespace assay::text {

namespace {

/// Words of at most this many symbols are merged by looking at every pair each time.
constexpr size_t kShort = 48;

uint64_t pair_of(Id left, Id right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

}  // namespace

MergeTable::MergeTable(size_t count) : slots_(std::bit_ceil(2 * count + 2)) {}

size_t MergeTable::slot_of(uint64_t pair) const {
  const size_t mask = slots_.size() - 1;
  size_t slot = hash_mix(pair, 0xA0761D6478BD642Fu) & mask;
  while (slots_[slot].pair != pair && slots_[slot].pair != UINT64_MAX) slot = (slot + 1) & mask;
  return slot;
}

void MergeTable::set(Id left, Id right, Merge merge) {
  if (2 * (used_ + 1) > slots_.size()) {
    const std::vector<Slot> before = std::move(slots_);
    slots_.assign(2 * before.size(), {});
    for (const Slot& slot : before) {
      if (slot.pair != UINT64_MAX) slots_[slot_of(slot.pair)] = slot;
    }
  }
  Slot& slot = slots_[slot_of(pair_of(left, right))];
  if (slot.pair == UINT64_MAX) ++used_;
  slot = {pair_of(left, right), merge};
}

MergeTable::Merge MergeTable::find(Id left, Id right) const {
  return slots_[slot_of(pair_of(left, right))].merge;
}

void MergeTable::merge(std::vector<Symbol>& word) const {
  if (word.size() < 2) return;
  word.size() <= kShort ? merge_short(word) : merge_long(word);
}

void MergeTable::merge_short(std::vector<Symbol>& word) const {
  Merge with_next[kShort];
  size_t count = word.size();
  for (size_t i = 0; i + 1 < count; ++i) with_next[i] = find(word[i].id, word[i + 1].id);
  while (count > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < count; ++i) {
      if (with_next[i].rank < with_next[best].rank) best = i;
    }
    if (with_next[best].rank == kNone) break;
    word[best] = {with_next[best].id, word[best].size + word[best + 1].size};
    std::copy(word.begin() + static_cast<ptrdiff_t>(best) + 2,
              word.begin() + static_cast<ptrdiff_t>(count),
              word.begin() + static_cast<ptrdiff_t>(best) + 1);
    std::copy(with_next + best + 1, with_next + count - 1, with_next + best);
    --count;
    if (best + 1 < count) with_next[best] = find(word[best].id, word[best + 1].id);
    if (best > 0) with_next[best - 1] = find(word[best - 1].id, word[best].id);
  }
  word.resize(count);
}

void MergeTable::merge_long(std::vector<Symbol>& word) const {
  struct Entry {
    uint32_t rank, at;
    Id left, right, merged;
  };
  const auto later = [](const Entry& a, const Entry& b) {
    return a.rank != b.rank ? a.rank > b.rank : a.at > b.at;
  };
  std::priority_queue<Entry, std::vector<Entry>, decltype(later)> queue(later);
  const auto count = static_cast<uint32_t>(word.size());
  std::vector<uint32_t> next(count), before(count);
  const auto push = [&](uint32_t at) {
    if (at >= count || next[at] >= count) return;
    const Id left = word[at].id, right = word[next[at]].id;
    const Merge merge = find(left, right);
    if (merge.rank != kNone) queue.push({merge.rank, at, left, right, merge.id});
  };
  for (uint32_t i = 0; i < count; ++i) next[i] = i + 1, before[i] = i - 1;  // before[0]: none
  for (uint32_t i = 0; i < count; ++i) push(i);
  while (!queue.empty()) {
    const Entry top = queue.top();
    queue.pop();
    const uint32_t right = next[top.at];
    const bool stands = word[top.at].size > 0 && right < count && word[top.at].id == top.left &&
                        word[right].id == top.right;
    if (!stands) continue;
    word[top.at] = {top.merged, word[top.at].size + word[right].size};
    word[right].size = 0;  // gone
    next[top.at] = next[right];
    if (next[right] < count) before[next[right]] = top.at;
    push(top.at);
    push(before[top.at]);
  }
  std::erase_if(word, [](const Symbol& symbol) { return symbol.size == 0; });
}

}  // namespace assay::text
