#include "plugins/common/text/json_fields.hpp"
#include "plugins/common/text/pattern.hpp"
#include "plugins/common/text/utf8.hpp"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <algorithm>
#include <pcre2.h>
#include <stdexcept>

namespace assay::text {

namespace {

/// PCRE2's words for an error code.
std::string words_of(int code) {
  PCRE2_UCHAR message[160];
  pcre2_get_error_message(code, message, sizeof(message));
  return reinterpret_cast<const char*>(message);
}

/// \s and \S as the Unicode standard's White_Space has them: PCRE2's include U+180E. Inside a
/// class a negated one cannot be spelt out, and stays.
std::string with_white_space(const std::string& expression) {
  std::string out;
  bool in_class = false;
  for (size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    if (c == '\\' && i + 1 < expression.size()) {
      const char what = expression[++i];
      const std::string spaces =
          "\\t-\\r \\x{85}\\x{A0}\\x{1680}\\x{2000}-\\x{200A}\\x{2028}\\x{2029}\\x{202F}\\x{205F}"
          "\\x{3000}";
      if (what == 's') {
        out += in_class ? spaces : "[" + spaces + "]";
      } else if (what == 'S' && !in_class) {
        out += "[^" + spaces + "]";
      } else {
        (out += c) += what;
      }
      continue;
    }
    if (c == '[') in_class = true;
    if (c == ']') in_class = false;
    out += c;
  }
  return out;
}

}  // namespace

struct Pattern::Compiled {
  pcre2_code* code = nullptr;
  explicit Compiled(const std::string& expression) {
    const std::string exact = with_white_space(expression);
    int error = 0;
    PCRE2_SIZE offset = 0;
    code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(exact.data()), exact.size(),
                         PCRE2_UTF | PCRE2_UCP | PCRE2_NO_UTF_CHECK | PCRE2_NEVER_BACKSLASH_C,
                         &error, &offset, nullptr);
    if (code == nullptr) {
      throw std::invalid_argument("the expression " + expression + " is wrong: " + words_of(error));
    }
    pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // where there is none it is interpreted
  }
  ~Compiled() { pcre2_code_free(code); }
  Compiled(const Compiled&) = delete;
  Compiled& operator=(const Compiled&) = delete;
};

Pattern::Pattern(const nlohmann::json& json) {
  const nlohmann::json& regex = field(json, "Regex");
  if (!regex.is_null()) {
    const std::string expression = string_field(json, "Regex", "");
    if (utf8_invalid(expression) != std::string::npos) {
      throw std::invalid_argument("the expression is no UTF-8");
    }
    expression_ = std::make_unique<const Compiled>(expression);
  } else {
    literal_ = string_field(json, "String", "");
  }
}

Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;

void Pattern::find(std::string_view text, std::vector<Range>& matches) const {
  const auto add = [&](size_t begin, size_t end) {
    matches.push_back({static_cast<uint32_t>(begin), static_cast<uint32_t>(end)});
  };
  if (!expression_) {
    if (literal_.empty()) return;
    for (size_t at = 0; (at = text.find(literal_, at)) != std::string_view::npos;) {
      add(at, at + literal_.size());
      at += literal_.size();
    }
    return;
  }
  const std::unique_ptr<pcre2_match_data, void (*)(pcre2_match_data*)> data(
      pcre2_match_data_create(1, nullptr), pcre2_match_data_free);
  const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
  for (size_t at = 0; at <= text.size();) {
    int found = pcre2_match(expression_->code, subject, text.size(), at, PCRE2_NO_UTF_CHECK,
                            data.get(), nullptr);
    if (found == PCRE2_ERROR_JIT_STACKLIMIT) {  // the interpreter's stack is the heap
      found = pcre2_match(expression_->code, subject, text.size(), at,
                          PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, data.get(), nullptr);
    }
    if (found == PCRE2_ERROR_NOMATCH) return;
    if (found < 0) {
      throw std::invalid_argument("the expression cannot be matched: " + words_of(found));
    }
    const PCRE2_SIZE* ends = pcre2_get_ovector_pointer(data.get());
    if (ends[1] > ends[0]) add(ends[0], ends[1]);
    const bool moved = ends[1] > ends[0] && ends[1] > at;
    at = std::max<size_t>(at, ends[1]);
    if (!moved) {
      if (at >= text.size()) return;
      at += utf8_size(static_cast<unsigned char>(text[at]));
    }
  }
}

}  // namespace assay::text
