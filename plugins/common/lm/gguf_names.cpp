#include "plugins/common/lm/gguf_names.hpp"

#include <array>
#include <utility>

namespace assay::lm {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;

constexpr std::array kOutside = {Pair{"model.embed_tokens", "token_embd"},
                                 Pair{"model.norm", "output_norm"}, Pair{"lm_head", "output"}};
constexpr std::array kInLayers = {
    Pair{"self_attn.q_proj", "attn_q"},          Pair{"self_attn.k_proj", "attn_k"},
    Pair{"self_attn.v_proj", "attn_v"},          Pair{"self_attn.o_proj", "attn_output"},
    Pair{"mlp.gate_proj", "ffn_gate"},           Pair{"mlp.up_proj", "ffn_up"},
    Pair{"mlp.down_proj", "ffn_down"},           Pair{"input_layernorm", "attn_norm"},
    Pair{"post_attention_layernorm", "ffn_norm"}};
constexpr std::string_view kLayers = "model.layers.";

/// NAME.weight or NAME.bias, with NAME from the table; "" if it is not there.
template <size_t N>
std::string renamed(std::string_view name, const std::array<Pair, N>& table) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos) return "";
  for (const auto& [published, own] : table)
    if (name.substr(0, dot) == published) return std::string(own) + std::string(name.substr(dot));
  return "";
}

}  // namespace

std::string gguf_name(const std::string& published) {
  if (!published.starts_with(kLayers)) return renamed(published, kOutside);
  const auto rest = std::string_view(published).substr(kLayers.size());
  const auto dot = rest.find('.');
  if (dot == std::string_view::npos) return "";
  const auto name = renamed(rest.substr(dot + 1), kInLayers);
  return name.empty() ? "" : "blk." + std::string(rest.substr(0, dot)) + "." + name;
}

int64_t interleaved_heads(const std::string& published, const Config& config) {
  if (config.architecture != "llama" && config.architecture != "mistral") return 0;
  if (published.find(".self_attn.q_proj.") != std::string::npos) return config.heads;
  if (published.find(".self_attn.k_proj.") != std::string::npos) return config.kv_heads;
  return 0;
}

}  // namespace assay::lm
