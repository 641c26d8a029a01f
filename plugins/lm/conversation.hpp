// How a prompt becomes what a model reads: as it stands, or as a turn of a conversation in the
// model's own chat template.
#pragma once
#include "plugins/common/lm/language_model.hpp"
#include "plugins/common/text/chat.hpp"

#include <assay/plugin.hpp>

#include <optional>
#include <string>
#include <vector>

namespace lm {

/// Parameters of methods that put prompts to a model.
struct Conversation {
  std::string chat = "auto";
  std::string system;
  std::string answer;
  bool special_tokens = false;

  template <class M>
  static void describe(assay::Schema<M>& s) {
    using T = Conversation;
    s.param("chat", &T::chat,
            "how a prompt is put: auto (the model's chat template if it has one), none (the prompt "
            "alone), or the template of that name")
        .choices({"auto", "none", "chatml", "smollm2", "qwen1.5", "qwen2", "qwen2.5", "llama2",
                  "llama3", "llama3.1", "llama3.2", "mistral-v0.1", "mistral-v0.2",
                  "mistral-v0.2-system", "mistral-v0.3", "mistral-nemo"});
    s.param("system", &T::system, "the system prompt; empty: the template's own");
    s.param("answer", &T::answer, "the beginning of every answer, which the model goes on from");
    s.param("special_tokens", &T::special_tokens,
            "a prompt without a template: special tokens that it spells, such as <|im_start|>, are "
            "read as such and not as characters");
  }
  /// What a template alone can use, and what it does not leave to the prompt.
  void check() const;
};

/// A conversation for one model.
class Prompter {
 public:
  /// std::invalid_argument if the model's template is none that is known.
  Prompter(const Conversation& conversation, const assay::lm::LanguageModel& model);

  /// The ids that the model reads before its answer.
  std::vector<assay::text::Id> ids(const std::string& prompt) const;
  /// The ids of the answer's given beginning.
  const std::vector<assay::text::Id>& answer() const { return answer_; }
  /// The template's name; "none" if prompts are put as they stand.
  std::string name() const { return chat_ ? chat_->name() : "none"; }

 private:
  const assay::text::Tokenizer& tokenizer_;
  std::string system_;
  bool special_tokens_;
  std::optional<assay::text::ChatTemplate> chat_;
  std::vector<assay::text::Id> answer_;
};

/// Where a model's answers end: the end tokens that its files name.
std::vector<assay::text::Id> end_tokens(const assay::lm::LanguageModel& model);

}  // namespace lm
