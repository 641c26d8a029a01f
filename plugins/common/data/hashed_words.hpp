// Words as numbers.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace assay::data {

/// Bags of words without a vocabulary, (N, D) row-major: a word is a run of ASCII letters, digits
/// and bytes above 127, its ASCII letters made small; it adds 1 at position crc32(word) mod D; each
/// row is then divided by its Euclidean length. A text without a word is a row of 0.
std::vector<float> hashed_words(const std::vector<std::string>& texts, int64_t dimensions);

}  // namespace assay::data
