// Names to numbers, without allocating when the name is known: the first step of every row.
#pragma once
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// Open addressing by content. Not thread-safe.
class NameTable {
 public:
  static constexpr uint32_t kMissing = UINT32_MAX;

  uint32_t find(std::string_view name) const {
    if (slots_.empty()) return kMissing;
    const uint64_t hash = hash_of(name);
    for (size_t i = hash & mask();; i = (i + 1) & mask()) {
      const Slot& slot = slots_[i];
      if (slot.text == nullptr) return kMissing;
      if (slot.hash == hash && slot.bytes == name.size() &&
          std::memcmp(slot.text, name.data(), name.size()) == 0)
        return slot.id;
    }
  }

  void insert(std::string_view name, uint32_t id) {
    if (2 * (names_.size() + 1) > slots_.size()) grow();
    names_.emplace_back(name);
    place({hash_of(name), names_.back().data(), names_.back().size(), id});
  }

 private:
  struct Slot {
    uint64_t hash = 0;
    const char* text = nullptr;
    size_t bytes = 0;
    uint32_t id = 0;
  };
  size_t mask() const { return slots_.size() - 1; }

  /// Eight bytes at a time; names are short and their last bytes differ most.
  static uint64_t hash_of(std::string_view name) {
    uint64_t h = name.size() * 0x9e3779b97f4a7c15ULL;
    const char* p = name.data();
    size_t left = name.size();
    for (; left >= 8; left -= 8, p += 8) h = mix(h, load(p, 8));
    if (left > 0) h = mix(h, load(p, left));
    return h ^ (h >> 29);
  }
  static uint64_t load(const char* p, size_t n) {
    uint64_t word = 0;
    std::memcpy(&word, p, n);
    return word;
  }
  static uint64_t mix(uint64_t h, uint64_t word) {
    h = (h ^ word) * 0xff51afd7ed558ccdULL;
    return h ^ (h >> 32);
  }

  void place(const Slot& slot) {
    size_t i = slot.hash & mask();
    while (slots_[i].text != nullptr) i = (i + 1) & mask();
    slots_[i] = slot;
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 64 : 2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old)
      if (slot.text != nullptr) place(slot);
  }

  std::vector<Slot> slots_;
  std::deque<std::string> names_;
};

}  // namespace assay
