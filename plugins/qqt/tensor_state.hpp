// The tensors of a world in its checkpoints.
#pragma once
#include "plugins/common/torch.hpp"

#include <deque>
#include <string>
#include <vector>

namespace qqt {

/// Columns that show tensors, which it copies to the CPU where they are elsewhere and keeps until
/// it is cleared.
class TensorState {
 public:
  void clear() { kept_.clear(); }
  void add(std::vector<assay::Column>& columns, const std::string& name, const at::Tensor& t) {
    columns.emplace_back(name, assay_tensor(kept_.emplace_back(t)));
  }

 private:
  std::deque<assay::View> kept_;
};

/// Fills `t` with an entry of a checkpoint.
inline void restore(const assay::Reader& checkpoint, const std::string& name, at::Tensor t) {
  const at::NoGradGuard no_grad;
  t.copy_(assay::read_tensor(checkpoint, name));
}

}  // namespace qqt
