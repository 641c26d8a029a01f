#include "plugins/common/text/byte_alphabet.hpp"
#include "plugins/common/text/json_fields.hpp"
#include "plugins/common/text/pipeline.hpp"
#include "plugins/common/text/pre_tokenizer.hpp"
#include "plugins/common/text/scanner.hpp"
#include "plugins/common/text/utf8.hpp"

#include <functional>
#include <stdexcept>
#include <utility>

namespace assay::text {

namespace {

constexpr const char* kSupported =
    "BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, Metaspace, Punctuation, Sequence, "
    "Split, Whitespace, WhitespaceSplit";
constexpr int kMostNested = 16;

/// Rewrites each word alone; `words` follow.
void rewrite_words(AlignedText& text, std::vector<Range>& words,
                   const std::function<void(Rewriter&, Range)>& rewrite) {
  Rewriter out(text);
  for (Range& word : words) {
    out.keep_until(word.begin);
    const uint32_t begin = out.written();
    rewrite(out, word);
    out.keep_until(word.end);
    word = {begin, out.written()};
  }
}

void cut_words(const Cutter& cutter, std::string_view text, std::vector<Range>& words) {
  std::vector<Range> finer;
  finer.reserve(words.size());
  for (const Range word : words) {
    if (word.begin < word.end) cutter.cut(text, word, finer);
  }
  words = std::move(finer);
}

class Cutting : public PreTokenizer {
 public:
  explicit Cutting(std::unique_ptr<Cutter> cutter) : cutter_(std::move(cutter)) {}
  void apply(AlignedText& text, std::vector<Range>& words, bool) const override {
    cut_words(*cutter_, text.text(), words);
  }

 private:
  std::unique_ptr<Cutter> cutter_;
};

class ByteLevel : public PreTokenizer {
 public:
  explicit ByteLevel(const nlohmann::json& json)
      : add_prefix_space_(bool_field(json, "add_prefix_space", true)) {
    if (bool_field(json, "use_regex", true)) cutter_ = make_expression_cutter(kGpt2Expression);
  }

  void apply(AlignedText& text, std::vector<Range>& words, bool) const override {
    if (add_prefix_space_) {
      const std::string before = text.text();
      rewrite_words(text, words, [&](Rewriter& out, Range word) {
        if (word.begin < word.end && before[word.begin] != ' ') out.insert_before(" ");
      });
    }
    if (cutter_) cut_words(*cutter_, text.text(), words);
    const std::string before = text.text();
    rewrite_words(text, words, [&](Rewriter& out, Range word) {
      std::string characters;
      while (out.position() < word.end) {
        const uint32_t size = utf8_size(static_cast<unsigned char>(before[out.position()]));
        characters.clear();
        append_byte_characters(characters, std::string_view(before).substr(out.position(), size));
        out.replace(characters);
      }
    });
  }

 private:
  bool add_prefix_space_;
  std::unique_ptr<Cutter> cutter_;
};

class Metaspace : public PreTokenizer {
 public:
  explicit Metaspace(const nlohmann::json& json)
      : replacement_(string_field(json, "replacement", "\xE2\x96\x81")),
        split_(bool_field(json, "split", true)) {
    const bool legacy = bool_field(json, "add_prefix_space", true);
    const std::string scheme = string_field(json, "prepend_scheme", legacy ? "always" : "never");
    if (scheme == "always") {
      prepend_ = Prepend::always;
    } else if (scheme == "first") {
      prepend_ = Prepend::first;
    } else if (scheme != "never") {
      refuse_type("prepend_scheme", scheme, "always, first, never");
    }
    if (replacement_.empty() ||
        utf8_size(static_cast<unsigned char>(replacement_[0])) != replacement_.size()) {
      throw std::invalid_argument("Metaspace's \"replacement\" is \"" + replacement_ +
                                  "\"; one character was expected");
    }
  }

