#include "core/archive/crc32c.hpp"

#include <array>
#include <cstring>
#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace assay {
namespace {

constexpr uint32_t kReversedPolynomial = 0x82f63b78U;

constexpr std::array<uint32_t, 256> make_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ ((c & 1U) != 0 ? kReversedPolynomial : 0U);
    table[i] = c;
  }
  return table;
}
constexpr auto kTable = make_table();

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t crc32c_by_sse42(const void* data, size_t bytes) {
  const auto* p = static_cast<const unsigned char*>(data);
  uint64_t c = 0xffffffffU;
  for (; bytes >= 8; bytes -= 8, p += 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    c = _mm_crc32_u64(c, word);
  }
  auto c32 = static_cast<uint32_t>(c);
  for (; bytes > 0; --bytes, ++p) c32 = _mm_crc32_u8(c32, *p);
  return ~c32;
}
__attribute__((target("sse4.2"))) uint32_t words_by_sse42(uint64_t a, uint64_t b, uint64_t c,
                                                          uint64_t d) {
  uint64_t crc = 0xffffffffU;
  for (const uint64_t word : {a, b, c, d}) crc = _mm_crc32_u64(crc, word);
  return ~static_cast<uint32_t>(crc);
}
const bool kHasSse42 = __builtin_cpu_supports("sse4.2") != 0;
#endif

}  // namespace

uint32_t crc32c_by_table(const void* data, size_t bytes) {
  const auto* p = static_cast<const unsigned char*>(data);
  uint32_t c = 0xffffffffU;
  for (; bytes > 0; --bytes, ++p) c = (c >> 8) ^ kTable[(c ^ *p) & 255U];
  return ~c;
}

uint32_t crc32c_words(uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
#if defined(__x86_64__)
  if (kHasSse42) return words_by_sse42(a, b, c, d);
#endif
  const uint64_t words[4] = {a, b, c, d};
  return crc32c_by_table(words, sizeof words);
}

uint32_t crc32c(const void* data, size_t bytes) {
#if defined(__x86_64__)
  if (kHasSse42) return crc32c_by_sse42(data, bytes);
#endif
  return crc32c_by_table(data, bytes);
}

}  // namespace assay
