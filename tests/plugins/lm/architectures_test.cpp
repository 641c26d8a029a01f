#include "tests/plugins/lm/causal_models.hpp"

#include <map>
#include <stdexcept>

using namespace assay::lm;

namespace {

/// Tensors of any shape without memory.
class Shapes final : public Source {
 public:
  at::Tensor get(const std::string&, at::IntArrayRef shape, Init) override {
    return at::zeros({1}).expand(shape);
  }
  bool has(const std::string&) const override { return true; }
};

int64_t parameters_of(const std::string& json) {
  Shapes source;
  int64_t n = 0;
  const auto model = make_model(read_config(json, "config.json"), source);
  for (const auto& [name, tensor] : model->parameters()) n += tensor.numel();
  return n;
}

/// Mean cross-entropy of each token after the first.
at::Tensor loss_of(const Model& model, const std::vector<std::vector<int64_t>>& sequences) {
  std::vector<at::Tensor> parts;
  for (const auto& sequence : sequences) {
    const auto T = static_cast<int64_t>(sequence.size());
    parts.push_back(at::cross_entropy_loss(logits_of(model, {sequence}).narrow(0, 0, T - 1),
                                           at::tensor(sequence, at::kLong).narrow(0, 1, T - 1)));
  }
  return at::stack(parts).mean();
}

}  // namespace

TEST_CASE("there is a row of logits for each token of each sequence") {
  for (const auto& architecture : kCausal) {
    CAPTURE(architecture);
    const auto logits = logits_of(*fresh(small(architecture)), {{1, 2, 3}, {4}, {5, 6, 7, 8, 9}});
    CHECK(logits.sizes() == at::IntArrayRef{9, 16});
    CHECK(at::isfinite(logits).all().item<bool>());
  }
}

TEST_CASE("models have as many parameters as the published ones that they are") {
  // By hand for GPT-2 (V 50257, C 768, 12 layers, 1024 positions): (50257 + 1024) C = 39,383,808;
  // a layer: qkv 3 C^2 + 3 C, o C^2 + C, feed-forward 8 C^2 + 5 C, norms 4 C = 7,087,872; norm 2 C.
  CHECK(parameters_of(R"({"model_type": "gpt2", "vocab_size": 50257, "n_embd": 768, "n_layer": 12,
    "n_head": 12, "n_positions": 1024})") == 124439808);
  // Pythia-70m: 2 V C = 51,511,296 with V 50304 and C 512; 6 layers of 12 C^2 + 13 C; norm 2 C.
  CHECK(parameters_of(R"({"model_type": "gpt_neox", "vocab_size": 50304, "hidden_size": 512,
    "num_hidden_layers": 6, "num_attention_heads": 8, "intermediate_size": 2048,
    "max_position_embeddings": 2048, "rotary_pct": 0.25})") == 70426624);
  // GPT-Neo-125M: GPT-2 with 1024 more positions, without biases on q, k and v.
  CHECK(parameters_of(R"({"model_type": "gpt_neo", "vocab_size": 50257, "hidden_size": 768,
    "num_layers": 12, "num_heads": 12, "max_position_embeddings": 2048,
    "attention_types": [[["global", "local"], 6]]})") == 125198592);
  // SmolLM2-135M: V C = 28,311,552 with C 576; 30 layers of C^2 (q) + 2 * 192 C (k, v) + C^2 (o)
  // + 3 * 1536 C + 2 C = 3,540,096; norm C.
  CHECK(parameters_of(R"({"model_type": "llama", "vocab_size": 49152, "hidden_size": 576,
    "num_hidden_layers": 30, "num_attention_heads": 9, "num_key_value_heads": 3,
    "intermediate_size": 1536, "max_position_embeddings": 8192,
    "tie_word_embeddings": true})") == 134515008);
  // Mistral-7B: 2 V C + 32 (2 C^2 + 2 * 1024 C + 3 * 14336 C + 2 C) + C with V 32000, C 4096.
  CHECK(parameters_of(R"({"model_type": "mistral", "vocab_size": 32000, "hidden_size": 4096,
    "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8,
    "intermediate_size": 14336, "max_position_embeddings": 32768})") == 7241732096);
  // Qwen2-0.5B: V C + 24 (2 C^2 + C + 2 * 128 C + 2 * 128 + 3 * 4864 C + 2 C) + C, C 896.
  CHECK(parameters_of(R"({"model_type": "qwen2", "vocab_size": 151936, "hidden_size": 896,
    "num_hidden_layers": 24, "num_attention_heads": 14, "num_key_value_heads": 2,
    "intermediate_size": 4864, "max_position_embeddings": 131072,
    "tie_word_embeddings": true})") == 494032768);
  // Phi-1.5: 2 V C + V + 24 (12 C^2 + 9 C + 2 C) + 2 C with V 51200, C 2048.
  CHECK(parameters_of(R"({"model_type": "phi", "vocab_size": 51200, "hidden_size": 2048,
    "num_hidden_layers": 24, "num_attention_heads": 32, "intermediate_size": 8192,
    "max_position_embeddings": 2048})") == 1418270720);
}

