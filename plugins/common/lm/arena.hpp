// Memory for many tensors that live as long as a model: huge pages where the system has them, since
// a model's weights are half a gigabyte that would be touched 4 KiB at a time.
#pragma once
#include "plugins/common/torch.hpp"

#include <memory>

namespace assay::lm {

class Arena {
 public:
  /// An uninitialised float tensor, at a multiple of 64 bytes. It keeps the chunk of memory that it
  /// lies in, about 64 MiB.
  at::Tensor take(at::IntArrayRef shape);

 private:
  std::shared_ptr<void> chunk_;
  size_t size_ = 0, used_ = 0;  // of the chunk, in bytes
};

}  // namespace assay::lm
