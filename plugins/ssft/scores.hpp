// From what was recorded of each example to scores of suspicion: higher means "more likely
// mislabelled" (the scores of the released code, and two of ours).
#pragma once
#include "plugins/ssft/bits.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ssft {

/// What the two stages say of N examples; T and T2 evaluations in stages 1 and 2, from 1.
struct Record {
  int64_t T = 0, T2 = 0;
  std::vector<int64_t> fslt, first_learned;    // 1 .. T + 1; T + 1: never
  std::vector<int64_t> ssft, first_forgotten;  // 1 .. T2 + 1; T2 + 1: never
  std::vector<int64_t> events;                 // of forgetting in stage 1, between evaluations
  std::vector<int64_t> events_training;        // the same between each example's own updates
  std::vector<int64_t> cum_learn, cum_forget;  // evaluations at which it was right, by stage
  std::vector<double> mean_prob, mean_prob2;   // of the given label, by stage
  std::vector<uint8_t> never_learned, never_forgotten;

  size_t size() const { return fslt.size(); }
};

/// The times and counts of stage 1 (`learned`, and `training` for events_training) and of stage 2.
Record record(const BitMatrix& learned, const BitMatrix& training, const BitMatrix& forgotten);

struct Suspicion {
  std::string name;
  std::vector<double> value;
};

/// Their names, in the order of `suspicions`; also what a parameter `rank_by` offers.
#define SSFT_SCORES                                                                             \
  "ssft", "fslt", "first_forgotten", "first_learned", "events", "events_training", "cum_learn", \
      "cum_forget", "mean_prob", "mean_prob2", "joint", "joint_sum"

/// `never_learned_infinite`: a never-learned example has more events than any learned one (Toneva
/// et al. 2019) instead of its count. With rank the number of examples that have less, and z zero
/// mean and unit variance,
///   joint     = -(rank(cum_learn) + joint_factor rank(cum_forget))
///   joint_sum = -(z(cum_learn) + z(cum_forget))
std::vector<Suspicion> suspicions(const Record& record, bool never_learned_infinite,
                                  double joint_factor);

}  // namespace ssft
