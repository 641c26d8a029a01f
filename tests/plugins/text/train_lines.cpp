// train_lines SIZE [SPECIAL ...] < LINES: each line is a JSON string; prints the tokenizer.json of
// a byte-level BPE trained on them.
#include "plugins/common/text/tokenizer.hpp"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  try {
    std::vector<std::string> texts;
    for (std::string line; std::getline(std::cin, line);) {
      texts.push_back(nlohmann::json::parse(line).get<std::string>());
    }
    const std::vector<std::string> special(argv + std::min(argc, 2), argv + argc);
    const auto tokenizer = assay::text::Tokenizer::train_byte_level_bpe(
        texts, argc > 1 ? std::stoll(argv[1]) : 0, special);
    std::cout << tokenizer.to_json() << '\n';
  } catch (const std::exception& error) {
    std::fprintf(stderr, "train_lines: %s\n", error.what());
    return 1;
  }
}
