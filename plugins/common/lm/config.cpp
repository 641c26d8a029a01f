#include "plugins/common/lm/config.hpp"
#include "plugins/common/lm/config_keys.hpp"
#include "plugins/common/lm/config_rope.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace assay::lm {
namespace {

constexpr int64_t kMany = int64_t{1} << 24;  // of any count
constexpr int64_t kPositions = int64_t{1} << 31;

/// What an architecture assumes where its config.json is silent: transformers' defaults.
struct Family {
  const char* name;
  const char* activation;
  double norm_eps;
  bool tied;
  int64_t kv_heads;  // 0: as many as heads
  double rotary;     // part of each head that turns; 0: positions are learned
};
constexpr std::array kFamilies{
    Family{"gpt2", "gelu_new", 1e-5, true, 0, 0},      //
    Family{"gpt_neox", "gelu", 1e-5, false, 0, 0.25},  //
    Family{"gpt_neo", "gelu_new", 1e-5, true, 0, 0},   //
    Family{"llama", "silu", 1e-6, false, 0, 1},        //
    Family{"mistral", "silu", 1e-6, false, 8, 1},      //
    Family{"qwen2", "silu", 1e-6, false, 32, 1},       //
    Family{"phi", "gelu_new", 1e-5, false, 0, 0.5},    //
    Family{"bert", "gelu", 1e-12, true, 0, 0},         //
    Family{"roberta", "gelu", 1e-12, true, 0, 0},      //
};

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return text;
}

const Family& family_of(const std::string& name, const std::string& path) {
  for (const auto& family : kFamilies)
    if (family.name == name) return family;
  throw std::invalid_argument(path + ": the architecture (\"model_type\") is \"" +
                              name.substr(0, 60) + "\"; supported are " + listed(architectures()));
}

/// The name under which activate() has it.
std::string activation_of(const Keys& keys, const Family& family) {
  const auto name = keys.text({"hidden_act", "activation_function"}, family.activation);
  if (name == "gelu_pytorch_tanh" || name == "gelu_fast") return "gelu_new";
  if (name == "swish") return "silu";
  if (name != "gelu" && name != "gelu_new" && name != "silu" && name != "relu")
    keys.refuse("hidden_act",
                "is \"" + name.substr(0, 40) + "\"; supported are gelu, gelu_new, silu and relu");
  return name;
}

/// Widths and counts.
void read_sizes(const Keys& keys, const Family& family, Config& c) {
  const bool llama = family.rotary == 1,
             fourfold = c.architecture.starts_with("gpt") && c.architecture != "gpt_neox";
  c.vocabulary = keys.integer({"vocab_size"}, 1, kMany);
  c.width = keys.integer({"hidden_size", "n_embd"}, 1, kMany);
  c.layers = keys.integer({"num_hidden_layers", "n_layer", "num_layers"}, 1, 65536);
  c.heads = keys.integer({"num_attention_heads", "n_head", "num_heads"}, 1, c.width);
  c.context = keys.integer({"max_position_embeddings", "n_positions", "n_ctx"}, 1, kPositions);
  c.ffn = keys.integer({"intermediate_size", "n_inner"}, 1, kMany,
                       fourfold ? std::optional(4 * c.width) : std::nullopt);

  const auto* explicit_dim = llama ? keys.find({"head_dim"}) : nullptr;
  if (!explicit_dim && c.width % c.heads != 0)
    keys.refuse("num_attention_heads", "is " + std::to_string(c.heads) +
                                           ", which does not divide the width, " +
                                           std::to_string(c.width));
  c.head_dim = explicit_dim ? keys.integer({"head_dim"}, 1, 65536) : c.width / c.heads;

  const bool usual = family.kv_heads > 0 && !keys.mentions("num_key_value_heads");
  c.kv_heads = c.heads;
  if (llama || c.architecture == "phi")
    c.kv_heads = keys.integer({"num_key_value_heads"}, 1, c.heads,
                              usual ? std::min(family.kv_heads, c.heads) : c.heads);
  if (c.heads % c.kv_heads != 0)
    keys.refuse("num_key_value_heads", "is " + std::to_string(c.kv_heads) +
                                           ", which does not divide the number of heads, " +
                                           std::to_string(c.heads));
}

/// "eos_token_id", which is one token or a list.
std::vector<int64_t> ends_of(const Keys& keys) {
  const auto* ends = keys.find({"eos_token_id"});
  if (!ends) return {};
  if (!ends->is_array()) {
    const auto end = keys.integer({"eos_token_id"}, -1, kMany);
    return end < 0 ? std::vector<int64_t>{} : std::vector{end};
  }
  if (ends->size() > 1024) keys.refuse("eos_token_id", "lists more than 1024 tokens");
  std::vector<int64_t> ids;
  for (const auto& end : *ends) {
    const nlohmann::json one{{"eos_token_id", end}};
    ids.push_back(Keys(one, keys.place(), "a list").integer({"eos_token_id"}, 0, kMany));
  }
  return ids;
}

/// Token ids that mean something.
void read_tokens(const Keys& keys, Config& c) {
  const auto id = [&](const char* name, int64_t otherwise) {
    return keys.integer({name}, -1, kMany, otherwise);
  };
  c.pad_id = id("pad_token_id", c.architecture == "bert"      ? 0
                                : c.architecture == "roberta" ? 1
                                                              : -1);
  c.bos_id = id("bos_token_id", -1);
  c.eos_ids = ends_of(keys);
}

