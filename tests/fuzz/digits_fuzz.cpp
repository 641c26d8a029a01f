// A digit's JSON file.
#include "plugins/common/data/digits.hpp"
#include "tests/fuzz/reader_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::check_reader([&] {
    return assay::data::images_from_digits(
        [&](const std::string&) { return assay::data::Bytes(data, data + size); }, "f");
  });
}
