// A fast hash of short byte strings and of pairs, for tables in memory only.
#pragma once
#include <cstdint>
#include <cstring>
#include <string_view>

namespace assay::text {

inline uint64_t hash_mix(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a ^ 0x9E3779B97F4A7C15u) * (b | 1);
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

inline uint64_t hash_bytes(std::string_view bytes) {
  const char* at = bytes.data();
  size_t left = bytes.size();
  uint64_t hash = 0xD6E8FEB86659FD93u ^ left;
  for (; left > 8; left -= 8, at += 8) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    hash = hash_mix(hash ^ word, 0xA0761D6478BD642Fu);
  }
  uint64_t tail = 0;
  if (left > 0) std::memcpy(&tail, at, left);
  return hash_mix(hash ^ tail, 0xE7037ED1A0B428DBu);
}

}  // namespace assay::text
