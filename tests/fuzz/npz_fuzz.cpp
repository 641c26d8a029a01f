// A .npz file: zip directory, deflate, .npy headers, and the set as a whole.
#include "plugins/common/data/numpy_set.hpp"
#include "tests/fuzz/reader_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::check_reader([&] {
    return assay::data::images_from_npz({data, size}, assay::data::Part::all, "f");
  });
}
