// Which example comes when: functions of the step alone, so that a resumed run needs no state.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace assay::lm {

/// Epochs of n examples, each in an order of its own. What comes at a position depends on neither
/// the size of batches nor what was asked before.
class DataOrder {
 public:
  /// With `shuffled` off, every epoch is 0 .. n - 1. std::invalid_argument if n < 1.
  DataOrder(int64_t n, uint64_t key, bool shuffled = true);

  /// The example at `position` of the endless sequence of epochs.
  int64_t at(int64_t position);
  /// Those at first .. first + count - 1.
  std::vector<int64_t> batch(int64_t first, int64_t count);
  int64_t epoch(int64_t position) const { return position / n_; }

 private:
  int64_t n_;
  uint64_t key_;
  bool shuffled_;
  int64_t epoch_ = -1;
  std::vector<int64_t> order_;  // of `epoch_`
};

/// Several streams at given shares: position t is of the stream i with the greatest deficit
/// w_i (t + 1) - n_i, n_i being how many came from it before (the lowest i of equals). Every
/// prefix has the shares, to within one example for two streams.
class Mixture {
 public:
  /// Shares are weights / their sum. std::invalid_argument unless all are >= 0 and one is > 0.
  explicit Mixture(std::span<const double> weights);

  struct Place {
    int64_t stream, index;  // the stream, and how many came from it before
  };
  /// Positions may be asked in any order; ascending ones are quick.
  Place at(int64_t position);

 private:
  Place next();

  std::vector<double> shares_;
  std::vector<int64_t> counts_;
  int64_t position_ = 0;  // that `next` is about
  Place last_{};
};

}  // namespace assay::lm
