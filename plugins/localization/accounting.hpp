// Gradient accounting: how much of each layer's training comes from clean and
// how much from memorised examples, and whether the two pull the same way.
//
// The loss of a batch of size b is L = L_clean + L_memorised, where each is the sum of its
// examples' cross-entropies divided by b. Their gradients are added up over an epoch as vectors,
// each taken before its step, along the moving trajectory.
#pragma once
#include "plugins/common/train/autograd_learner.hpp"
#include "plugins/localization/groups.hpp"

namespace localization {

/// What an epoch's gradients say of one group. With G_p the sum for tensor p:
///   norm    sum over the group's tensors of ||G_p|| / sqrt(numel(p))
///   ratio   norm_noisy / norm_clean; NaN if the latter is 0
///   cosine  between the clean and the memorised sum: the mean over the group's tensors, less those
///           where a norm is 0, or that of the concatenated group; NaN if a norm is 0
struct GroupGradients {
  double norm_clean = 0, norm_noisy = 0, norm_total = 0, ratio = 0, cosine = 0;
};

enum class CosineMode { mean_of_tensors, concatenated };

/// `clean` and `noisy` (P,): the two sums, whose tensors lie as in `layout`.
std::vector<GroupGradients> compare(const at::Tensor& clean, const at::Tensor& noisy,
                                    const std::vector<assay::train::ParameterSlice>& layout,
                                    const std::vector<Group>& groups, CosineMode mode);

/// Adds up the gradients while a learner trains.
class Accounting {
 public:
  /// `memorised` (N,), truth values on the device that trains.
  explicit Accounting(at::Tensor memorised) : memorised_(std::move(memorised)) {}

  /// The learner whose option `backward` calls the method of that name.
  void attach(const assay::train::AutogradLearner& learner);
  /// Leaves the gradient of the mean of the losses (B,) of the examples `ids` in the learner, by
  /// one backward pass for the clean ones and one, if there are any, for the memorised ones.
  void backward(const at::Tensor& losses, const at::Tensor& ids);

  const at::Tensor& clean() const { return clean_; }  // (P,), since the last `clear`
  const at::Tensor& noisy() const { return noisy_; }
  void clear();

  /// To and from a checkpoint of the run.
  void add_to(assay::Columns& columns) const;
  void restore(const assay::Reader& checkpoint);

 private:
  at::Tensor memorised_, clean_, noisy_;
  const assay::train::AutogradLearner* learner_ = nullptr;
};

}  // namespace localization
