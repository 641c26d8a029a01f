#include "plugins/common/text/document_parts.hpp"
#include "plugins/common/text/gguf_pre_tokenizer.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <stdexcept>
#include <string_view>

namespace assay::text {

namespace {

using nlohmann::json;

/// Names as llama.cpp writes them. `layout` is "gpt2" (GPT-2's own expression), "digits" (each
/// digit by itself before that), "default" (llama.cpp's for files that name none), or the
/// expression that is followed.
constexpr const char* kLlama3 =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| "
    "?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
constexpr const char* kQwen2 =
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| "
    "?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
constexpr const char* kTekken =
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|"
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|"
    "\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
constexpr const char* kGpt2 =
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)";

constexpr std::array<GgufPreTokenizer, 12> kKnown = {{
    {"default", "default", false, false, false},
    {"deepseek-r1-qwen", kQwen2, true, false, false},
    {"gpt-2", "gpt2", false, false, false},
    {"llama-bpe", kLlama3, false, true, true},
    {"llama-v3", kLlama3, false, true, true},
    {"llama3", kLlama3, false, true, true},
    {"phi-2", "gpt2", false, false, false},
    {"qwen2", kQwen2, true, false, false},
    {"refact", "digits", false, false, false},
    {"smollm", "digits", false, false, false},
    {"starcoder", "digits", false, false, false},
    {"tekken", kTekken, false, true, true},
}};

json split(const char* expression) {
  return {{"type", "Split"},
          {"pattern", {{"Regex", expression}}},
          {"behavior", "Isolated"},
          {"invert", false}};
}

json sequence(json parts) { return {{"type", "Sequence"}, {"pretokenizers", std::move(parts)}}; }

}  // namespace

const GgufPreTokenizer& gguf_pre_tokenizer(const std::string& name) {
  std::string names;
  for (const GgufPreTokenizer& known : kKnown) {
    if (name == known.name) return known;
    names.append(names.empty() ? "" : ", ").append(known.name);
  }
  throw std::invalid_argument("tokenizer.ggml.pre \"" + name +
                              "\" is not supported; supported are: " + names);
}

json pre_tokenizer_json(const GgufPreTokenizer& pre) {
  const std::string_view layout = pre.layout;
  if (layout == "gpt2") return byte_level_part(false, true);
  if (layout == "digits") {
    const json digits = {{"type", "Digits"}, {"individual_digits", true}};
    return sequence(json::array({digits, byte_level_part(false, true)}));
  }
  if (layout == "default") {
    return sequence(json::array({split("[\\p{P}\\$\\+<=>\\^~\\|]+"), split(kGpt2), split("\\p{N}+"),
                                 split("[0-9][0-9][0-9]"), byte_level_part(false, true, false)}));
  }
  return sequence(json::array({split(pre.layout), byte_level_part(false, true, false)}));
}

}  // namespace assay::text
