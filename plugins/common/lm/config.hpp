// What a language model is built from: the numbers of its config.json, or of a GGUF file's
// metadata.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace assay::weights {
class GgufMetadata;
}

namespace assay::lm {

/// Rotary position embedding: dimension pair i turns by position / theta^(2 i / dims), after
/// `scaling`.
struct Rope {
  int64_t dims = 0;  // of each head that turn; the others pass
  double theta = 10000;
  std::string scaling;           // "", "linear", "llama3", "yarn": of the frequencies
  double factor = 1;             // of all three: the context grows by it
  int64_t original_context = 0;  // of llama3 and yarn: before it grew
  double low_freq_factor = 1, high_freq_factor = 4;  // llama3
  double beta_fast = 32, beta_slow = 1;              // yarn
  bool truncate = true;                              // yarn: whole dimensions bound the ramp
  double attention_factor = 1;                       // yarn: multiplies cos and sin
  std::vector<double> divisors;  // of each frequency, if the file lists them (GGUF rope_freqs)
};

/// What yarn's context `factor` does to cos and sin (Peng et al. 2023, section 3.4), unless a file
/// says otherwise.
double yarn_attention_factor(double factor, double scale = 1);

struct Config {
  std::string architecture;  // as config.json's model_type: gpt2, gpt_neox, gpt_neo, llama,
                             // mistral, qwen2, phi, bert, roberta
  int64_t vocabulary = 0;    // V: rows of the embedding, at least the tokenizer's ids
  int64_t width = 0;         // C
  int64_t layers = 0;        // L
  int64_t heads = 0;         // H
  int64_t kv_heads = 0;      // G: heads of keys and values
  int64_t head_dim = 0;      // D
  int64_t ffn = 0;           // F: hidden units of the feed-forward part
  int64_t context = 0;       // greatest number of positions (RoBERTa's table has pad_id + 1 more)
  std::string activation;    // "gelu" (erf), "gelu_new" (tanh), "silu", "relu"
  double norm_eps = 1e-5;
  bool tied = true;                // the head is the embedding
  bool attention_bias = false;     // biases on q, k, v (and, where it has one there, o)
  bool mlp_bias = false;           // Llama
  bool parallel_residual = false;  // NeoX
  int64_t window = 0;              // tokens that a local layer sees, itself included; 0: all
  std::vector<bool> local;         // by layer: whether `window` applies; empty: to all
  Rope rope;
  int64_t token_types = 0;  // BERT, RoBERTa
  int64_t pad_id = -1, bos_id = -1;
  std::vector<int64_t> eos_ids;
  double initializer_range = 0.02;  // standard deviation of fresh weights
  std::string dtype = "float32";    // of the weights where they are stored
  std::string published;            // the config.json it was read from; "" if from elsewhere

  /// The window of a layer; 0: none.
  int64_t window_at(int64_t layer) const {
    return local.empty() || local[static_cast<size_t>(layer)] ? window : 0;
  }
};

/// std::invalid_argument for BERT and RoBERTa, which see the whole text and so do not say what
/// comes next; `what` is what needs that ("generation").
void need_causal(const Config& config, const std::string& what);

/// From the text of a config.json (`path` for messages); reads what transformers 4 and 5 write.
/// std::invalid_argument names a missing key or an unknown architecture, and what is supported.
Config read_config(std::string_view json, const std::string& path);
/// From GGUF's metadata of a llama or a qwen2. What only the tensors say is left to who opens them:
/// `tied` (no "output.weight") and `rope.divisors` ("rope_freqs.weight").
Config read_config(const weights::GgufMetadata& metadata, const std::string& path);

/// The end tokens that the text of a generation_config.json lists (`path` for messages); none if it
/// is silent. A model's answers may end in more ways than its config.json says.
std::vector<int64_t> read_end_tokens(std::string_view json, const std::string& path);

/// A config.json that transformers 5 reads: the published one with what has changed, or a new one.
std::string to_json(const Config& config);

/// The architectures that exist, for messages.
std::vector<std::string> architectures();

}  // namespace assay::lm
