// What this machine has, and which part of it each running run has been given.
#pragma once
#include "core/plan/plan.hpp"

#include <optional>
#include <string>
#include <vector>

namespace assay {

struct Hardware {
  std::vector<int> cores;         // that this process may use
  std::vector<std::string> gpus;  // as CUDA_VISIBLE_DEVICES names them
  int64_t memory = 0;             // bytes; of the container, where that is less
  static Hardware here();
};

/// What one run holds while it runs.
struct Share {
  double cpus = 0;
  int64_t memory = 0;
  std::vector<int> cores;  // empty: a run of less than a core, or of all of them, is not pinned
  std::vector<std::string> gpus;
};

class Packing {
 public:
  /// `jobs`: runs at a time; 0: as many as the cores allow.
  Packing(const Hardware& machine, int jobs);
  /// nullopt: does not fit now.
  std::optional<Share> take(const Resources& wanted);
  void give_back(const Share& share);
  bool idle() const { return running_ == 0; }
  bool full() const { return running_ >= jobs_ || cpus_ <= 0; }

 private:
  std::vector<int> cores_;         // free ones
  std::vector<std::string> gpus_;  // free ones
  size_t all_cores_;
  double cpus_;
  int64_t memory_;
  int jobs_, running_ = 0;
};

}  // namespace assay