/// GPT-Neo: [[["global", "local"], 12]], each list so many times over.
void read_attention_types(const Keys& keys, Config& c) {
  const auto wrong = [&] {
    keys.refuse("attention_types", "does not give each of the " + std::to_string(c.layers) +
                                       " layers \"global\" or \"local\", as "
                                       "[[[\"global\", \"local\"], 12]] gives 24");
  };
  c.window = keys.integer({"window_size"}, 1, kPositions, 256);
  const auto* types = keys.find({"attention_types"});
  const auto usual = nlohmann::json::parse(R"([[["global", "local"], 12]])");
  for (const auto& item : types ? *types : usual) {
    if (!item.is_array() || item.size() != 2 || !item[0].is_array() ||
        !item[1].is_number_unsigned() || item[0].empty())
      wrong();
    if (item[1].get<uint64_t>() > static_cast<uint64_t>(c.layers)) wrong();
    for (uint64_t n = item[1].get<uint64_t>(); n > 0; --n)
      for (const auto& kind : item[0]) {
        if (kind != "global" && kind != "local") wrong();
        c.local.push_back(kind == "local");
        if (c.local.size() > static_cast<size_t>(c.layers)) wrong();
      }
  }
  if (c.local.size() != static_cast<size_t>(c.layers)) wrong();
}

/// Qwen2: layers from "max_window_layers" on, or those that "layer_types" names, if at all.
void read_sliding_layers(const Keys& keys, Config& c) {
  if (!keys.flag({"use_sliding_window"}, false)) return;
  c.window = keys.integer({"sliding_window"}, 1, kPositions, 4096);
  const auto* types = keys.find({"layer_types"});
  const int64_t first = keys.integer({"max_window_layers"}, 0, kMany, 28);
  if (types && (!types->is_array() || types->size() != static_cast<size_t>(c.layers)))
    keys.refuse("layer_types", "does not list the " + std::to_string(c.layers) + " layers");
  for (int64_t l = 0; l < c.layers; ++l) {
    const auto* kind = types ? &(*types)[static_cast<size_t>(l)] : nullptr;
    if (kind && *kind != "sliding_attention" && *kind != "full_attention")
      keys.refuse("layer_types",
                  "lists a layer that is neither \"full_attention\" nor "
                  "\"sliding_attention\"");
    c.local.push_back(kind ? *kind == "sliding_attention" : l >= first);
  }
}

/// What one architecture has that others have not.
void read_own(const Keys& keys, Config& c) {
  const auto& a = c.architecture;
  const auto unsupported = [&](const char* name, bool value) {
    if (keys.flag({name}, !value) == value)
      keys.refuse(name, std::string("is ") + (value ? "true" : "false") +
                            ", which is not supported for " + a);
  };
  c.attention_bias = a != "llama" && a != "mistral" && a != "gpt_neo";
  if (a == "llama" || a == "gpt_neox")
    c.attention_bias = keys.flag({"attention_bias"}, c.attention_bias);
  if (a == "llama") c.mlp_bias = keys.flag({"mlp_bias"}, false);
  if (a == "gpt_neox") c.parallel_residual = keys.flag({"use_parallel_residual"}, true);
  if (a == "phi") unsupported("qk_layernorm", true), c.parallel_residual = true;
  if (a == "gpt_neo") read_attention_types(keys, c);
  if (a == "qwen2") read_sliding_layers(keys, c);
  if (a == "mistral")
    c.window =
        keys.integer({"sliding_window"}, 1, kPositions, keys.mentions("sliding_window") ? 0 : 4096);
  if (a == "gpt2") {
    unsupported("scale_attn_weights", false);
    unsupported("scale_attn_by_inverse_layer_idx", true);
    unsupported("add_cross_attention", true);
  }
  if (a == "bert" || a == "roberta") {
    c.token_types = keys.integer({"type_vocab_size"}, 1, kMany, 2);
    unsupported("is_decoder", true);
    if (keys.text({"position_embedding_type"}, "absolute") != "absolute")
      keys.refuse("position_embedding_type", "is not \"absolute\", the only one supported");
  }
  if (a == "roberta") {
    if (c.pad_id < 0 || c.pad_id + 1 >= c.context)
      keys.refuse("pad_token_id", "leaves no positions: RoBERTa's begin after it");
    c.context -= c.pad_id + 1;
  }
}

}  // namespace

std::vector<std::string> architectures() {
  std::vector<std::string> names;
  for (const auto& family : kFamilies) names.emplace_back(family.name);
  return names;
}

void need_causal(const Config& config, const std::string& what) {
  if (config.architecture == "bert" || config.architecture == "roberta")
    throw std::invalid_argument(what + " needs a model of the next token, which \"" +
                                config.architecture + "\" is not: it sees the whole text");
}

Config read_config(std::string_view json, const std::string& path) {
  const auto object = parse_config(json, path);
  Config c;
  c.architecture = Keys(object, path, "every model").text({"model_type"});
  const auto& family = family_of(c.architecture, path);
  const Keys keys(object, path, c.architecture);
  read_sizes(keys, family, c);
  c.activation = activation_of(keys, family);
  c.norm_eps =
      keys.number({"rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon"}, 0, 1, family.norm_eps);
  c.tied = keys.flag({"tie_word_embeddings"}, family.tied);
  c.initializer_range = keys.number({"initializer_range"}, 0, 1e3, 0.02);
  c.dtype = keys.text({"dtype", "torch_dtype"}, "float32");
  if (family.rotary > 0) c.rope = read_rope(keys, c.head_dim, c.context, family.rotary);
  if (family.rotary == 1 && c.rope.dims != c.head_dim)
    keys.refuse("partial_rotary_factor", "is not 1, the only one supported for " + c.architecture);
  read_tokens(keys, c);
  read_own(keys, c);
  c.published = json;
  return c;
}

std::vector<int64_t> read_end_tokens(std::string_view json, const std::string& path) {
  const auto object = parse_config(json, path);
  return ends_of(Keys(object, path, "every model"));
}

}  // namespace assay::lm
