// A PNG image. Checksums are left as they are: most inputs end at one.
#include "plugins/common/data/png.hpp"
#include "tests/fuzz/reader_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::check_reader([&] {
    auto image = assay::data::parse_png({data, size}, "f");
    assay::data::ImageSet set;
    set.source = "f";
    set.count = 1;
    set.labels = {0};
    set.channels = image.channels;
    set.height = image.height;
    set.width = image.width;
    set.pixels = std::move(image.pixels);
    return set;
  });
}