  void apply(AlignedText& text, std::vector<Range>& words, bool first) const override {
    rewrite_words(text, words, [&](Rewriter& out, Range word) {
      const bool wanted =
          prepend_ == Prepend::always || (prepend_ == Prepend::first && first && word.begin == 0);
      if (wanted && word.begin < word.end && out.next() != ' ' &&
          out.next() != utf8_at(replacement_, 0)) {
        out.insert_before(replacement_);
      }
      while (out.position() < word.end) {
        if (out.next() == ' ')
          out.replace(replacement_);
        else
          out.keep();
      }
    });
    if (split_) split_words(text.text(), words);
  }

 private:
  /// Each replacement begins a word.
  void split_words(const std::string& text, std::vector<Range>& words) const {
    std::vector<Range> finer, marks;
    for (const Range word : words) {
      marks.clear();
      const auto size = static_cast<uint32_t>(replacement_.size());
      const auto before_end = std::string_view(text).substr(0, word.end);
      for (size_t at = word.begin; (at = before_end.find(replacement_, at)) < word.end;
           at += size) {
        marks.push_back({static_cast<uint32_t>(at), static_cast<uint32_t>(at) + size});
      }
      split_at(word, marks, Behavior::merged_with_next, false, finer);
    }
    words = std::move(finer);
  }

  enum class Prepend { never, first, always };
  std::string replacement_;
  Prepend prepend_ = Prepend::never;
  bool split_;
};

class PreTokenizers : public PreTokenizer {
 public:
  explicit PreTokenizers(std::vector<std::unique_ptr<PreTokenizer>> parts)
      : parts_(std::move(parts)) {}
  void apply(AlignedText& text, std::vector<Range>& words, bool first) const override {
    for (const auto& part : parts_) part->apply(text, words, first);
  }

 private:
  std::vector<std::unique_ptr<PreTokenizer>> parts_;
};

const nlohmann::json& list_of(const nlohmann::json& json) {
  const nlohmann::json& list = field(json, "pretokenizers");
  if (!list.is_array()) {
    throw std::invalid_argument("the pre_tokenizer \"Sequence\" has no list \"pretokenizers\"");
  }
  return list;
}

std::unique_ptr<PreTokenizer> make_nested(const nlohmann::json& json, int depth) {
  if (json.is_null()) return nullptr;
  if (depth > kMostNested) throw std::invalid_argument("pre_tokenizers are nested too deeply");
  const std::string type = type_field(json, "pre_tokenizer");
  if (type == "Sequence") {
    std::vector<std::unique_ptr<PreTokenizer>> parts;
    for (const auto& part : list_of(json)) {
      if (auto made = make_nested(part, depth + 1)) parts.push_back(std::move(made));
    }
    return std::make_unique<PreTokenizers>(std::move(parts));
  }
  if (type == "ByteLevel") return std::make_unique<ByteLevel>(json);
  if (type == "Metaspace") return std::make_unique<Metaspace>(json);
  if (auto cutter = make_cutter(json)) return std::make_unique<Cutting>(std::move(cutter));
  refuse_type("pre_tokenizer", type, kSupported);
}

}  // namespace

std::unique_ptr<PreTokenizer> make_pre_tokenizer(const nlohmann::json& json) {
  return make_nested(json, 0);
}

std::optional<ByteLevelCut> make_byte_level_cut(const nlohmann::json& json) {
  if (json.is_null()) return std::nullopt;
  std::vector<const nlohmann::json*> parts = {&json};
  if (type_field(json, "pre_tokenizer") == "Sequence") {
    parts.clear();
    for (const auto& part : list_of(json)) parts.push_back(&part);
  }
  if (parts.empty() || type_field(*parts.back(), "pre_tokenizer") != "ByteLevel") {
    return std::nullopt;
  }
  ByteLevelCut cut;
  cut.add_prefix_space = bool_field(*parts.back(), "add_prefix_space", true);
  if (cut.add_prefix_space && parts.size() > 1) return std::nullopt;
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    auto cutter = make_cutter(*parts[i]);
    if (!cutter) return std::nullopt;
    cut.cutters.push_back(std::move(cutter));
  }
  if (bool_field(*parts.back(), "use_regex", true)) {
    cut.cutters.push_back(make_expression_cutter(kGpt2Expression));
  }
  return cut;
}

}  // namespace assay::text
