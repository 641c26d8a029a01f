#include "plugins/common/lm/config.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <stdexcept>

using namespace assay::lm;

namespace {

nlohmann::json llama() {
  return {{"model_type", "llama"},         {"vocab_size", 32},         {"hidden_size", 16},
          {"num_hidden_layers", 2},        {"num_attention_heads", 4}, {"intermediate_size", 64},
          {"max_position_embeddings", 128}};
}

nlohmann::json with(nlohmann::json json, const nlohmann::json& changes) {
  json.merge_patch(changes);  // null removes
  return json;
}

Config read(const nlohmann::json& json) { return read_config(json.dump(), "m/config.json"); }

std::string error_of(const std::string& json) {
  try {
    read_config(json, "m/config.json");
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "no error";
}

std::string error_of(const nlohmann::json& json) { return error_of(json.dump()); }

}  // namespace

TEST_CASE("an unknown architecture is named with those that are supported") {
  CHECK(error_of(with(llama(), {{"model_type", "mamba"}})) ==
        "m/config.json: the architecture (\"model_type\") is \"mamba\"; supported are gpt2, "
        "gpt_neox, gpt_neo, llama, mistral, qwen2, phi, bert and roberta");
}

TEST_CASE("a missing key is named with who needs it") {
  CHECK(error_of(with(llama(), {{"num_hidden_layers", nullptr}})) ==
        "m/config.json: \"num_hidden_layers\" is missing, which llama needs (or \"n_layer\") "
        "(or \"num_layers\")");
  CHECK(error_of(std::string("{}")) ==
        "m/config.json: \"model_type\" is missing, which every model needs");
}

TEST_CASE("numbers that no model has are refused with what is allowed") {
  CHECK(error_of(with(llama(), {{"vocab_size", -1}})) ==
        "m/config.json: \"vocab_size\" is -1; allowed are integers from 1 to 16777216");
  CHECK(error_of(with(llama(), {{"hidden_size", 1e300}})) ==
        "m/config.json: \"hidden_size\" is 1e+300; allowed are integers from 1 to 16777216");
  CHECK(error_of(with(llama(), {{"num_attention_heads", 3}})) ==
        "m/config.json: \"num_attention_heads\" is 3, which does not divide the width, 16");
  CHECK(error_of(with(llama(), {{"num_key_value_heads", 3}})) ==
        "m/config.json: \"num_key_value_heads\" is 3, which does not divide the number of heads, "
        "4");
  CHECK(error_of(with(llama(), {{"rms_norm_eps", "small"}})) ==
        "m/config.json: \"rms_norm_eps\" is \"small\"; allowed are numbers from 0.0 to 1.0");
  CHECK(error_of(with(llama(), {{"hidden_act", "quick_gelu"}})) ==
        "m/config.json: \"hidden_act\" is \"quick_gelu\"; supported are gelu, gelu_new, silu and "
        "relu");
  CHECK(error_of(with(llama(), {{"rope_scaling", {{"type", "dynamic"}, {"factor", 2}}}})) ==
        "m/config.json: \"rope_scaling\": \"rope_type\" is \"dynamic\"; supported are default, "
        "linear, llama3 and yarn");
  CHECK(error_of(with(llama(), {{"eos_token_id", {1, "two"}}})) ==
        "m/config.json: \"eos_token_id\" is \"two\"; allowed are integers from 0 to 16777216");
  CHECK(error_of(std::string("[1]")) == "m/config.json: not a JSON object");
  CHECK(error_of("{\"a\": " + std::string(100000, '[')) ==
        "m/config.json: nested more than 32 deep, which no config.json is");
}

TEST_CASE("what a published config leaves out is as its architecture has it") {
  const auto l = read(llama());
  CHECK(l.kv_heads == 4);
  CHECK(l.head_dim == 4);
  CHECK(l.activation == "silu");
  CHECK_FALSE(l.tied);
  CHECK(l.rope.dims == 4);
  CHECK(l.eos_ids.empty());

  const auto g = read_config(
      R"({"model_type": "gpt2", "vocab_size": 9, "n_embd": 8, "n_layer": 1, "n_head": 2,
          "n_positions": 6, "n_inner": null})",
      "g");
  CHECK(g.ffn == 32);
  CHECK(g.context == 6);
  CHECK(g.tied);
  CHECK(g.activation == "gelu_new");
  CHECK(g.rope.dims == 0);

  const auto m = read(
      with(llama(), {{"model_type", "mistral"}, {"hidden_size", 32}, {"num_attention_heads", 16}}));
  CHECK(m.kv_heads == 8);
  CHECK(m.window == 4096);

  const auto r = read(with(llama(), {{"model_type", "roberta"}, {"type_vocab_size", 1}}));
  CHECK(r.pad_id == 1);
  CHECK(r.context == 126);  // positions begin at 2
}

