// Generates with a model, or scores texts of given lengths, and prints one JSON line: the numbers
// that tests/peers/lm_generate_race.py sets beside those of others.
//
//   bench_lm_generate MODEL exact|fast generate BATCH PROMPT TOKENS THREADS
//   bench_lm_generate MODEL exact|fast score LENGTH[,LENGTH ..] THREADS
//   bench_lm_generate MODEL exact|fast limits THREADS
#include "plugins/common/lm/engine.hpp"
#include "plugins/common/lm/packed.hpp"
#include "plugins/common/lm/score.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <string>

using namespace assay;
using namespace assay::lm;

namespace {

double seconds(const std::function<void()>& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Ids as the peer draws them: x <- 48271 x mod 2^31 - 1 from 1, plus 1000 to leave out special
/// ones.
std::vector<text::Id> ids(size_t n, uint64_t& state) {
  std::vector<text::Id> out;
  for (size_t i = 0; i < n; ++i) {
    state = state * 48271 % 2147483647;
    out.push_back(static_cast<text::Id>(1000 + state % 40000));
  }
  return out;
}

/// Multiply-adds of a token, but for attention.
double products(const Model& model) {
  double sum = 0;
  for (const auto& linear : model.linears()) sum += static_cast<double>(linear->in * linear->out);
  return sum + static_cast<double>(model.head()->in * model.head()->out);
}

void generate(const LanguageModel& model, int64_t batch, size_t prompt, int64_t tokens) {
  std::vector<Request> requests;
  uint64_t state = 1;
  for (int64_t i = 0; i < batch; ++i)
    requests.push_back({.prompt = ids(prompt, state), .max_tokens = tokens});
  // All prompts in one step, so that what follows is decoding alone.
  Engine engine(model, {.batch = batch, .prefill_rows = batch * static_cast<int64_t>(prompt)});
  std::vector<Answer> answers;
  const auto start = std::chrono::steady_clock::now();
  double first = 0;
  int64_t steps = 0;
  const double all = seconds([&] {
    answers = engine.generate(requests, [&](int64_t) {
      if (++steps == 2)
        first = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      return true;
    });
  });

  const auto& c = model.model->config();
  const auto made = static_cast<double>(batch * (tokens - 1));
  const double seen = static_cast<double>(prompt) + static_cast<double>(tokens) / 2;
  const double attention = 2 * static_cast<double>(c.layers * c.heads * c.head_dim) * seen;
  const double kv = 8 * static_cast<double>(c.layers * c.kv_heads * c.head_dim) * seen;
  std::printf(
      "{\"prefill\": %.2f, \"decode\": %.2f, \"whole\": %.2f, \"flop_per_token\": %.4g, "
      "\"kv_bytes_per_token\": %.4g, \"ids\": [",
      static_cast<double>(batch) * static_cast<double>(prompt) / first, made / (all - first),
      static_cast<double>(batch * tokens) / all, 2 * (products(*model.model) + attention), kv);
  for (size_t i = 0; i < answers.size(); ++i) {
    std::printf(i ? ", [" : "[");
    for (size_t t = 0; t < answers[i].ids.size(); ++t)
      std::printf(t ? ", %d" : "%d", answers[i].ids[t]);
    std::printf("]");
  }
  std::printf("]}\n");
}

void score_texts(const LanguageModel& model, const char* lengths) {
  std::vector<std::vector<text::Id>> texts;
  uint64_t state = 1;
  double tokens = 0;
  std::istringstream list(lengths);
  for (std::string n; std::getline(list, n, ',');) {
    texts.push_back(ids(std::stoul(n), state));
    tokens += static_cast<double>(texts.back().size());
  }
  std::vector<TokenScores> scores;
  const double took = seconds([&] { scores = score(*model.model, texts); });
  double sum = 0;
  for (const auto& s : scores)
    for (const double p : s.log_p) sum += p;
  std::printf("{\"tokens_per_s\": %.2f, \"log_p\": %.6f}\n", tokens / took, sum);
}

/// What this core can do: GFLOP/s of LibTorch's fp32 product of 512 rows, GB/s of reading memory.
void limits() {
  const at::NoGradGuard no_grad;
  const auto x = at::randn({512, 576}), w = at::randn({1536, 576}), far = at::ones({1 << 26});
  double product = 1e9, read = 1e9;
  for (int i = 0; i < 20; ++i) product = std::min(product, seconds([&] { at::linear(x, w); }));
  for (int i = 0; i < 5; ++i) read = std::min(read, seconds([&] { far.sum(); }));
  std::printf("{\"gflops\": %.1f, \"gbytes\": %.1f}\n", 2e-9 * 512 * 576 * 1536 / product,
              1e-9 * (1 << 26) * 4 / read);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return std::fprintf(stderr, "see the top of generate_bench.cpp\n"), 2;
  at::set_num_threads(std::atoi(argv[argc - 1]));
  const std::string what = argv[3];
  if (what == "limits") return limits(), 0;
  const auto model =
      open_model(argv[1], std::string(argv[2]) == "fast" ? Precision::fast : Precision::exact);
  if (what == "score")
    score_texts(model, argv[4]);
  else
    generate(model, std::atoll(argv[4]), std::stoul(argv[5]), std::atoll(argv[6]));
  return 0;
}
