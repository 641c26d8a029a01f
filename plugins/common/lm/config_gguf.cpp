// Reads a Config from GGUF's metadata.
#include "plugins/common/lm/config.hpp"
#include "plugins/common/weights/gguf_metadata.hpp"

#include <algorithm>
#include <stdexcept>

namespace assay::lm {
namespace {

constexpr int64_t kMany = int64_t{1} << 24;

/// The keys of one architecture: "llama.block_count".
class Own {
 public:
  Own(const weights::GgufMetadata& metadata, const std::string& path, std::string prefix)
      : metadata_(metadata), path_(path), prefix_(std::move(prefix)) {}

  bool has(const char* name) const { return metadata_.has(prefix_ + name); }

  int64_t integer(const char* name, int64_t greatest) const {
    return bounded(name, metadata_.integer(prefix_ + name), 1, greatest);
  }
  int64_t integer(const char* name, int64_t greatest, int64_t fallback) const {
    return has(name) ? integer(name, greatest) : fallback;
  }
  double number(const char* name, double greatest, double fallback) const {
    const double x = metadata_.number(prefix_ + name, fallback);
    if (!(x >= 0 && x <= greatest))
      refuse(name, "is " + std::to_string(x) + "; allowed are numbers from 0 to " +
                       std::to_string(greatest));
    return x;
  }
  std::string string(const char* name, const std::string& fallback) const {
    return metadata_.string(prefix_ + name, fallback);
  }
  [[noreturn]] void refuse(const char* name, const std::string& what) const {
    throw std::invalid_argument(path_ + ": \"" + prefix_ + name + "\" " + what);
  }

 private:
  int64_t bounded(const char* name, int64_t x, int64_t least, int64_t greatest) const {
    if (x < least || x > greatest)
      refuse(name, "is " + std::to_string(x) + "; allowed are integers from " +
                       std::to_string(least) + " to " + std::to_string(greatest));
    return x;
  }

  const weights::GgufMetadata& metadata_;
  std::string path_, prefix_;
};

void read_sizes(const Own& own, Config& c) {
  c.width = own.integer("embedding_length", kMany);
  c.layers = own.integer("block_count", 65536);
  c.heads = own.integer("attention.head_count", c.width);
  c.kv_heads = own.integer("attention.head_count_kv", c.heads, c.heads);
  if (c.heads % c.kv_heads != 0)
    own.refuse("attention.head_count_kv", "is " + std::to_string(c.kv_heads) +
                                              ", which does not divide the number of heads, " +
                                              std::to_string(c.heads));
  if (!own.has("attention.key_length") && c.width % c.heads != 0)
    own.refuse("attention.head_count", "is " + std::to_string(c.heads) +
                                           ", which does not divide the width, " +
                                           std::to_string(c.width));
  c.head_dim = own.integer("attention.key_length", 65536, c.width / c.heads);
  if (own.integer("attention.value_length", 65536, c.head_dim) != c.head_dim)
    own.refuse("attention.value_length", "differs from the length of keys, which is not supported");
  c.ffn = own.integer("feed_forward_length", kMany);
  c.context = own.integer("context_length", int64_t{1} << 31);
}

void read_rope(const Own& own, Config& c) {
  c.rope.dims = own.integer("rope.dimension_count", 65536, c.head_dim);
  if (c.rope.dims != c.head_dim || c.rope.dims % 2 != 0)
    own.refuse("rope.dimension_count", "is " + std::to_string(c.rope.dims) + " of " +
                                           std::to_string(c.head_dim) +
                                           " dimensions of a head; supported are all, in pairs");
  c.rope.theta = own.number("rope.freq_base", 1e15, 10000);
  if (c.rope.theta < 1e-3) own.refuse("rope.freq_base", "is too small; allowed are 0.001 and more");
  const auto kind = own.string("rope.scaling.type", "none");
  if (kind == "none") return;
  if (kind != "linear" && kind != "yarn")
    own.refuse("rope.scaling.type",
               "is \"" + kind.substr(0, 40) + "\"; supported are none, linear and yarn");
  c.rope.scaling = kind;
  c.rope.factor = own.number("rope.scaling.factor", 1e12, 1);
  if (c.rope.factor < 1e-6) own.refuse("rope.scaling.factor", "is not above 0");
  if (kind == "linear") return;
  c.rope.original_context =
      own.integer("rope.scaling.original_context_length", int64_t{1} << 40, c.context);
  c.rope.attention_factor = yarn_attention_factor(c.rope.factor);
}

/// The number of tokens, of a file that does not give it.
int64_t tokens_of(const weights::GgufMetadata& metadata, const std::string& path) {
  const auto n = static_cast<int64_t>(metadata.strings("tokenizer.ggml.tokens").size());
  if (n < 1 || n > kMany)
    throw std::invalid_argument(path + ": \"tokenizer.ggml.tokens\" has " + std::to_string(n) +
                                " tokens; allowed are 1 to " + std::to_string(kMany));
  return n;
}

}  // namespace

Config read_config(const weights::GgufMetadata& metadata, const std::string& path) {
  Config c;
  c.architecture = metadata.string("general.architecture");
  if (c.architecture != "llama" && c.architecture != "qwen2")
    throw std::invalid_argument(path + ": \"general.architecture\" is \"" +
                                c.architecture.substr(0, 60) +
                                "\"; supported in GGUF files are llama (also SmolLM2 and Mistral) "
                                "and qwen2");
  const Own own(metadata, path, c.architecture + ".");
  read_sizes(own, c);
  read_rope(own, c);
  if (own.number("expert_count", 1e6, 0) > 1)
    own.refuse("expert_count", "is above 1; mixtures of experts are not supported");
  c.vocabulary =
      own.has("vocab_size") ? own.integer("vocab_size", kMany) : tokens_of(metadata, path);
  c.activation = "silu";
  c.norm_eps = own.number("attention.layer_norm_rms_epsilon", 1, 1e-6);
  c.attention_bias = c.architecture == "qwen2";
  const auto token = [&](const char* name) {
    const auto id = metadata.integer(std::string("tokenizer.ggml.") + name, -1);
    return id >= 0 && id < c.vocabulary ? id : -1;
  };
  c.bos_id = token("bos_token_id");
  c.pad_id = token("padding_token_id");
  if (const auto end = token("eos_token_id"); end >= 0) c.eos_ids.push_back(end);
  if (const auto end = token("eot_token_id"); end >= 0 && c.eos_ids != std::vector<int64_t>{end})
    c.eos_ids.push_back(end);
  return c;
}

}  // namespace assay::lm
