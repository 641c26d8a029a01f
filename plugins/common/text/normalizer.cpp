// The normalisers of tokenizer.json, but for BERT's: what makes each of them from its JSON object.
#include "plugins/common/text/bert_normalizer.hpp"
#include "plugins/common/text/byte_alphabet.hpp"
#include "plugins/common/text/character_passes.hpp"
#include "plugins/common/text/json_fields.hpp"
#include "plugins/common/text/normal_forms.hpp"
#include "plugins/common/text/pattern.hpp"
#include "plugins/common/text/pipeline.hpp"
#include "plugins/common/text/utf8.hpp"

#include <stdexcept>
#include <utility>

namespace assay::text {

namespace {

using Made = std::unique_ptr<Normalizer>;

constexpr int kDeepest = 16;  // of sequences in sequences

template <typename Function>
class Step final : public Normalizer {
 public:
  explicit Step(Function function) : function_(std::move(function)) {}
  void apply(AlignedText& text) const override { function_(text); }

 private:
  Function function_;
};

template <typename Function>
Made step(Function function) {
  return std::make_unique<Step<Function>>(std::move(function));
}

Made normal_form(NormalForm form) {
  return step([form](AlignedText& text) { to_normal_form(text, form); });
}

void strip(AlignedText& text, bool left, bool right) {
  const std::string& all = text.text();
  const std::string_view inner = trimmed(all);
  const bool nothing = inner.empty();
  size_t begin = nothing ? all.size() : static_cast<size_t>(inner.data() - all.data());
  size_t end = nothing ? all.size() : begin + inner.size();
  if (!left) begin = 0;
  if (!right) end = all.size();
  if (nothing && right) begin = end = left ? all.size() : 0;
  const size_t size = all.size();
  Rewriter out(text);
  out.drop_until(static_cast<uint32_t>(begin));
  out.keep_until(static_cast<uint32_t>(std::max(begin, end)));
  out.drop_until(static_cast<uint32_t>(size));
}

/// The clean-up of Google's NMT normalisation: some control characters go, others are blanks.
void nmt(AlignedText& text) {
  for (Rewriter out(text); !out.done();) {
    const char32_t c = out.next();
    const bool dropped = (c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F ||
                         c == 0x8F || c == 0x9F;
    const bool blank = c == 9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 ||
                       (c >= 0x200B && c <= 0x200F) || c == 0x2028 || c == 0x2029 || c == 0x2581 ||
                       c == 0xFEFF || c == 0xFFFD;
    if (dropped) {
      out.drop();
    } else if (blank) {
      out.replace(U' ');
    } else {
      out.keep();
    }
  }
}

void spell_bytes(AlignedText& text) {
  std::string character, spelled;
  for (Rewriter out(text); !out.done();) {
    spelled.clear();
    character.clear();
    utf8_append(character, out.next());
    append_byte_characters(spelled, character);
    out.replace(spelled);
  }
}

Made prepend(std::string prefix) {
  return step([prefix = std::move(prefix)](AlignedText& text) {
    if (!text.text().empty()) Rewriter(text).insert_before(prefix);
  });
}

/// Every match is replaced by `content`, which comes from the last character of the match.
class Replace final : public Normalizer {
 public:
  explicit Replace(const nlohmann::json& json)
      : pattern_(field(json, "pattern")), content_(string_field(json, "content", "")) {}

  void apply(AlignedText& text) const override {
    std::vector<Range> matches;
    pattern_.find(text.text(), matches);
    if (matches.empty()) return;
    Rewriter out(text);
    for (const Range& match : matches) {
      out.keep_until(match.begin);
      out.drop_until(match.end);
      out.insert(content_);
    }
  }

 private:
  Pattern pattern_;
  std::string content_;
};

class Sequence final : public Normalizer {
 public:
  void add(Made part) {
    if (part) parts_.push_back(std::move(part));
  }
  void apply(AlignedText& text) const override {
    for (const Made& part : parts_) part->apply(text);
  }

 private:
  std::vector<Made> parts_;
};

Made make(const nlohmann::json& json, int depth);

Made make_sequence(const nlohmann::json& json, int depth) {
  const nlohmann::json& parts = field(json, "normalizers");
  if (!parts.is_array()) throw std::invalid_argument("normalizer \"Sequence\" has no list");
  if (depth == kDeepest) throw std::invalid_argument("normalizer: sequences nest too deeply");
  auto sequence = std::make_unique<Sequence>();
  for (const nlohmann::json& part : parts) sequence->add(make(part, depth + 1));
  return sequence;
}

Made make(const nlohmann::json& json, int depth) {
  if (json.is_null()) return nullptr;
  const std::string type = type_field(json, "normalizer");
  if (type == "Sequence") return make_sequence(json, depth);
  if (type == "BertNormalizer") return make_bert_normalizer(json);
  if (type == "NFC") return normal_form(NormalForm::nfc);
  if (type == "NFD") return normal_form(NormalForm::nfd);
  if (type == "NFKC") return normal_form(NormalForm::nfkc);
  if (type == "NFKD") return normal_form(NormalForm::nfkd);
  if (type == "Lowercase") return step(to_lower);
  if (type == "StripAccents") return step([](AlignedText& text) { drop_where(text, is_mark); });
  if (type == "Nmt") return step(nmt);
  if (type == "ByteLevel") return step(spell_bytes);
  if (type == "Prepend") return prepend(string_field(json, "prepend", ""));
  if (type == "Replace") return std::make_unique<Replace>(json);
  if (type == "Strip") {
    const bool left = bool_field(json, "strip_left", true);
    const bool right = bool_field(json, "strip_right", true);
    return step([left, right](AlignedText& text) { strip(text, left, right); });
  }
  refuse_type("normalizer", type,
              "BertNormalizer, ByteLevel, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, Prepend, Replace, "
              "Sequence, Strip, StripAccents (not Precompiled, SentencePiece's own table)");
}

}  // namespace

std::unique_ptr<Normalizer> make_normalizer(const nlohmann::json& json) { return make(json, 0); }

}  // namespace assay::text
