// encode_gguf FILE < LINES: what the tokenizer of a GGUF file makes of each line, for comparison
// with other implementations. A line is JSON: a string; or {"messages": [{"role", "content"}],
// "open": bool, "answer": string}, a conversation in the file's own chat template.
#include "plugins/common/text/chat.hpp"
#include "plugins/common/text/tokenizer.hpp"
#include "plugins/common/weights/gguf_metadata.hpp"
#include "plugins/common/weights/tensor_file.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <exception>
#include <iostream>
#include <string>

namespace {

using assay::text::Tokenizer;
using nlohmann::json;

json of_text(const Tokenizer& tokenizer, const std::string& text) {
  const auto encoding = tokenizer.encode_with_spans(text);
  json spans = json::array();
  for (const auto& span : encoding.spans) spans.push_back({span.begin, span.end});
  return {{"ids", encoding.ids},
          {"same", tokenizer.encode(text) == encoding.ids},
          {"spans", spans},
          {"text", tokenizer.decode(encoding.ids, false)}};
}

json of_chat(const Tokenizer& tokenizer, const json& line) {
  std::vector<assay::text::Message> messages;
  for (const json& message : line.at("messages")) {
    messages.push_back({message.at("role"), message.at("content")});
  }
  const auto chat = assay::text::ChatTemplate::recognise(tokenizer.chat_template());
  const auto pieces =
      chat.render(messages, line.value("open", true), line.value("answer", std::string()));
  return {{"ids", tokenizer.encode(pieces)}};
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc != 2) throw std::invalid_argument("which file?");
    const assay::weights::TensorFile file(argv[1]);
    if (file.gguf() == nullptr) throw std::invalid_argument("that is no GGUF file");
    const Tokenizer tokenizer = Tokenizer::from_gguf(*file.gguf());
    const json about = {{"size", tokenizer.size()},
                        {"bos", tokenizer.bos()},
                        {"eos", tokenizer.eos()},
                        {"pad", tokenizer.pad()},
                        {"json", tokenizer.to_json()}};
    std::cout << about.dump() << '\n';
    for (std::string text; std::getline(std::cin, text);) {
      const json line = json::parse(text);
      std::cout << (line.is_string() ? of_text(tokenizer, line) : of_chat(tokenizer, line)).dump()
                << '\n';
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "encode_gguf: %s\n", error.what());
    return 1;
  }
}
