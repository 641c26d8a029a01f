// The post-processors of tokenizer.json: tokens that stand before and after a text, and spans
// without the blanks that byte-level tokens begin with. Templates for pairs of texts are not used.
#include "plugins/common/text/json_fields.hpp"
#include "plugins/common/text/pipeline.hpp"
#include "plugins/common/text/unicode.hpp"
#include "plugins/common/text/utf8.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace assay::text {

namespace {

using nlohmann::json;
using Made = std::unique_ptr<PostProcessor>;

constexpr int kDeepest = 16;                // of sequences in sequences
constexpr const char* kBlank = "\xC4\xA0";  // the blank in GPT-2's alphabet of bytes

/// Ids before and after the text's own.
struct Frame {
  std::vector<Id> before, after;

  void apply(Encoding& encoding) const {
    encoding.ids.insert(encoding.ids.begin(), before.begin(), before.end());
    encoding.ids.insert(encoding.ids.end(), after.begin(), after.end());
  }
};

Id known_id(const json& value, const Vocabulary& vocabulary) {
  if (!value.is_number_integer() || value.get<int64_t>() < 0 || value.get<int64_t>() > 0x7FFFFFFF ||
      !vocabulary.has(value.get<Id>())) {
    throw std::invalid_argument("post_processor adds the id " + value.dump() +
                                ", which the vocabulary does not have");
  }
  return value.get<Id>();
}

class Framed final : public PostProcessor {
 public:
  explicit Framed(Frame frame) : frame_(std::move(frame)) {}

  void apply(Encoding& encoding, std::string_view, bool add_special) const override {
    if (!add_special) return;
    const bool spans = encoding.spans.size() == encoding.ids.size();
    frame_.apply(encoding);
    if (!spans) return;
    encoding.spans.insert(encoding.spans.begin(), frame_.before.size(), Span{});
    encoding.spans.resize(encoding.ids.size());
  }

 private:
  Frame frame_;
};

bool begins_blank(std::string_view token) {
  return !token.empty() && (token.starts_with(kBlank) || is_white_space(utf8_at(token, 0)));
}

/// The blanks, and other white space, at one end of a token.
size_t leading_blanks(std::string_view token) {
  size_t count = 0;
  for (; begins_blank(token); ++count) {
    token.remove_prefix(utf8_size(static_cast<unsigned char>(token[0])));
  }
  return count;
}

size_t trailing_blanks(std::string_view token) {
  size_t count = 0;
  for (;; ++count) {
    if (token.empty()) return count;
    size_t last = token.size() - 1;
    while (last > 0 && utf8_continues(token[last])) --last;
    if (!begins_blank(token.substr(last))) return count;
    token.remove_suffix(token.size() - last);
  }
}

/// The byte that is `count` characters on from, or back from, byte `at` of a text.
uint32_t later(std::string_view text, uint32_t at, size_t count) {
  for (; count > 0 && at < text.size(); --count) {
    at += utf8_size(static_cast<unsigned char>(text[at]));
  }
  return at;
}

/// `at` itself if the text has not as many characters before it.
uint32_t earlier(std::string_view text, uint32_t at, size_t count) {
  uint32_t found = at;
  for (; count > 0; --count) {
    if (found == 0) return at;
    do --found;
    while (found > 0 && utf8_continues(text[found]));
  }
  return found;
}

/// A token as it stands in the text, if it is one that takes the white space beside it.
std::string_view as_it_stands(std::string_view token, std::string_view in_text) {
  return trimmed(in_text) == trimmed(token) ? in_text : token;
}

/// Spans leave out the blanks that their tokens begin and end with, but for a single one that
/// add_prefix_space may have put before the first word.
class TrimSpans final : public PostProcessor {
 public:
  TrimSpans(const json& object, const Vocabulary& vocabulary)
      : vocabulary_(vocabulary), add_prefix_space_(bool_field(object, "add_prefix_space", true)) {}

  void apply(Encoding& encoding, std::string_view original, bool) const override {
    for (size_t i = 0; i < encoding.spans.size(); ++i) {
      Span& span = encoding.spans[i];
      const std::string_view token = as_it_stands(
          vocabulary_.token(encoding.ids[i]), original.substr(span.begin, span.end - span.begin));
      size_t leading = leading_blanks(token);
      const size_t trailing = trailing_blanks(token);
      if ((i == 0 || span.begin == 0) && add_prefix_space_ && leading == 1) leading = 0;
      span.begin = std::min(later(original, span.begin, leading), span.end);
      span.end = std::max(earlier(original, span.end, trailing), span.begin);
    }
  }

