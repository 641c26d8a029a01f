// How much a training example's own presence decides whether a network gets it, or a test example,
// right: Feldman and Zhang, NeurIPS 2020, from J models trained on random subsets.
//   J models, N training examples, M test examples
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace localization {

/// Truth values (J, columns) in bytes: a row for each model.
struct Votes {
  int64_t columns = 0;
  std::vector<uint8_t> values;

  int64_t models() const { return columns ? static_cast<int64_t>(values.size()) / columns : 0; }
  std::span<const uint8_t> model(int64_t j) const {
    return std::span(values).subspan(static_cast<size_t>(j * columns),
                                     static_cast<size_t>(columns));
  }
  void append(std::span<const uint8_t> row) { values.insert(values.end(), row.begin(), row.end()); }
};

/// The members of model j's subset, ascending: floor(fraction n + 1e-9) of 0 .. n-1, each with the
/// same chance. std::invalid_argument if that is none or all of them.
std::vector<int64_t> subset(int64_t n, double fraction, int64_t j, uint64_t key);

struct Scores {
  std::vector<int64_t> n_in, n_out;  // models whose subset has the example, or lacks it
  std::vector<double> p_in, p_out;   // the share of them that is right about it
  std::vector<double> score;         // p_in - p_out; NaN if n_in or n_out is 0
  std::vector<double> error;         // its standard error: of both terms, sqrt(p (1 - p) / n)
};

/// mem_i = P(right about i | i in the subset) - P(right about i | i not in it), from the models'
/// subsets and correctness, (J, N) both.
Scores memorisation(const Votes& in, const Votes& right);

struct Influence {
  int64_t train, test;
  double value;
};

/// infl_it = P(right about t | i in the subset) - P(right about t | i not in it) of all training
/// examples among `candidates` and all test examples: the `most` greatest, from the greatest down,
/// equal ones by train, then by test. `right` is (J, M). O(candidates J M).
std::vector<Influence> strongest(const Votes& in, const Votes& right,
                                 std::span<const int64_t> candidates, int64_t most);

}  // namespace localization
