#include "plugins/common/text/bert_normalizer.hpp"
#include "plugins/common/text/character_passes.hpp"
#include "plugins/common/text/json_fields.hpp"
#include "plugins/common/text/normal_forms.hpp"

namespace assay::text {

namespace {

/// BERT's own list of blocks (tokenization.py of its release, _is_chinese_char).
bool is_ideograph(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
         (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B81F) ||
         (c >= 0x2B920 && c <= 0x2CEAF) || (c >= 0xF900 && c <= 0xFAFF) ||
         (c >= 0x2F800 && c <= 0x2FA1F);
}

bool is_rubbish(char32_t c) {
  return c == 0 || c == 0xFFFD || (is_control(c) && c != '\t' && c != '\n' && c != '\r');
}

void clean(AlignedText& text) {
  for (Rewriter out(text); !out.done();) {
    const char32_t c = out.next();
    if (is_rubbish(c)) {
      out.drop();
    } else if (is_white_space(c)) {
      out.replace(U' ');
    } else {
      out.keep();
    }
  }
}

void space_ideographs(AlignedText& text) {
  for (Rewriter out(text); !out.done();) {
    const bool apart = is_ideograph(out.next());
    if (apart) out.insert_before(" ");
    out.keep();
    if (apart) out.insert(U' ');
  }
}

class BertNormalizer final : public Normalizer {
 public:
  explicit BertNormalizer(const nlohmann::json& json)
      : clean_text_(bool_field(json, "clean_text", true)),
        handle_chinese_chars_(bool_field(json, "handle_chinese_chars", true)),
        lowercase_(bool_field(json, "lowercase", true)),
        strip_accents_(bool_field(json, "strip_accents", lowercase_)) {}

  void apply(AlignedText& text) const override {
    if (clean_text_) clean(text);
    if (handle_chinese_chars_) space_ideographs(text);
    if (strip_accents_) {
      to_normal_form(text, NormalForm::nfd);
      drop_where(text, is_nonspacing_mark);
    }
    if (lowercase_) to_lower(text);
  }

 private:
  bool clean_text_, handle_chinese_chars_, lowercase_, strip_accents_;
};

}  // namespace

std::unique_ptr<Normalizer> make_bert_normalizer(const nlohmann::json& json) {
  return std::make_unique<BertNormalizer>(json);
}

}  // namespace assay::text
