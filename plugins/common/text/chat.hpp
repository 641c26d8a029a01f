// Chat templates: which of the known families a model's template is, and the conversation as the
// pieces that its tokenizer encodes. The text is the one that the template makes in `transformers`
// without tools.
#pragma once
#include "plugins/common/text/tokenizer.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace assay::text {

struct Message {
  std::string role;  // "system", "user" or "assistant"
  std::string content;
};

struct ChatFamily;

class ChatTemplate {
 public:
  /// The family of a template's Jinja source, compared as text with those that are known: equal but
  /// for line ends, white space at the ends, and line feeds written as \n.
  /// std::invalid_argument if it is none of them: how to give one by name.
  static ChatTemplate recognise(std::string_view jinja);
  /// One of names(). std::invalid_argument, naming them, if it is none.
  static ChatTemplate named(std::string_view name);
  /// "chatml", "llama2", "llama3", "mistral-v0.1", "smollm2", ...
  static std::vector<std::string> names();

  const std::string& name() const { return name_; }

  /// The conversation, up to and including the opening of the assistant's answer if
  /// `open_answer`, followed by `answer`, a forced beginning of it. Contents are not parsed for
  /// special tokens; the markup is, the beginning of the sequence (<s>) included: encode without
  /// add_special. Families that trim contents trim `answer` too.
  /// std::invalid_argument: no message, an unknown role, an order of roles that the family does not
  /// have (it is named), a system message where it has none, an answer that is not opened.
  ///
  /// Llama-3.1 and 3.2 put a date into every conversation; here it is always the one that their
  /// templates fall back on, 26 Jul 2024. Deviation: with 3.2 `transformers` puts today's, and
  /// equal conversations would differ from day to day.
  std::vector<Piece> render(const std::vector<Message>& messages, bool open_answer = true,
                            std::string_view answer = "") const;

 private:
  explicit ChatTemplate(const ChatFamily& family);

  const ChatFamily* family_;
  std::string name_;
};

}  // namespace assay::text
