// The nearest known names to a misspelt one.
#pragma once
#include <string>
#include <vector>

namespace assay {

/// Damerau-Levenshtein distance (optimal string alignment).
size_t edit_distance(const std::string& a, const std::string& b);

/// At most three of `known` within max(1, length/3) edits of `name`, but not one edit for each of
/// its letters; the nearest first, ties alphabetically.
std::vector<std::string> suggest(const std::string& name, const std::vector<std::string>& known);

/// `did you mean "width"?`, or "" when nothing is near.
std::string did_you_mean(const std::string& name, const std::vector<std::string>& known);

}  // namespace assay
