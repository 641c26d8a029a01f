// The decoders of tokenizer.json: from the spelling of tokens to text.
#include "plugins/common/text/byte_alphabet.hpp"
#include "plugins/common/text/json_fields.hpp"
#include "plugins/common/text/pattern.hpp"
#include "plugins/common/text/pipeline.hpp"
#include "plugins/common/text/spaces.hpp"
#include "plugins/common/text/utf8.hpp"

#include <stdexcept>
#include <utility>

namespace assay::text {

namespace {

using nlohmann::json;
using Made = std::unique_ptr<Decoder>;
using Tokens = std::vector<std::string>;

constexpr int kDeepest = 16;           // of sequences in sequences
constexpr size_t kMostText = 1 << 28;  // bytes that may be made of a list of ids

template <typename Function>
class Step final : public Decoder {
 public:
  explicit Step(Function function) : function_(std::move(function)) {}
  void apply(Tokens& tokens) const override { function_(tokens); }

 private:
  Function function_;
};

template <typename Function>
Made step(Function function) {
  return std::make_unique<Step<Function>>(std::move(function));
}

void byte_level(Tokens& tokens) {
  std::string bytes;
  for (const std::string& token : tokens) {
    if (!append_bytes_of(bytes, token)) bytes += token;
  }
  tokens.assign(1, utf8_repaired(bytes));
}

void fuse(Tokens& tokens) {
  std::string all;
  for (const std::string& token : tokens) all += token;
  tokens.assign(1, std::move(all));
}

/// The byte that a token like <0x0A> is; -1 if it is another token.
int fallback_byte(const std::string& token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return -1;
  int byte = 0;
  for (const char digit : {token[3], token[4]}) {
    const bool decimal = digit >= '0' && digit <= '9';
    const char low = static_cast<char>(digit | 0x20);
    if (!decimal && !(low >= 'a' && low <= 'f')) return -1;
    byte = byte * 16 + (decimal ? digit - '0' : low - 'a' + 10);
  }
  return byte;
}

/// A run of bytes is its text or, if it is not valid as a whole, U+FFFD for each byte.
void byte_fallback(Tokens& tokens) {
  Tokens result;
  std::string run;
  const auto end_run = [&] {
    if (utf8_invalid(run) == std::string_view::npos) {
      if (!run.empty()) result.push_back(run);
    } else {
      result.insert(result.end(), run.size(), "\xEF\xBF\xBD");
    }
    run.clear();
  };
  for (std::string& token : tokens) {
    const int byte = fallback_byte(token);
    if (byte >= 0) {
      run.push_back(static_cast<char>(byte));
      continue;
    }
    end_run();
    result.push_back(std::move(token));
  }
  end_run();
  tokens = std::move(result);
}

Made word_piece(const json& object) {
  const std::string prefix = string_field(object, "prefix", "##");
  const bool cleanup = bool_field(object, "cleanup", true);
  return step([prefix, cleanup](Tokens& tokens) {
    for (size_t i = 0; i < tokens.size(); ++i) {
      std::string& token = tokens[i];
      if (i > 0 && token.starts_with(prefix)) {
        token.erase(0, prefix.size());
      } else if (i > 0) {
        token.insert(0, " ");
      }
      if (cleanup) token = without_stray_spaces(std::move(token), true);
    }
  });
}

/// Metaspace's character is a blank; in the first token, where a blank was put before the text, it
/// is nothing.
Made metaspace(const json& object) {
  const std::string mark = string_field(object, "replacement", "\xE2\x96\x81");
  if (mark.empty()) throw std::invalid_argument("decoder \"Metaspace\" replaces nothing");
  const bool legacy = bool_field(object, "add_prefix_space", true);
  const bool prepended =
      string_field(object, "prepend_scheme", legacy ? "always" : "never") != "never";
  return step([mark, prepended](Tokens& tokens) {
    for (size_t i = 0; i < tokens.size(); ++i) {
      replace_all(tokens[i], mark, i == 0 && prepended ? "" : " ");
    }
  });
}

Made end_of_word(const json& object) {
  const std::string suffix = string_field(object, "suffix", "</w>");
  return step([suffix](Tokens& tokens) {
    for (size_t i = 0; i < tokens.size(); ++i) {
      replace_all(tokens[i], suffix, i + 1 == tokens.size() ? "" : " ");
    }
  });
}

size_t count_field(const json& object, const char* key) {
  const json& value = field(object, key);
  if (!value.is_number_integer() || value.get<int64_t>() < 0) {
    throw std::invalid_argument(std::string("decoder: \"") + key + "\" is not a count");
  }
  return value.get<size_t>();
}

/// Up to `start` of one character at a token's beginning, up to `stop` at its end.
Made strip(const json& object) {
  const std::string content = string_field(object, "content", " ");
  const size_t start = count_field(object, "start"), stop = count_field(object, "stop");
  if (content.empty()) throw std::invalid_argument("decoder \"Strip\" has no content");
  return step([content, start, stop](Tokens& tokens) {
    for (std::string& token : tokens) {
      size_t begin = 0, end = token.size();
      for (size_t i = 0; i < start && token.compare(begin, content.size(), content) == 0; ++i) {
        begin += content.size();
      }
      const auto ends_so = [&] {
        return end - begin >= content.size() &&
               token.compare(end - content.size(), content.size(), content) == 0;
      };
      for (size_t i = 0; i < stop && ends_so(); ++i) end -= content.size();
      token = token.substr(begin, end - begin);
    }
  });
}

class Replace final : public Decoder {
 public:
  explicit Replace(const json& object)
      : pattern_(field(object, "pattern")), content_(string_field(object, "content", "")) {}

