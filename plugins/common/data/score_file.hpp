// One number for each example of a data set, from the files in which such scores are published.
#pragma once
#include <string>
#include <vector>

namespace assay::data {

/// Reads `count` scores, or what else the numbers are called in messages:
///   .npy   a float array (N,)
///   .npz   its member "scores"
///   other  text with one number a line (CSV: the last field), after a header line if there is one
/// Throws std::invalid_argument with the path and, for text, the line: another number of scores,
/// one that is not finite, or another format.
std::vector<double> read_scores(const std::string& path, int64_t count,
                                const std::string& what = "scores");

}  // namespace assay::data
