// Philox and Box-Muller as loops that the vectoriser takes: 64 elements at a time.
#include "plugins/common/kernel.hpp"
#include "plugins/diffusion/normals.hpp"

#include <array>
#include <bit>
#include <cmath>

namespace diffusion {
namespace {

constexpr int kLanes = 16;  // words of four elements

/// ln x of a normal float x > 0: x = m 2^e with m around 1, ln m = 2 atanh((m - 1) / (m + 1)).
inline float log_of(float x) {
  const auto bits = std::bit_cast<int32_t>(x);
  const int32_t shifted = bits - 0x3F3504F3;  // sqrt(1/2): m is in [sqrt(1/2), sqrt(2))
  const auto e = static_cast<float>(shifted >> 23);
  const float m = std::bit_cast<float>((shifted & 0x007FFFFF) + 0x3F3504F3);
  const float s = (m - 1) / (m + 1), q = s * s;
  const float series = q * (1.0f / 3 + q * (1.0f / 5 + q * (1.0f / 7 + q * (1.0f / 9))));
  return 2 * (s + s * series) + e * 0.69314718f;
}

/// In (0, 1), from the upper 24 bits.
inline float uniform_of(uint32_t word) {
  return (static_cast<float>(static_cast<int32_t>(word >> 8)) + 0.5f) * 0x1p-24f;
}

/// Two independent normals (Box and Muller 1958): radius sqrt(-2 ln u), angle 2 pi v.
inline void box_muller(uint32_t a, uint32_t b, float& first, float& second) {
  const float radius = std::sqrt(-2 * log_of(uniform_of(a)));
  // The angle: quarter turns, and a rest in [-pi/4, pi/4].
  const uint32_t turned = b + 0x20000000u;
  const auto quarter = static_cast<int32_t>(turned >> 30);
  const auto rest = static_cast<float>(static_cast<int32_t>(turned & 0x3FFFFFFFu) - 0x20000000);
  const float x = rest * static_cast<float>(1.57079632679489662 / 0x1p30), q = x * x;
  const float sine =
      x * (1 + q * (-1.0f / 6 + q * (1.0f / 120 + q * (-1.0f / 5040 + q * (1.0f / 362880)))));
  const float cosine = 1 + q * (-0.5f + q * (1.0f / 24 + q * (-1.0f / 720 + q * (1.0f / 40320))));
  const float swapped_cosine = quarter & 1 ? sine : cosine;
  const float swapped_sine = quarter & 1 ? cosine : sine;
  const float cosine_sign = ((quarter + 1) & 2) ? -1.0f : 1.0f;
  const float sine_sign = (quarter & 2) ? -1.0f : 1.0f;
  first = radius * swapped_cosine * cosine_sign;
  second = radius * swapped_sine * sine_sign;
}

/// The normals of kLanes consecutive words, element by element.
ASSAY_KERNEL void words(uint64_t key, uint32_t step, uint64_t word, float* out) {
  uint32_t c0[kLanes], c1[kLanes], c2[kLanes], c3[kLanes];
  for (int i = 0; i < kLanes; ++i) {
    const uint64_t w = word + static_cast<uint64_t>(i);
    c0[i] = static_cast<uint32_t>(w);
    c1[i] = static_cast<uint32_t>(w >> 32);
    c2[i] = step;
    c3[i] = 0;
  }
  auto k0 = static_cast<uint32_t>(key), k1 = static_cast<uint32_t>(key >> 32);
  for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u)
    for (int i = 0; i < kLanes; ++i) {
      const uint64_t a = uint64_t{0xD2511F53u} * c0[i], b = uint64_t{0xCD9E8D57u} * c2[i];
      c0[i] = static_cast<uint32_t>(b >> 32) ^ c1[i] ^ k0;
      c1[i] = static_cast<uint32_t>(b);
      c2[i] = static_cast<uint32_t>(a >> 32) ^ c3[i] ^ k1;
      c3[i] = static_cast<uint32_t>(a);
    }
  float n0[kLanes], n1[kLanes], n2[kLanes], n3[kLanes];
  for (int i = 0; i < kLanes; ++i) box_muller(c0[i], c1[i], n0[i], n1[i]);
  for (int i = 0; i < kLanes; ++i) box_muller(c2[i], c3[i], n2[i], n3[i]);
  for (int i = 0; i < kLanes; ++i) {
    out[4 * i] = n0[i];
    out[4 * i + 1] = n1[i];
    out[4 * i + 2] = n2[i];
    out[4 * i + 3] = n3[i];
  }
}
}  // namespace

void normals(uint64_t key, uint32_t step, int64_t first, int64_t n, float* out) {
  constexpr int64_t block = 4 * kLanes;
  std::array<float, block> spare;
  for (int64_t start = first / 4 * 4; start < first + n; start += block) {
    const int64_t to = start - first;
    if (to >= 0 && to + block <= n) {
      words(key, step, static_cast<uint64_t>(start / 4), out + to);
      continue;
    }
    words(key, step, static_cast<uint64_t>(start / 4), spare.data());
    for (int64_t i = 0; i < block; ++i)
      if (to + i >= 0 && to + i < n) out[to + i] = spare[static_cast<size_t>(i)];
  }
}

}  // namespace diffusion
