#include "plugins/common/lm/config.hpp"
#include "plugins/common/weights/gguf_metadata.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <list>
#include <stdexcept>

using namespace assay;
using namespace assay::lm;

namespace {

/// Metadata whose values live as long as it does.
struct Metadata {
  std::map<std::string, weights::GgufValue, std::less<>> values;
  std::list<std::vector<uint8_t>> bytes;

  void add(const std::string& key, weights::GgufType type, const void* data, size_t size) {
    const auto* first = static_cast<const uint8_t*>(data);
    values[key] = {.type = type, .bytes = bytes.emplace_back(first, first + size)};
  }
  void add(const std::string& key, uint32_t x) { add(key, weights::GgufType::u32, &x, 4); }
  void add(const std::string& key, float x) { add(key, weights::GgufType::f32, &x, 4); }
  void add(const std::string& key, const std::string& x) {
    add(key, weights::GgufType::string, x.data(), x.size());
  }

  Metadata(const std::string& architecture) {
    const auto own = [&](const char* name) { return architecture + "." + name; };
    add("general.architecture", architecture);
    add(own("embedding_length"), 64u);
    add(own("block_count"), 3u);
    add(own("attention.head_count"), 8u);
    add(own("attention.head_count_kv"), 2u);
    add(own("feed_forward_length"), 100u);
    add(own("context_length"), 512u);
    add(own("attention.layer_norm_rms_epsilon"), 1e-5f);
    add(own("rope.freq_base"), 5e5f);
    add(own("vocab_size"), 300u);
    add("tokenizer.ggml.bos_token_id", 1u);
    add("tokenizer.ggml.eos_token_id", 2u);
    add("tokenizer.ggml.padding_token_id", 4000000000u);
  }

  Config read() const { return read_config(weights::GgufMetadata("m.gguf", values), "m.gguf"); }
  std::string error() const {
    try {
      read();
    } catch (const std::invalid_argument& e) {
      return e.what();
    }
    return "no error";
  }
};

}  // namespace

TEST_CASE("a GGUF file's metadata say what a config.json would") {
  const auto c = Metadata("llama").read();
  CHECK(c.width == 64);
  CHECK(c.layers == 3);
  CHECK(c.heads == 8);
  CHECK(c.kv_heads == 2);
  CHECK(c.head_dim == 8);
  CHECK(c.rope.dims == 8);
  CHECK(c.rope.theta == 5e5);
  CHECK(c.ffn == 100);
  CHECK(c.context == 512);
  CHECK(c.vocabulary == 300);
  CHECK(c.activation == "silu");
  CHECK(c.norm_eps == doctest::Approx(1e-5));
  CHECK(c.bos_id == 1);
  CHECK(c.eos_ids == std::vector<int64_t>{2});
  CHECK(c.pad_id == -1);  // beyond the vocabulary: none
  CHECK_FALSE(c.attention_bias);
  CHECK(Metadata("qwen2").read().attention_bias);
}

TEST_CASE("yarn's numbers in a GGUF file are those of its config.json") {
  Metadata m("qwen2");
  m.add("qwen2.rope.scaling.type", std::string("yarn"));
  m.add("qwen2.rope.scaling.factor", 4.0f);
  m.add("qwen2.rope.scaling.original_context_length", 128u);
  const auto gguf = m.read();
  const auto json = read_config(
      R"({"model_type": "qwen2", "vocab_size": 300, "hidden_size": 64, "num_hidden_layers": 3,
          "num_attention_heads": 8, "num_key_value_heads": 2, "intermediate_size": 100,
          "max_position_embeddings": 512, "rope_scaling": {"type": "yarn", "factor": 4.0,
          "original_max_position_embeddings": 128}})",
      "config.json");
  CHECK(gguf.rope.scaling == "yarn");
  CHECK(gguf.rope.factor == json.rope.factor);
  CHECK(gguf.rope.original_context == json.rope.original_context);
  CHECK(gguf.rope.attention_factor == json.rope.attention_factor);
  CHECK(gguf.rope.attention_factor == doctest::Approx(1.138629));  // 0.1 ln 4 + 1
}

TEST_CASE("a GGUF file that lies is refused with what is allowed") {
  CHECK(Metadata("mamba").error() ==
        "m.gguf: \"general.architecture\" is \"mamba\"; supported in GGUF files are llama (also "
        "SmolLM2 and Mistral) and qwen2");
  Metadata m("llama");
  m.add("llama.block_count", 0u);
  CHECK(m.error() == "m.gguf: \"llama.block_count\" is 0; allowed are integers from 1 to 65536");
  Metadata k("llama");
  k.add("llama.attention.head_count_kv", 3u);
  CHECK(k.error() ==
        "m.gguf: \"llama.attention.head_count_kv\" is 3, which does not divide the number of "
        "heads, 8");
  Metadata e("llama");
  e.add("llama.expert_count", 8u);
  CHECK(e.error() ==
        "m.gguf: \"llama.expert_count\" is above 1; mixtures of experts are not supported");
}
