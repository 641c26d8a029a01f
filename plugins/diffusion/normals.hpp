// Standard normal draws counted by (step, element): what an example gets depends neither on its
// block nor on the number of threads.
#pragma once
#include <cstdint>

namespace diffusion {

/// out[i] ~ N(0, 1) for elements first .. first + n - 1 of `step`, out of the Philox stream `key`.
/// Element e is normal e mod 4 of the words (e / 4, step, 0), which Box and Muller's transform
/// turns into four; |out| < 5.89, and the error against exact arithmetic is below 1e-6.
void normals(uint64_t key, uint32_t step, int64_t first, int64_t n, float* out);

}  // namespace diffusion
