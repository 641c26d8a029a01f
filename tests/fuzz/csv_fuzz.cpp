// A CSV file.
#include "plugins/common/data/csv.hpp"
#include "tests/fuzz/reader_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::check_reader([&] { return assay::data::images_from_csv({data, size}, "f"); });
}
