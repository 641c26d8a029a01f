// Answers lines of text greedily and scores them: what the comparison with transformers asks for.
//
//   answer_lines MODEL exact|fast TOKENS < LINES
//
// Prints a JSON line for each: the prompt's ids, the answer's, and ln p of all but the first id.
#include "plugins/common/lm/engine.hpp"
#include "plugins/common/lm/score.hpp"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <iostream>
#include <string>

using namespace assay::lm;

int main(int argc, char** argv) {
  if (argc != 4) return std::cerr << "answer_lines MODEL exact|fast TOKENS < LINES\n", 2;
  at::set_num_threads(1);
  const auto model =
      open_model(argv[1], std::string(argv[2]) == "fast" ? Precision::fast : Precision::exact);
  std::vector<Request> requests;
  for (std::string line; std::getline(std::cin, line);)
    requests.push_back(
        {.prompt = model.tokenizer->encode(line), .max_tokens = std::atoll(argv[3])});
  const auto answers = Engine(model, {.batch = 13}).generate(requests);
  std::vector<std::vector<assay::text::Id>> texts;
  for (size_t i = 0; i < answers.size(); ++i) {
    texts.push_back(requests[i].prompt);
    texts[i].insert(texts[i].end(), answers[i].ids.begin(), answers[i].ids.end());
  }
  const auto scores = score(*model.model, texts);
  for (size_t i = 0; i < answers.size(); ++i)
    std::cout << nlohmann::json{{"prompt", requests[i].prompt},
                                {"answer", answers[i].ids},
                                {"text", answers[i].text},
                                {"log_p", scores[i].log_p}}
                     .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
              << '\n';
}
