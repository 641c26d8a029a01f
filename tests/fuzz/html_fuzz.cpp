// A page.
#include "plugins/common/data/charset.hpp"
#include "plugins/common/data/html.hpp"
#include "tests/fuzz/text_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::check_text([&] {
    const auto bytes = assay::data::as_text({data, size});
    const auto utf8 = assay::data::utf8_of(bytes, assay::data::html_encoding(bytes, "utf-8"));
    const auto page = assay::data::text_of_html(utf8, "f", size % 2 == 0);
    fuzz::need_utf8(page.text);
    fuzz::need_utf8(page.title);
  });
}
