// Which samples a filter keeps.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace diffusion {

/// The share that the paper's code drops: it draws 2500 more than the 100,000 that it keeps.
constexpr double kDropFraction = 2500.0 / 102500;

/// How many of n to keep: `keep`, or round((1 - drop_fraction) n) if that is 0.
/// std::invalid_argument if `keep` exceeds n.
int64_t keep_count(int64_t n, int64_t keep, double drop_fraction);

/// `keep` of the samples, ascending: none: the first; random: drawn without replacement under
/// `key`; variance: those with the lowest scores, of equal ones the earlier.
/// std::invalid_argument on another rule.
std::vector<int64_t> kept(const std::string& rule, std::span<const double> score, int64_t keep,
                          uint64_t key);

/// The indices with a score of at most tau, ascending.
std::vector<int64_t> at_most(std::span<const double> score, double tau);

}  // namespace diffusion
