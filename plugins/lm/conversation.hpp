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

  template <class M>
  static void describe(assay::Schema<M>& s) {
    using T = Conversation;
    static const std::string chats =
        "how a prompt is put: auto (the model's chat template if it has one), none (the prompt "
        "alone), or a template's name: " +
        known_templates();
    s.param("chat", &T::chat, chats.c_str());
    s.param("system", &T::system, "the system prompt; empty: the template's own");
    s.param("answer", &T::answer, "the beginning of every answer, which the model goes on from");
  }
  /// A name that no template has, and what only a template can use.
  void check() const;

 protected:
  static std::string known_templates();
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
  std::optional<assay::text::ChatTemplate> chat_;
  std::vector<assay::text::Id> answer_;
};

/// Where a model's answers end: the end tokens that its files name.
std::vector<assay::text::Id> end_tokens(const assay::lm::LanguageModel& model);

}  // namespace lm
