// XXH3 over pieces: the digest of everything that is stored.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

struct XXH3_state_s;

namespace assay {

/// XXH3-128 in its canonical (big-endian) form; pieces may be cut anywhere.
class ContentHash {
 public:
  using Digest = std::array<unsigned char, 16>;
  ContentHash();
  ~ContentHash();
  ContentHash(const ContentHash&) = delete;
  ContentHash& operator=(const ContentHash&) = delete;
  ContentHash& add(const void* data, size_t bytes);
  /// A string of a list: its length as 8 bytes little-endian, then its bytes.
  ContentHash& add_string(std::string_view text);
  Digest digest() const;

 private:
  XXH3_state_s* state_;
};

std::string to_hex(const ContentHash::Digest& digest);
uint64_t hash64(const void* data, size_t bytes);  // XXH3-64

}  // namespace assay
