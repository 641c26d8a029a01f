// How long a training step of a GPT takes, beside the time of its matrix products alone: the
// arithmetic of the step at the speed of products of its own shapes, measured in the same run.
//   bench_lm_train [--batch 2] [--context 256] [--width 320] [--layers 6] [--heads 5]
//       [--vocabulary 8192] [--steps 10] [--threads 1] [--serve]
// Prints one JSON line: parameters, loss, seconds of each step, and of the products ("limit"). With
// --serve it takes a step count from each line of standard input and answers each so.
#include "plugins/common/lm/packing.hpp"
#include "plugins/common/lm/token_loss.hpp"
#include "plugins/common/lm/trainer.hpp"

#include <chrono>
#include <cstdio>
#include <iostream>
#include <map>

using namespace assay;

namespace {

double seconds(auto&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

using Arguments = std::map<std::string, int64_t>;

lm::Config config_of(const Arguments& a) {
  lm::Config c;
  c.architecture = "gpt2";
  c.vocabulary = a.at("vocabulary");
  c.width = a.at("width");
  c.layers = a.at("layers");
  c.heads = c.kv_heads = a.at("heads");
  c.head_dim = c.width / c.heads;
  c.ffn = 4 * c.width;
  c.context = a.at("context");
  c.activation = "gelu_new";
  return c;
}

/// The seconds of a step's products of N rows: of a product (N, in) x (in, out), forward, and of
/// its two gradients.
double product_seconds(int64_t N, int64_t in, int64_t out) {
  const auto x = at::randn({N, in}), w = at::randn({in, out}), g = at::randn({N, out});
  const auto three = [&] {
    x.mm(w);
    g.mm(w.t());
    x.t().mm(g);
  };
  three();
  const int repeats =
      std::max<int>(1, static_cast<int>(2e9 / static_cast<double>(6 * N * in * out)));
  double best = 1e9;
  for (int round = 0; round < 3; ++round)
    best = std::min(best, seconds([&] {
                            for (int i = 0; i < repeats; ++i) three();
                          }) / repeats);
  return best;
}

/// Of all products with parameters; the head's, too large for the caches, by chunks of 512 rows.
double limit(const lm::Config& c, int64_t N) {
  const int64_t chunk = std::min<int64_t>(N, 512);
  return static_cast<double>(c.layers) *
             (product_seconds(N, c.width, 3 * c.width) + product_seconds(N, c.width, c.width) +
              product_seconds(N, c.width, c.ffn) + product_seconds(N, c.ffn, c.width)) +
         static_cast<double>(N / chunk) * product_seconds(chunk, c.width, c.vocabulary);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a{{"batch", 2},         {"context", 256}, {"width", 320}, {"layers", 6}, {"heads", 5},
              {"vocabulary", 8192}, {"steps", 10},    {"threads", 1}, {"serve", 0}};
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i] + 2;
    a.at(name) = name == "serve" ? 1 : std::atoll(argv[++i]);
  }
  at::set_num_threads(static_cast<int>(a["threads"]));
  torch::manual_seed(1);
  const auto config = config_of(a);
  lm::FreshSource source(1, 0.02);
  const auto model = lm::make_model(config, source);

  // A text of random tokens, packed into windows that attend across documents.
  const int64_t B = a["batch"];
  const auto random = at::randint(0, config.vocabulary, {4 * B * config.context + 1}, at::kInt);
  const std::vector<std::vector<text::Id>> documents{
      {random.const_data_ptr<int32_t>(), random.const_data_ptr<int32_t>() + random.numel()}};
  const lm::Packing packing(documents, {.length = config.context});
  lm::Trainer trainer(
      lm::trained(*model),
      {.steps = 1'000'000,
       .schedule = lm::linear_schedule(3e-4, 1'000'000, 0),
       .adamw = {.weight_decay = 0.01}},
      [&](int64_t step, int64_t) {
        std::vector<lm::TrainingExample> examples;
        for (int64_t b = 0; b < B; ++b)
          for (auto& e : packing.window((step * B + b) % packing.windows()))
            examples.push_back(std::move(e));
        const auto batch = lm::training_batch(examples);
        lm::Sequences attention(batch.rows.lengths);
        const auto x = model->before_head(batch.predicting(model->hidden(batch.rows, attention)));
        return lm::MicroLoss{lm::token_loss(model->head(), x, batch.targets,
                                            lm::label_weights(batch, lm::Reduction::labels))
                                 .sum};
      });
  int64_t parameters = 0;
  for (const auto& p : model->parameters()) parameters += p.second.numel();

  const auto timed = [&](int64_t steps) {
    std::string all;
    for (int64_t i = 0; i < steps; ++i)
      all += (i ? ", " : "") + std::to_string(seconds([&] { trainer.step(); }));
    std::printf("{\"parameters\": %lld, \"loss\": %.4f, \"seconds\": [%s], \"limit\": %.6f}\n",
                static_cast<long long>(parameters), trainer.loss(), all.c_str(),
                limit(config, B * config.context));
    std::fflush(stdout);
  };
  trainer.step();
  if (!a["serve"]) return timed(a["steps"]), 0;
  for (std::string line; std::getline(std::cin, line);) timed(std::atoll(line.c_str()));
}
