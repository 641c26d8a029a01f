// encode_lines TOKENIZER [--special] [--bare] [--ids] < LINES: each line is a JSON string; prints
// for each what the tokenizer makes of it. For comparison with PyPI `tokenizers`.
//   --special  special tokens in the text are parsed
//   --bare     the post-processor adds none
//   --ids      the line is a list of ids, to be decoded (special tokens stay)
#include "plugins/common/text/tokenizer.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <exception>
#include <iostream>
#include <set>
#include <string>

namespace {

using assay::text::Id;
using assay::text::Tokenizer;
using nlohmann::json;

json encoded(const Tokenizer& tokenizer, const std::string& text,
             assay::text::EncodeOptions options) {
  const auto encoding = tokenizer.encode_with_spans(text, options);
  if (tokenizer.encode(text, options) != encoding.ids) {
    throw std::logic_error("ids with spans differ from those without");
  }
  json spans = json::array();
  for (const auto& span : encoding.spans) spans.push_back({span.begin, span.end});
  return {{"ids", encoding.ids}, {"spans", spans}, {"text", tokenizer.decode(encoding.ids)}};
}

/// The text of ids, whole and a piece at a time.
json decoded(const Tokenizer& tokenizer, const std::vector<Id>& ids) {
  assay::text::StreamDecoder stream(tokenizer, false);
  std::string streamed;
  for (const Id id : ids) streamed += stream.push(id);
  streamed += stream.finish();
  return {{"text", tokenizer.decode(ids, false)}, {"streamed", streamed}};
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::set<std::string> flags(argv + std::min(argc, 2), argv + argc);
    const Tokenizer tokenizer = Tokenizer::read(argc > 1 ? argv[1] : "");
    const assay::text::EncodeOptions options{!flags.contains("--bare"),
                                             flags.contains("--special")};
    for (std::string line; std::getline(std::cin, line);) {
      const json value = json::parse(line);
      const json out =
          flags.contains("--ids") ? decoded(tokenizer, value) : encoded(tokenizer, value, options);
      std::cout << out.dump() << '\n';
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "encode_lines: %s\n", error.what());
    return 1;
  }
}