TEST_CASE("a token changes no logits before it") {
  for (const auto& architecture : kCausal) {
    CAPTURE(architecture);
    const auto model = fresh(small(architecture));
    const auto a = logits_of(*model, {{1, 2, 3, 4, 5, 6, 7, 8}});
    const auto b = logits_of(*model, {{1, 2, 3, 4, 5, 9, 7, 8}});
    CHECK(at::equal(a.narrow(0, 0, 5), b.narrow(0, 0, 5)));
    CHECK_FALSE(at::equal(a[5], b[5]));
    CHECK_FALSE(at::equal(a[6], b[6]));
  }
}

TEST_CASE("a sequence's logits do not depend on its neighbours") {
  for (const auto& architecture : kCausal) {
    CAPTURE(architecture);
    const auto model = fresh(small(architecture));
    const auto alone = logits_of(*model, {{1, 2, 3, 4, 5, 6}});
    const auto among = logits_of(*model, {{7, 8}, {1, 2, 3, 4, 5, 6}, {6, 5, 4, 3, 2, 1}, {9}});
    CHECK(at::allclose(alone, among.narrow(0, 2, 6), 1e-5, 1e-5));  // sums in another order
  }
}

TEST_CASE("gradients reach every parameter") {
  for (const auto& architecture : kCausal) {
    const auto model = fresh(small(architecture));
    logits_of(*model, {{1, 2, 3, 4, 5, 6, 7}}).pow(2).sum().backward();
    for (const auto& [name, tensor] : model->parameters()) {
      CAPTURE(architecture);
      CAPTURE(name);
      REQUIRE(tensor.grad().defined());
      CHECK(tensor.grad().abs().sum().item<double>() > 0);
    }
  }
}

TEST_CASE("each architecture learns a batch by heart") {
  const std::vector<std::vector<int64_t>> batch{
      {1, 5, 2, 9, 14, 3, 3, 8, 0, 7}, {4, 3, 11, 2, 6, 15, 1, 10, 5, 12}, {13, 0, 9, 9, 2, 7, 6}};
  for (const auto& architecture : kCausal) {
    CAPTURE(architecture);
    const auto model = fresh(small(architecture), 0.05);
    std::vector<at::Tensor> parameters;
    for (const auto& [name, tensor] : model->parameters()) parameters.push_back(tensor);
    torch::optim::Adam adam(parameters, torch::optim::AdamOptions(5e-3));
    const auto before = loss_of(*model, batch).item<double>();
    for (int step = 0; step < 150; ++step) {
      adam.zero_grad();
      loss_of(*model, batch).backward();
      adam.step();
    }
    CHECK(before > 2);  // ln 16 = 2.77 for a guess
    CHECK(loss_of(*model, batch).item<double>() < 0.05);
  }
}

TEST_CASE("given embeddings stand for the ids that are looked up") {
  for (const auto& architecture : kCausal) {
    CAPTURE(architecture);
    const auto model = fresh(small(architecture));
    auto rows = rows_of({{3, 1, 4, 1, 5}});
    Sequences attention(rows.lengths);
    const auto expected = model->logits(model->hidden(rows, attention));
    rows.embeddings = model->embedding().detach().index_select(0, rows.ids).requires_grad_(true);
    rows.ids = at::Tensor();
    const auto logits = model->logits(model->hidden(rows, attention));
    CHECK(at::equal(logits, expected));
    logits.sum().backward();
    CHECK(rows.embeddings.grad().abs().sum(1).gt(0).all().item<bool>());
  }
}

TEST_CASE("columns of the logits are those of all logits") {
  for (const auto& architecture : kCausal) {
    CAPTURE(architecture);
    const auto model = fresh(small(architecture));
    const auto rows = rows_of({{3, 1, 4, 1, 5}});
    Sequences attention(rows.lengths);
    const auto hidden = model->hidden(rows, attention);
    const auto columns = at::tensor({15, 0, 7}, at::kLong);
    CHECK(at::allclose(model->logits(hidden, columns),
                       model->logits(hidden).index_select(1, columns), 1e-5, 1e-6));
  }
}

TEST_CASE("a token id beyond the embedding is named") {
  const auto model = fresh(small("llama"));
  CHECK_THROWS_WITH_AS(logits_of(*model, {{1, 16}}),
                       "token id 16 is outside the model's embedding, which has rows 0 to 15",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(logits_of(*model, {{1, -2}}),
                       "token id -2 is outside the model's embedding, which has rows 0 to 15",
                       std::invalid_argument);
}

TEST_CASE("a sequence longer than a table of learned positions is named") {
  for (const char* architecture : {"gpt2", "gpt_neo"}) {
    const auto model = fresh(small(architecture));
    const auto context = model->config().context;
    const std::vector<int64_t> ids(static_cast<size_t>(context + 1), 3);
    const auto why = "position " + std::to_string(context) +
                     " is outside the model's table, which has rows 0 to " +
                     std::to_string(context - 1);
    CHECK_THROWS_WITH_AS(logits_of(*model, {ids}), why.c_str(), std::invalid_argument);
  }
}

TEST_CASE("GPT-2 is found under names without a prefix") {
  struct Bare final : Source {
    std::map<std::string, int> asked;
    at::Tensor get(const std::string& name, at::IntArrayRef shape, Init) override {
      ++asked[name];
      return at::zeros(shape);
    }
    bool has(const std::string& name) const override { return !name.starts_with("transformer."); }
  } source;
  make_model(small("gpt2"), source);
  CHECK(source.asked.contains("h.1.attn.c_attn.weight"));
  CHECK_FALSE(source.asked.contains("transformer.wte.weight"));
}
