#include "plugins/common/lm/fresh_config.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace assay::lm {
namespace {

bool is_gated(const std::string& a) { return a == "llama" || a == "mistral" || a == "qwen2"; }

std::string words(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

void check(const std::string& a, const Sizes& s, int64_t kv_heads) {
  const auto known = architectures();
  if (std::find(known.begin(), known.end(), a) == known.end())
    throw std::invalid_argument("no architecture \"" + a + "\"; there are " + words(known));
  for (const auto& [name, value] :
       {std::pair{"vocabulary", s.vocabulary}, std::pair{"width", s.width},
        std::pair{"layers", s.layers}, std::pair{"context", s.context}})
    if (value < 1)
      throw std::invalid_argument(std::string(name) + " = " + std::to_string(value) +
                                  " makes no model; it is at least 1");
  if (s.heads < 1 || s.width % s.heads != 0)
    throw std::invalid_argument("width = " + std::to_string(s.width) +
                                " is not a multiple of heads = " + std::to_string(s.heads));
  if (kv_heads < 1 || s.heads % kv_heads != 0)
    throw std::invalid_argument("heads = " + std::to_string(s.heads) +
                                " is not a multiple of kv_heads = " + std::to_string(kv_heads));
  if (kv_heads != s.heads && !is_gated(a))
    throw std::invalid_argument(a +
                                " has as many heads of keys and values as of queries: kv_heads "
                                "is for llama, mistral and qwen2");
  const bool turns = is_gated(a) || a == "gpt_neox" || a == "phi";
  if (turns && s.width / s.heads % 4 != 0)
    throw std::invalid_argument("a head of " + a +
                                " has a multiple of 4 dimensions, as they turn; "
                                "width / heads is " +
                                std::to_string(s.width / s.heads));
}

}  // namespace

Config fresh_config(const std::string& a, const Sizes& s) {
  const int64_t kv_heads = s.kv_heads > 0 ? s.kv_heads : s.heads;
  check(a, s, kv_heads);
  Config c;
  c.architecture = a;
  c.vocabulary = s.vocabulary;
  c.width = s.width;
  c.layers = s.layers;
  c.heads = s.heads;
  c.kv_heads = kv_heads;
  c.head_dim = s.width / s.heads;
  c.ffn = s.ffn > 0 ? s.ffn : is_gated(a) ? (8 * s.width / 3 + 31) / 32 * 32 : 4 * s.width;
  c.context = s.context;
  c.activation = is_gated(a)                                        ? "silu"
                 : a == "gpt_neox" || a == "bert" || a == "roberta" ? "gelu"
                                                                    : "gelu_new";
  c.norm_eps = is_gated(a) ? 1e-6 : a == "bert" ? 1e-12 : 1e-5;
  c.tied = a != "gpt_neox" && a != "phi";
  c.attention_bias = a == "qwen2" || a == "gpt_neox" || a == "phi";
  c.parallel_residual = a == "gpt_neox";
  if (a == "gpt_neo") {
    c.window = 256;
    for (int64_t l = 0; l < s.layers; ++l) c.local.push_back(l % 2 == 1);
  }
  // The share of a head's dimensions that turn: all, a quarter (Pythia), half (Phi).
  if (is_gated(a)) c.rope.dims = c.head_dim;
  if (a == "gpt_neox") c.rope.dims = std::max<int64_t>(2, c.head_dim / 4 / 2 * 2);
  if (a == "phi") c.rope.dims = c.head_dim / 2;
  if (a == "bert") c.token_types = 2;
  if (a == "roberta") c.token_types = 1;
  if (a == "bert" || a == "roberta") c.pad_id = a == "bert" ? 0 : 1;
  return c;
}

}  // namespace assay::lm