TEST_CASE("rotary numbers are read as transformers 4 and 5 write them") {
  const auto neox = with(llama(), {{"model_type", "gpt_neox"}, {"hidden_size", 64}});
  const auto old = read(with(neox, {{"rotary_pct", 0.5}, {"rotary_emb_base", 500}}));
  const auto now = read(
      with(neox, {{"rope_parameters", {{"partial_rotary_factor", 0.5}, {"rope_theta", 500}}}}));
  for (const auto& config : {old, now}) {
    CHECK(config.rope.dims == 8);
    CHECK(config.rope.theta == 500);
  }
  const auto scaled = read(with(llama(), {{"rope_theta", 5e5},
                                          {"rope_scaling",
                                           {{"rope_type", "llama3"},
                                            {"factor", 32.0},
                                            {"low_freq_factor", 1.0},
                                            {"high_freq_factor", 4.0},
                                            {"original_max_position_embeddings", 8192}}}}));
  CHECK(scaled.rope.theta == 5e5);
  CHECK(scaled.rope.scaling == "llama3");
  CHECK(scaled.rope.factor == 32);
  CHECK(scaled.rope.original_context == 8192);
}

TEST_CASE("layers have the windows that their config gives them") {
  const auto qwen = with(llama(), {{"model_type", "qwen2"},
                                   {"num_key_value_heads", 4},
                                   {"num_hidden_layers", 3},
                                   {"sliding_window", 10},
                                   {"max_window_layers", 1}});
  CHECK(read(qwen).window_at(2) == 0);
  const auto slides = read(with(qwen, {{"use_sliding_window", true}}));
  CHECK(slides.window_at(0) == 0);
  CHECK(slides.window_at(2) == 10);
  const auto listed = read(
      with(qwen, {{"use_sliding_window", true},
                  {"layer_types", {"sliding_attention", "full_attention", "full_attention"}}}));
  CHECK(listed.window_at(0) == 10);
  CHECK(listed.window_at(1) == 0);

  const auto neo = with(llama(), {{"model_type", "gpt_neo"}, {"num_hidden_layers", 4}});
  const auto alternating = nlohmann::json::parse(R"([[["global", "local"], 2]])");
  CHECK(read(with(neo, {{"attention_types", alternating}})).local ==
        std::vector<bool>{false, true, false, true});
  CHECK(error_of(with(neo, {{"attention_types", nlohmann::json::parse("[[[\"local\"], 3]]")}})) ==
        "m/config.json: \"attention_types\" does not give each of the 4 layers \"global\" or "
        "\"local\", as [[[\"global\", \"local\"], 12]] gives 24");
}

TEST_CASE("a config that is written anew reads as the same config") {
  for (const auto& name : architectures()) {
    CAPTURE(name);
    auto json = with(llama(), {{"model_type", name},
                               {"hidden_size", 32},
                               {"num_key_value_heads", 4},
                               {"eos_token_id", {3, 5}},
                               {"bos_token_id", 1}});
    if (name == "gpt_neo")
      json["attention_types"] = nlohmann::json::parse(R"([[["global"], 1], [["local"], 1]])");
    auto config = read(json);
    config.published.clear();
    const auto text = to_json(config);
    auto again = read_config(text, "again");
    again.published.clear();
    CHECK(to_json(again) == text);
    CHECK(again.eos_ids == std::vector<int64_t>{3, 5});
    CHECK(again.context == config.context);
    CHECK(again.local == config.local);
  }
}

TEST_CASE("a published config changes only where the model has changed") {
  const auto json = with(llama(), {{"torch_dtype", "bfloat16"}, {"_name", "x"}, {"rope_theta", 9}});
  auto config = read(json);
  CHECK(nlohmann::json::parse(to_json(config)) == json);
  config.vocabulary = 40;
  config.dtype = "float32";
  const auto changed = nlohmann::json::parse(to_json(config));
  CHECK(changed ==
        with(json, {{"vocab_size", 40}, {"torch_dtype", nullptr}, {"dtype", "float32"}}));
}

TEST_CASE("a generation_config.json lists the end tokens, or one, or none") {
  const auto ends = [](const char* json) { return read_end_tokens(json, "m/generation"); };
  CHECK(ends(R"({"eos_token_id": [7, 9], "temperature": 0.6})") == std::vector<int64_t>{7, 9});
  CHECK(ends(R"({"eos_token_id": 7})") == std::vector<int64_t>{7});
  CHECK(ends(R"({"eos_token_id": null})").empty());
  CHECK(ends("{}").empty());
  CHECK_THROWS_WITH_AS(ends(R"({"eos_token_id": [7, "x"]})"),
                       "m/generation: \"eos_token_id\" is \"x\"; allowed are integers from 0 to "
                       "16777216",
                       std::invalid_argument);
}
