// When an example is learned in the first stage and forgotten in the second, from whether it was
// right at each evaluation. Evaluations count from 1; with T of them, T + 1 means "never".
#pragma once
#include "plugins/ssft/bits.hpp"

#include <cstdint>
#include <vector>

namespace ssft {

/// The smallest t such that the example is `right` at t and at every evaluation after it. With
/// right = true this is the first-split learning time (FSLT), with false the second-split
/// forgetting time (SSFT).
std::vector<int64_t> settled(const BitMatrix& correct, bool right);

/// The smallest t at which the example is `right`, whatever comes after.
std::vector<int64_t> first(const BitMatrix& correct, bool right);

/// Forgetting events: how often right at t is followed by wrong at t + 1.
std::vector<int64_t> events(const BitMatrix& correct);

/// At how many evaluations the example is right.
std::vector<int64_t> times_right(const BitMatrix& correct);

}  // namespace ssft
