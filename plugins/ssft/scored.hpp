// What a run of `score` left, as `aggregate` and `removal` read it back.
#pragma once
#include <assay/plugin.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace ssft {

/// The columns of its table `scores` that are averaged over runs and correlated between them, and
/// the factor that makes a high value suspicious.
struct ScoreColumn {
  const char* name;
  double direction;
};
constexpr ScoreColumn kScoreColumns[] = {{"ssft", -1},       {"fslt", 1},        {"events", 1},
                                         {"cum_learn", -1},  {"cum_forget", -1}, {"mean_prob", -1},
                                         {"mean_prob2", -1}, {"joint", 1},       {"joint_sum", 1}};
constexpr size_t kSsft = 0, kFslt = 1, kColumns = std::size(kScoreColumns);
using Columns = std::array<std::vector<double>, kColumns>;

/// One run of `score`: its examples, and how it came about.
struct Scored {
  std::string model;          // of stage 1
  double lr_a = 0, lr_b = 0;  // peak learning rates
  int64_t seed = 0;           // of stage 1
  int64_t T = 0, T2 = 0;      // evaluations in stages 1 and 2
  std::vector<int64_t> index, label, true_label;
  std::vector<uint8_t> never_learned, never_forgotten;
  Columns columns;

  /// All but the seed: "cnn_small lr 0.05", or "cnn_small lr 0.1, 0.05" where the stages' differ.
  std::string setting() const;
  /// "cnn_small lr 0.05 seed 1"
  std::string name() const;
};

/// assay::Error if the run is none of `score`.
Scored read_scored(const assay::Reader& run);

}  // namespace ssft
