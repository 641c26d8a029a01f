// Writes a Config as the config.json that transformers 5 reads.
#include "plugins/common/lm/config.hpp"
#include "plugins/common/lm/config_keys.hpp"

#include <map>

namespace assay::lm {
namespace {

using Json = nlohmann::ordered_json;

Json id_or_null(int64_t id) { return id < 0 ? Json() : Json(id); }

/// The class that transformers makes of an architecture.
const char* class_of(const std::string& architecture) {
  static const std::map<std::string, const char*> classes{
      {"gpt2", "GPT2LMHeadModel"},       {"gpt_neox", "GPTNeoXForCausalLM"},
      {"gpt_neo", "GPTNeoForCausalLM"},  {"llama", "LlamaForCausalLM"},
      {"mistral", "MistralForCausalLM"}, {"qwen2", "Qwen2ForCausalLM"},
      {"phi", "PhiForCausalLM"},         {"bert", "BertForMaskedLM"},
      {"roberta", "RobertaForMaskedLM"}};
  return classes.at(architecture);
}

Json rope_json(const Config& c) {
  const auto& rope = c.rope;
  Json json{{"rope_type", rope.scaling.empty() ? "default" : rope.scaling},
            {"rope_theta", rope.theta}};
  if (rope.dims != c.head_dim || c.architecture == "phi" || c.architecture == "gpt_neox")
    json["partial_rotary_factor"] =
        static_cast<double>(rope.dims) / static_cast<double>(c.head_dim);
  if (!rope.scaling.empty()) json["factor"] = rope.factor;
  if (rope.scaling == "llama3" || rope.scaling == "yarn")
    json["original_max_position_embeddings"] = rope.original_context;
  if (rope.scaling == "llama3") {
    json["low_freq_factor"] = rope.low_freq_factor;
    json["high_freq_factor"] = rope.high_freq_factor;
  }
  if (rope.scaling == "yarn") {
    json["beta_fast"] = rope.beta_fast;
    json["beta_slow"] = rope.beta_slow;
    json["truncate"] = rope.truncate;
    json["attention_factor"] = rope.attention_factor;
  }
  return json;
}

Json attention_types(const Config& c) {
  Json kinds = Json::array();
  for (const bool local : c.local) kinds.push_back(local ? "local" : "global");
  return Json::array({Json::array({kinds, 1})});
}

Json layer_types(const Config& c) {
  Json kinds = Json::array();
  for (int64_t l = 0; l < c.layers; ++l)
    kinds.push_back(c.window_at(l) > 0 ? "sliding_attention" : "full_attention");
  return kinds;
}

void add_gpt2(const Config& c, Json& json) {
  json["n_embd"] = c.width;
  json["n_layer"] = c.layers;
  json["n_head"] = c.heads;
  json["n_inner"] = c.ffn;
  json["n_positions"] = c.context;
  json["activation_function"] = c.activation;
  json["layer_norm_epsilon"] = c.norm_eps;
}

void add_gpt_neo(const Config& c, Json& json) {
  json["hidden_size"] = c.width;
  json["num_layers"] = c.layers;
  json["num_heads"] = c.heads;
  json["intermediate_size"] = c.ffn;
  json["max_position_embeddings"] = c.context;
  json["activation_function"] = c.activation;
  json["layer_norm_epsilon"] = c.norm_eps;
  json["window_size"] = c.window;
  json["attention_types"] = attention_types(c);
}

/// The other architectures, which agree on names.
void add_common(const Config& c, Json& json) {
  const auto& a = c.architecture;
  const bool llama = a == "llama" || a == "mistral" || a == "qwen2";
  json["hidden_size"] = c.width;
  json["num_hidden_layers"] = c.layers;
  json["num_attention_heads"] = c.heads;
  json["intermediate_size"] = c.ffn;
  json["max_position_embeddings"] = c.context + (a == "roberta" ? c.pad_id + 1 : 0);
  json["hidden_act"] = c.activation;
  json[llama ? "rms_norm_eps" : "layer_norm_eps"] = c.norm_eps;
  if (llama) json["head_dim"] = c.head_dim;
  if (llama || a == "phi") json["num_key_value_heads"] = c.kv_heads;
  if (a == "llama" || a == "gpt_neox") json["attention_bias"] = c.attention_bias;
  if (a == "llama") json["mlp_bias"] = c.mlp_bias;
  if (a == "gpt_neox") json["use_parallel_residual"] = c.parallel_residual;
  if (a == "mistral") json["sliding_window"] = c.window > 0 ? Json(c.window) : Json();
  if (a == "qwen2") {
    json["use_sliding_window"] = c.window > 0;
    json["sliding_window"] = c.window > 0 ? Json(c.window) : Json();
    json["layer_types"] = layer_types(c);
  }
  if (a == "bert" || a == "roberta") json["type_vocab_size"] = c.token_types;
  if (c.rope.dims > 0) json["rope_parameters"] = rope_json(c);
}

Json written_anew(const Config& c) {
  Json json{{"architectures", {class_of(c.architecture)}},
            {"model_type", c.architecture},
            {"vocab_size", c.vocabulary}};
  if (c.architecture == "gpt2")
    add_gpt2(c, json);
  else if (c.architecture == "gpt_neo")
    add_gpt_neo(c, json);
  else
    add_common(c, json);
  json["tie_word_embeddings"] = c.tied;
  json["initializer_range"] = c.initializer_range;
  json["bos_token_id"] = id_or_null(c.bos_id);
  json["eos_token_id"] = c.eos_ids.size() > 1
                             ? Json(c.eos_ids)
                             : id_or_null(c.eos_ids.empty() ? -1 : c.eos_ids.front());
  json["pad_token_id"] = id_or_null(c.pad_id);
  json["dtype"] = c.dtype;
  return json;
}

/// Other names of a key in published files, which must not contradict it.
std::vector<const char*> other_names(const std::string& key) {
  if (key == "dtype") return {"torch_dtype"};
  if (key == "rope_parameters")
    return {"rope_scaling",          "rope_theta", "rotary_emb_base",
            "partial_rotary_factor", "rotary_pct", "original_max_position_embeddings"};
  if (key == "n_embd") return {"hidden_size"};
  if (key == "n_layer" || key == "num_layers") return {"num_hidden_layers"};
  if (key == "n_head" || key == "num_heads") return {"num_attention_heads"};
  if (key == "n_positions") return {"max_position_embeddings", "n_ctx"};
  return {};
}

}  // namespace

std::string to_json(const Config& config) {
  const auto json = written_anew(config);
  if (config.published.empty()) return json.dump(2) + "\n";

  // Keys that differ from what the published file says replace its own; the rest stays.
  const auto before = written_anew(read_config(config.published, "the published config.json"));
  auto published = Json::parse(config.published);
  for (const auto& [key, value] : json.items()) {
    if (key == "architectures" || (before.contains(key) && before[key] == value)) continue;
    for (const char* name : other_names(key)) published.erase(name);
    published[key] = value;
  }
  return published.dump(2) + "\n";
}

}  // namespace assay::lm
