// A file of WordNet.
#include "plugins/common/data/glosses.hpp"
#include "tests/fuzz/reader_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::check_reader([&] { return assay::data::texts_from_wordnet({data, size}, "f"); });
}
