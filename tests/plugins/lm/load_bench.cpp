// bench_lm_load MODEL THREADS: seconds to open a model, once, as JSON; beside it how long a
// GGUF file's tokenizer takes alone, and filling as much fresh memory with the same threads, which
// opening cannot beat.
#include "plugins/common/lm/arena.hpp"
#include "plugins/common/lm/language_model.hpp"
#include "plugins/common/weights/tensor_file.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace {

template <class Body>
double seconds(Body&& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  at::set_num_threads(std::atoi(argv[2]));
  at::parallel_for(0, 1024, 1, [](int64_t, int64_t) {});  // starts the threads
  assay::lm::LanguageModel model;
  const double open = seconds([&] { model = assay::lm::open_model(argv[1]); });
  const double tokenizer = seconds([&] {
    const assay::weights::TensorFile file(argv[1]);
    if (file.gguf()) assay::text::Tokenizer::from_gguf(*file.gguf());
  });
  int64_t bytes = 0;
  for (const auto& [name, tensor] : model.model->parameters())
    bytes += static_cast<int64_t>(tensor.nbytes());
  model = {};
  const double fill = seconds([&] {
    assay::lm::Arena arena;
    const auto memory = arena.take({bytes / 4});
    auto* at = memory.data_ptr<float>();
    at::parallel_for(0, bytes / 4, 1 << 20,
                     [&](int64_t begin, int64_t end) { std::fill(at + begin, at + end, 1.0f); });
  });
  std::printf("{\"open_s\": %.6f, \"tokenizer_s\": %.6f, \"fill_s\": %.6f, \"bytes\": %lld}\n",
              open, tokenizer, fill, static_cast<long long>(bytes));
}
