// bench_tokenizer TOKENIZER TEXTS ROUNDS [--spans]: encodes every text (a JSON list of strings) on
// one thread; prints the seconds of the fastest round and the number of ids.
#include "plugins/common/text/tokenizer.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fstream>
#include <string>
#include <vector>

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "bench_tokenizer TOKENIZER TEXTS ROUNDS [--spans]\n");
    return 2;
  }
  try {
    const bool spans = argc > 4 && std::strcmp(argv[4], "--spans") == 0;
    const auto tokenizer = assay::text::Tokenizer::read(argv[1]);
    std::ifstream file(argv[2]);
    const auto texts = nlohmann::json::parse(file).get<std::vector<std::string>>();
    const assay::text::EncodeOptions options{true, true};
    double best = 1e9;
    size_t ids = 0;
    for (int round = 0; round < std::stoi(argv[3]); ++round) {
      const auto begin = std::chrono::steady_clock::now();
      ids = 0;
      for (const std::string& text : texts) {
        ids += spans ? tokenizer.encode_with_spans(text, options).ids.size()
                     : tokenizer.encode(text, options).size();
      }
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
      best = std::min(best, took.count());
    }
    std::printf("%.6f %zu\n", best, ids);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_tokenizer: %s\n", error.what());
    return 1;
  }
}
