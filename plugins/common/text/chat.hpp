// Chat templates: which of the known families a model's template is, and the conversation as the
// pieces that its tokenizer encodes.
#pragma once
#include "plugins/common/text/tokenizer.hpp"

#include <string>
#include <vector>

namespace assay::text {

struct Message {
  std::string role;  // "system", "user" or "assistant"
  std::string content;
};

class ChatTemplate {
 public:
  /// The family of a template's Jinja source, compared as text with those that are known.
  /// std::invalid_argument if it is none of them: how to give one by name.
  static ChatTemplate recognise(const std::string& jinja);
  /// One of names(): "chatml", "smollm2", "qwen2", "llama2", "llama3", "mistral", ...
  static ChatTemplate named(const std::string& name);
  static std::vector<std::string> names();

  const std::string& name() const { return name_; }

  /// The conversation, up to and including the opening of the assistant's answer if
  /// `open_answer`, followed by `answer`, a forced beginning of it. Contents are not parsed for
  /// special tokens; the markup is.
  std::vector<Piece> render(const std::vector<Message>& messages, bool open_answer = true,
                            const std::string& answer = "") const;

 private:
  std::string name_;
};

}  // namespace assay::text
