// Wrong labels on purpose: which examples get one, and which, for experiments that must know.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace assay::data {

/// How a wrong label comes from the right one, y, of C classes:
///   uniform_other  any other class with equal probability
///   reference      y + 1 .. y + C - 2 mod C, so never the class just below (the code released with
///                  Maini et al. 2022); for C = 2 the other class
///   any_class      any class with equal probability, so that 1/C of the labels stay right
enum class NoiseMode { uniform_other, reference, any_class };
#define ASSAY_NOISE_MODES "uniform_other", "reference", "any_class"
/// By its name; std::invalid_argument for any other.
NoiseMode noise_mode(const std::string& name);

/// Draws a label anew for exactly floor(share n) of the n `members`, without replacement.
/// `members` index `labels`, which are below `classes` >= 2. All draws are counted by an example's
/// index under `key`: neither the members' order nor one another's labels matter, and the examples
/// chosen at a smaller share are among those chosen at a larger one.
void mislabel(std::vector<int32_t>& labels, std::span<const int64_t> members, double share,
              int classes, NoiseMode mode, uint64_t key);

}  // namespace assay::data
