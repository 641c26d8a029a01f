#include "plugins/common/lm/file_source.hpp"
#include "plugins/common/lm/gguf_names.hpp"
#include "plugins/common/lm/gguf_rope.hpp"
#include "tests/plugins/weights/sample_files.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace assay::lm;
using assay::weights::TensorFile;
using sample::Folder;

namespace {

/// A GGUF file with one tensor of floats 0, 1, 2, ...; `shape` innermost first.
std::string gguf_with(const std::string& name, const std::vector<uint64_t>& shape) {
  std::vector<float> values(1);
  for (const uint64_t extent : shape) values.resize(values.size() * extent);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  sample::Gguf gguf;
  gguf.tensor(name, shape, 0, 0).data = sample::numbers(values);
  return gguf.bytes();
}

FileSource source_of(const std::string& path, const std::string& architecture) {
  Config config;
  config.architecture = architecture;
  config.heads = 2;
  config.kv_heads = 1;
  return {std::make_shared<const TensorFile>(path), config};
}

const std::string kQuery = "model.layers.0.self_attn.q_proj.weight";

}  // namespace

TEST_CASE("GGUF has its own name for every tensor of a llama") {
  CHECK(gguf_name("model.embed_tokens.weight") == "token_embd.weight");
  CHECK(gguf_name("model.norm.weight") == "output_norm.weight");
  CHECK(gguf_name("lm_head.weight") == "output.weight");
  CHECK(gguf_name("model.layers.12.self_attn.o_proj.weight") == "blk.12.attn_output.weight");
  CHECK(gguf_name("model.layers.0.self_attn.k_proj.bias") == "blk.0.attn_k.bias");
  CHECK(gguf_name("model.layers.3.post_attention_layernorm.weight") == "blk.3.ffn_norm.weight");
  CHECK(gguf_name("transformer.h.0.ln_1.weight") == "");
  CHECK(gguf_name("model.layers.0") == "");
}

TEST_CASE("the queries of a llama come back from pairs to halves, those of a Qwen2 stay") {
  const Folder folder;
  // Two heads of four rows: the file's rows 0 1 2 3 of a head were its rows 0 2 1 3.
  const auto path = folder.write("m.gguf", gguf_with("blk.0.attn_q.weight", {1, 8}));
  const auto llama = source_of(path, "llama").get(kQuery, {8, 1}, Init::normal);
  CHECK(at::equal(llama.flatten(), at::tensor({0.f, 2.f, 1.f, 3.f, 4.f, 6.f, 5.f, 7.f})));
  const auto qwen2 = source_of(path, "qwen2").get(kQuery, {8, 1}, Init::normal);
  CHECK(at::equal(qwen2.flatten(), at::arange(8, at::kFloat)));
}

TEST_CASE("keys have heads of their own") {
  const Folder folder;
  const auto path = folder.write("m.gguf", gguf_with("blk.0.attn_k.bias", {6}));
  const auto bias =
      source_of(path, "llama").get("model.layers.0.self_attn.k_proj.bias", {6}, Init::zeros);
  CHECK(at::equal(bias, at::tensor({0.f, 2.f, 4.f, 1.f, 3.f, 5.f})));  // one head of six rows
}

TEST_CASE("floats are borrowed from the mapped file and outlive it") {
  const Folder folder;
  const auto path = folder.write("m.gguf", gguf_with("output_norm.weight", {3}));
  at::Tensor weight;
  {
    const auto file = std::make_shared<const TensorFile>(path);
    Config config;
    config.architecture = "llama";
    weight = FileSource(file, config).get("model.norm.weight", {3}, Init::ones);
    CHECK(weight.const_data_ptr() == file->entries()[0].bytes.data());
  }
  CHECK(at::equal(weight, at::arange(3, at::kFloat)));
}

TEST_CASE("a model's body is found under its own names and within a model with a head") {
  const Folder folder;
  const std::string header = R"({"layers.0.w":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},)"
                             R"("model.top":{"dtype":"F16","shape":[1],"data_offsets":[2,4]}})";
  const auto path = folder.write(
      "m.safetensors", sample::safetensors(header, sample::numbers<uint16_t>({0x3c00, 0x4000})));
  auto source = source_of(path, "llama");
  CHECK(source.get("model.layers.0.w", {1}, Init::normal).item<float>() == 1.0f);
  CHECK(source.get("top", {1}, Init::normal).item<float>() == 2.0f);
  CHECK(!source.has("model.layers.1.w"));
}

TEST_CASE("a tensor that is missing or has another shape is named") {
  const Folder folder;
  const auto path = folder.write("m.gguf", gguf_with("blk.0.attn_q.weight", {1, 8}));
  auto source = source_of(path, "llama");
  CHECK(sample::refusal([&] {
          source.get("model.layers.0.self_attn.v_proj.weight", {8, 1}, Init::normal);
        }) == path +
                  ": has no tensor \"blk.0.attn_v.weight\"; the nearest is "
                  "\"blk.0.attn_q.weight\"");
  CHECK(sample::refusal([&] {
          source.get(kQuery, {4, 2}, Init::normal);
        }) ==
        path +
            ": the tensor \"blk.0.attn_q.weight\" has the shape 8 x 1; the configuration asks "
            "for 4 x 2");
}

TEST_CASE("memory for tensors is aligned, disjoint and lives as long as each of them") {
  at::Tensor one, two, large;
  {
    Arena arena;
    one = arena.take({3}).fill_(1);
    two = arena.take({5, 1}).fill_(2);
    large = arena.take({int64_t{20} << 20}).fill_(3);  // more than a chunk
  }
  CHECK(reinterpret_cast<uintptr_t>(two.const_data_ptr()) % 64 == 0);
  CHECK(one.sum().item<float>() == 3.0f);
  CHECK(two.sum().item<float>() == 10.0f);
  CHECK(large[-1].item<float>() == 3.0f);
  CHECK(Arena().take({0}).numel() == 0);
}

TEST_CASE("Llama-3's divisors are its scaling, others stay as they are") {
  // Of Llama-3.2-1B's 32, theta 500000, D 64: a fast one, the blended 17th, a slow one.
  Rope rope{.dims = 64, .theta = 500000};
  for (int i = 0; i < 32; ++i) {
    const double length = 2 * 3.14159265358979 * std::pow(500000, i / 32.0);
    const double smooth = (8192 / length - 1) / 3;
    rope.divisors.push_back(length < 2048   ? 1
                            : length > 8192 ? 32
                                            : 1 / ((1 - smooth) / 32 + smooth));
  }
  auto named = rope;
  name_scaling(named);
  CHECK(named.scaling == "llama3");
  CHECK(named.factor == 32);
  CHECK(named.original_context == 8192);
  CHECK(named.divisors.empty());
  rope.divisors[17] *= 1.01;
  name_scaling(rope);
  CHECK(rope.scaling == "");
  CHECK(rope.divisors.size() == 32);
  Rope plain{.dims = 4, .divisors = {1, 1}};
  name_scaling(plain);
  CHECK(plain.scaling == "");
  CHECK(plain.divisors.empty());
}