 private:
  const Vocabulary& vocabulary_;
  bool add_prefix_space_;
};

class Sequence final : public PostProcessor {
 public:
  void add(Made part) {
    if (part) parts_.push_back(std::move(part));
  }
  void apply(Encoding& encoding, std::string_view original, bool add_special) const override {
    for (const Made& part : parts_) part->apply(encoding, original, add_special);
  }

 private:
  std::vector<Made> parts_;
};

/// ["token", id], as BERT's and RoBERTa's processors name theirs.
Id named_id(const json& object, const char* key, const Vocabulary& vocabulary) {
  const json& pair = field(object, key);
  if (!pair.is_array() || pair.size() != 2) {
    throw std::invalid_argument(std::string("post_processor: \"") + key +
                                "\" is not a token and its id");
  }
  return known_id(pair[1], vocabulary);
}

Frame cls_sep_frame(const json& object, const Vocabulary& vocabulary) {
  return {{named_id(object, "cls", vocabulary)}, {named_id(object, "sep", vocabulary)}};
}

/// The ids behind one {"SpecialToken": {"id": NAME}} of a template.
void append_special(const json& piece, const json& known, const Vocabulary& vocabulary,
                    std::vector<Id>& ids) {
  const std::string name = string_field(field(piece, "SpecialToken"), "id", "");
  const json& special = known.is_object() ? field(known, name.c_str()) : known;
  const json& list = special.is_null() ? special : field(special, "ids");
  if (!list.is_array()) {
    throw std::invalid_argument("post_processor \"TemplateProcessing\" does not say which ids \"" +
                                name + "\" has");
  }
  for (const json& id : list) ids.push_back(known_id(id, vocabulary));
}

Frame template_frame(const json& object, const Vocabulary& vocabulary) {
  const json& pieces = field(object, "single");
  Frame frame;
  int texts = 0;
  for (const json& piece : pieces.is_array() ? pieces : json::array()) {
    if (!field(piece, "SpecialToken").is_null()) {
      append_special(piece, field(object, "special_tokens"), vocabulary,
                     texts == 0 ? frame.before : frame.after);
    } else if (string_field(field(piece, "Sequence"), "id", "") == "A") {
      ++texts;
    } else {
      texts = -1;
      break;
    }
  }
  if (texts != 1) {
    throw std::invalid_argument(
        "post_processor \"TemplateProcessing\": \"single\" is not a list of special tokens with "
        "sequence A once among them");
  }
  return frame;
}

Made make(const json& object, const Vocabulary& vocabulary, int depth) {
  if (object.is_null()) return nullptr;
  const std::string type = type_field(object, "post_processor");
  if (type == "TemplateProcessing") {
    return std::make_unique<Framed>(template_frame(object, vocabulary));
  }
  if (type == "BertProcessing") {
    return std::make_unique<Framed>(cls_sep_frame(object, vocabulary));
  }
  auto sequence = std::make_unique<Sequence>();
  if (type == "ByteLevel" || type == "RobertaProcessing") {
    if (bool_field(object, "trim_offsets", true)) {
      sequence->add(std::make_unique<TrimSpans>(object, vocabulary));
    }
    if (type == "RobertaProcessing") {
      sequence->add(std::make_unique<Framed>(cls_sep_frame(object, vocabulary)));
    }
    return sequence;
  }
  if (type != "Sequence") {
    refuse_type("post_processor", type,
                "BertProcessing, ByteLevel, RobertaProcessing, Sequence, TemplateProcessing");
  }
  const json& parts = field(object, "processors");
  if (!parts.is_array()) throw std::invalid_argument("post_processor \"Sequence\" has no list");
  if (depth == kDeepest) throw std::invalid_argument("post_processor: sequences nest too deeply");
  for (const json& part : parts) sequence->add(make(part, vocabulary, depth + 1));
  return sequence;
}

}  // namespace

std::unique_ptr<PostProcessor> make_post_processor(const json& object,
                                                   const Vocabulary& vocabulary) {
  return make(object, vocabulary, 0);
}

}  // namespace assay::text
