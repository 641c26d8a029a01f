// A .npy file as x, and as y.
#include "plugins/common/data/npy.hpp"
#include "plugins/common/data/numpy_set.hpp"
#include "tests/fuzz/reader_fuzz.hpp"

using namespace assay::data;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const View bytes(data, size);
  fuzz::check_reader([&] {
    const NpyArray array = parse_npy(bytes, "f");
    if (array.kind == 'f')
      finite_floats(array, "x", "f");
    else
      whole_numbers(array, 1000, "y", "f");
    ImageSet none;
    none.source = "f";
    return none;
  });
  return fuzz::check_reader([&] {
    return images_from_arrays([&](const std::string&) { return Bytes(bytes.begin(), bytes.end()); },
                              Part::all, "f");
  });
}
