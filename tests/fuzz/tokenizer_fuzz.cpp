// A tokenizer.json, and a text after a zero byte: refused with its name first, or a tokenizer whose
// ids and spans are within bounds, whose ids do not depend on spans being asked for, and whose
// decoded text, whole and in a stream, is UTF-8.
#include "plugins/common/text/tokenizer.hpp"
#include "plugins/common/text/utf8.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace {

using namespace assay::text;

const std::string kText =
    "It's 12 \xC3\xA9t\xC3\xA9s, a<s>b  \xE4\xB8\xAD\xF0\x9F\x99\x82\n\xCC\x81 x";

void check(const Tokenizer& tokenizer, const std::string& text) {
  const Encoding encoding = tokenizer.encode_with_spans(text, {.parse_special = true});
  if (tokenizer.encode(text, {.parse_special = true}) != encoding.ids) std::abort();
  if (encoding.spans.size() != encoding.ids.size()) std::abort();
  for (const Id id : encoding.ids) {
    if (id < 0 || id >= tokenizer.size()) std::abort();
  }
  for (const Span span : encoding.spans) {
    if (span.begin > span.end || span.end > text.size()) std::abort();
  }
  const auto need_utf8 = [](const std::string& made) {
    if (utf8_invalid(made) != std::string::npos) std::abort();
  };
  need_utf8(tokenizer.decode(encoding.ids, false));
  StreamDecoder stream(tokenizer, false);
  for (const Id id : encoding.ids) need_utf8(stream.push(id));
  need_utf8(stream.finish());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const std::string_view json(reinterpret_cast<const char*>(data), size);
    const size_t zero = json.find('\0');
    const Tokenizer tokenizer = Tokenizer::from_json(json.substr(0, zero), "f");
    try {
      check(tokenizer, zero == std::string_view::npos ? kText : std::string(json.substr(zero + 1)));
    } catch (const std::invalid_argument&) {
      // A text that the model has no token for, or an expression that takes too long on it.
    }
  } catch (const std::invalid_argument& error) {
    if (std::string_view(error.what()).substr(0, 1) != "f") std::abort();
  }
  return 0;
}
