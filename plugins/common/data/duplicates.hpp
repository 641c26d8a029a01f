// Texts that are the same, but for case, composition and white space.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::data {

/// The text in which texts are compared: Unicode's normal form C, case folded, runs of white space
/// as one blank and none at the ends. Text that is no UTF-8 keeps its letters as they are.
std::string normal_text(std::string_view text);

/// For each text the index of the first before it with an equal normal_text; -1 if there is none.
/// Texts are found by a 64-bit hash (XXH3) and then compared, so that no collision matters. Costs
/// 16 bytes a text.
std::vector<int64_t> exact_duplicates(std::span<const std::string> texts);

/// For each text the index of the first equal one in `others`; -1 if there is none.
std::vector<int64_t> exact_duplicates(std::span<const std::string> texts,
                                      std::span<const std::string> others);

}  // namespace assay::data