  void apply(Tokens& tokens) const override {
    std::vector<Range> matches;
    size_t all = 0;
    for (std::string& token : tokens) {
      matches.clear();
      pattern_.find(token, matches);
      all += token.size() + matches.size() * content_.size();
      if (all > kMostText)
        throw std::invalid_argument("the decoder makes more than 256 MiB of text");
      std::string replaced;
      size_t done = 0;
      for (const Range match : matches) {
        replaced.append(token, done, match.begin - done).append(content_);
        done = match.end;
      }
      if (done > 0) token = replaced.append(token, done, std::string::npos);
    }
  }

 private:
  Pattern pattern_;
  std::string content_;
};

class Sequence final : public Decoder {
 public:
  void add(Made part) {
    if (part) parts_.push_back(std::move(part));
  }
  void apply(Tokens& tokens) const override {
    for (const Made& part : parts_) part->apply(tokens);
  }

 private:
  std::vector<Made> parts_;
};

Made make(const json& object, int depth) {
  if (object.is_null()) return nullptr;
  const std::string type = type_field(object, "decoder");
  if (type == "ByteLevel") return step(byte_level);
  if (type == "WordPiece") return word_piece(object);
  if (type == "Metaspace") return metaspace(object);
  if (type == "BPEDecoder") return end_of_word(object);
  if (type == "ByteFallback") return step(byte_fallback);
  if (type == "Fuse") return step(fuse);
  if (type == "Strip") return strip(object);
  if (type == "Replace") return std::make_unique<Replace>(object);
  if (type != "Sequence") {
    refuse_type("decoder", type,
                "BPEDecoder, ByteFallback, ByteLevel, Fuse, Metaspace, Replace, Sequence, Strip, "
                "WordPiece");
  }
  const json& parts = field(object, "decoders");
  if (!parts.is_array()) throw std::invalid_argument("decoder \"Sequence\" has no list");
  if (depth == kDeepest) throw std::invalid_argument("decoder: sequences nest too deeply");
  auto sequence = std::make_unique<Sequence>();
  for (const json& part : parts) sequence->add(make(part, depth + 1));
  return sequence;
}

}  // namespace

std::unique_ptr<Decoder> make_decoder(const json& object) { return make(object, 0); }

}  // namespace assay::text
