// Documents as JSON lines or an array, packed or not.
#include "tests/fuzz/text_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  assay::data::DocumentOptions options;
  options.fields = {"meta.set", "n"};
  return fuzz::check_documents(data, size, assay::data::documents_of_json, options);
}
