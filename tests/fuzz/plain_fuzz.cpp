// Plain text; the first byte chooses how it is split.
#include "tests/fuzz/text_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  assay::data::DocumentOptions options;
  options.split = static_cast<assay::data::Split>(data[0] & 3);
  return fuzz::check_documents(data + 1, size - 1, assay::data::documents_of_text, options);
}
