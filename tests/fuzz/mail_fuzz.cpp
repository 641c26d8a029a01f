// A mail.
#include "plugins/common/data/mail.hpp"
#include "tests/fuzz/text_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::check_text([&] {
    const auto mail = assay::data::read_mail(assay::data::as_text({data, size}), "f");
    fuzz::need_utf8(mail.text);
    fuzz::need_utf8(assay::data::without_quotes(mail.text));
    for (const auto& [name, value] : mail.headers) {
      fuzz::need_utf8(name);
      fuzz::need_utf8(value);
    }
  });
}
