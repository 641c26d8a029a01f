// A tokenizer.json: refused with its name first, or a tokenizer whose ids and spans are within
// bounds and whose decoded text is UTF-8.
#include "plugins/common/text/tokenizer.hpp"
#include "plugins/common/text/utf8.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace {

using namespace assay::text;

const std::string kText =
    "It's 12 \xC3\xA9t\xC3\xA9s, a<s>b  \xE4\xB8\xAD\xF0\x9F\x99\x82\n\xCC\x81 x";

void check(const Tokenizer& tokenizer) {
  const Encoding encoding = tokenizer.encode_with_spans(kText, {.parse_special = true});
  if (encoding.spans.size() != encoding.ids.size()) std::abort();
  for (const Id id : encoding.ids) {
    if (id < 0 || id >= tokenizer.size()) std::abort();
  }
  for (const Span span : encoding.spans) {
    if (span.begin > span.end || span.end > kText.size()) std::abort();
  }
  if (utf8_invalid(tokenizer.decode(encoding.ids, false)) != std::string::npos) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const std::string_view json(reinterpret_cast<const char*>(data), size);
    const Tokenizer tokenizer = Tokenizer::from_json(json, "f");
    try {
      check(tokenizer);
    } catch (const std::invalid_argument&) {
      // A text that the model has no token for, or an expression that takes too long on it.
    }
  } catch (const std::invalid_argument& error) {
    if (std::string_view(error.what()).substr(0, 1) != "f") std::abort();
  }
  return 0;
}
