// What the fuzz targets of tensor files check: a reader refuses its input with the path "f" first,
// or returns tensors that lie within it and can be decoded.
#pragma once
#include "plugins/common/weights/layout.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace fuzz {

template <class Read>
int check_tensors(Read&& read, assay::weights::Bytes file) {
  using namespace assay::weights;
  try {
    for (const Entry& entry : read()) {
      const auto block = block_of(entry.type);
      if (!entry.bytes.empty() &&
          (entry.bytes.data() < file.data() ||
           entry.bytes.data() + entry.bytes.size() > file.data() + file.size()))
        std::abort();
      if (entry.type == Type::other) continue;
      const auto count = static_cast<uint64_t>(entry.count());
      if (count / static_cast<uint64_t>(block.weights) * static_cast<uint64_t>(block.bytes) !=
          entry.bytes.size())
        std::abort();
      std::vector<float> values(count);
      to_float(entry, 0, entry.count(), values.data());
    }
  } catch (const std::invalid_argument& e) {
    if (e.what()[0] != 'f') std::abort();
  }
  return 0;
}

}  // namespace fuzz
