// Documents as a table; the first byte chooses the separator and whether there are quotes.
#include "tests/fuzz/text_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  assay::data::DocumentOptions options;
  options.format = data[0] & 1 ? assay::data::Format::tsv : assay::data::Format::csv;
  options.quotes = (data[0] & 2) == 0;
  if (data[0] & 4) options.columns = {"text", "n"};
  return fuzz::check_documents(data + 1, size - 1, assay::data::documents_of_table, options);
}
