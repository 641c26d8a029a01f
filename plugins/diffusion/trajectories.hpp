// Predicted clean samples of many chains in a file, of this plugin's model or anybody's: read in
// pieces, since such files hold gigabytes and a score needs the last steps of each chain.
#pragma once
#include <assay/plugin.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace diffusion {

/// x0^ (count, steps, example...): steps in the order of the chain, the last one the least noisy.
class Trajectories {
 public:
  virtual ~Trajectories() = default;
  int64_t count() const { return shape_[0]; }
  int64_t steps() const { return shape_[1]; }
  /// Of one prediction: (D) points, (C, H, W) images; (H, W) is one channel, nothing is one number.
  std::vector<int64_t> example() const;
  int64_t features() const;

  /// Chains first .. first + rows - 1 from step `from` to the end: (rows, steps - from, D).
  /// std::invalid_argument if a number is not finite.
  void read(int64_t first, int64_t rows, int64_t from, float* out);

 protected:
  /// std::invalid_argument unless `shape` has two dimensions at least and none is 0.
  Trajectories(std::string path, std::vector<int64_t> shape);
  virtual void read_chain(int64_t chain, int64_t from, float* out) = 0;

  std::string path_;
  std::vector<int64_t> shape_;
};

/// The input `name` of the job, a file: NPY of floats, which is read in pieces, or HDF5, whose
/// dataset `dataset` (empty: its only array of floats with two dimensions or more) is read as a
/// whole. std::invalid_argument with the path if it is neither, or another array.
std::unique_ptr<Trajectories> open_trajectories(const assay::Job& job, const std::string& name,
                                                const std::string& dataset);

}  // namespace diffusion
