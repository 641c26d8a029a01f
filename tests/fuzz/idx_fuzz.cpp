// Two IDX files in one input: a length byte for the labels, the labels, the images.
#include "plugins/common/data/idx.hpp"
#include "tests/fuzz/reader_fuzz.hpp"

#include <algorithm>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const assay::data::View all(data, size);
  if (all.empty()) return 0;
  const size_t labels = std::min<size_t>(all[0], size - 1);
  return fuzz::check_reader([&] {
    return assay::data::images_from_idx(all.subspan(1 + labels), "f", all.subspan(1, labels), "f");
  });
}
