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
    const Key key(name);
    for (size_t i = key.hash & mask();; i = (i + 1) & mask()) {
      const Slot& slot = slots_[i];
      if (slot.text == nullptr) return kMissing;
      if (slot.key == key && (name.size() <= 16 || slot.same_text(name))) return slot.id;
    }
  }

  void insert(std::string_view name, uint32_t id) {
    if (2 * (names_.size() + 1) > slots_.size()) grow();
    names_.emplace_back(name);
    place({Key(name), names_.back().data(), id});
  }

 private:
  /// The first and the last 8 bytes, which are all of a short name, and a hash of the whole.
  struct Key {
    uint64_t first = 0, last = 0, bytes = 0, hash = 0;
    Key() = default;
    explicit Key(std::string_view name) : bytes(name.size()) {
      const char* p = name.data();
      if (bytes >= 8) {
        first = load<uint64_t>(p);
        last = load<uint64_t>(p + bytes - 8);
      } else if (bytes >= 4) {
        first = load<uint32_t>(p) | uint64_t{load<uint32_t>(p + bytes - 4)} << 32;
      } else {
        for (size_t i = 0; i < bytes; ++i) first = first << 8 | static_cast<unsigned char>(p[i]);
      }
      hash = mix(mix(bytes, first), last);
      for (size_t i = 8; i + 8 < bytes; i += 8) hash = mix(hash, load<uint64_t>(p + i));
    }
    bool operator==(const Key& o) const {
      return hash == o.hash && first == o.first && last == o.last && bytes == o.bytes;
    }
  };
  struct Slot {
    Key key;
    const char* text = nullptr;
    uint32_t id = 0;
    bool same_text(std::string_view name) const {
      return std::memcmp(text, name.data(), name.size()) == 0;
    }
  };
  size_t mask() const { return slots_.size() - 1; }

  template <class T>
  static T load(const char* p) {
    T word;
    std::memcpy(&word, p, sizeof word);
    return word;
  }
  static uint64_t mix(uint64_t h, uint64_t word) {
    h = (h ^ word) * 0xff51afd7ed558ccdULL;
    return h ^ (h >> 32);
  }

  void place(const Slot& slot) {
    size_t i = slot.key.hash & mask();
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
