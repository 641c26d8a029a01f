#include "plugins/lm/conversation.hpp"

#include <algorithm>
#include <stdexcept>

namespace lm {

using assay::text::ChatTemplate;
using assay::text::Id;

void Conversation::check() const {
  if (chat == "none" && !system.empty())
    throw std::invalid_argument("a system prompt needs a chat template: leave chat out, or system");
  if (special_tokens && chat != "none" && chat != "auto")
    throw std::invalid_argument(
        "special_tokens is for prompts without a template: take chat = \"none\", or leave it out");
}

Prompter::Prompter(const Conversation& conversation, const assay::lm::LanguageModel& model)
    : tokenizer_(model.tokenizer.value()),
      system_(conversation.system),
      special_tokens_(conversation.special_tokens) {
  if (conversation.chat == "auto") {
    if (!model.chat_template.empty()) chat_ = ChatTemplate::recognise(model.chat_template);
  } else if (conversation.chat != "none") {
    chat_ = ChatTemplate::named(conversation.chat);
  }
  if (!chat_ && !system_.empty())
    throw std::invalid_argument(model.where +
                                ": has no chat template, so it can have no system prompt; name a "
                                "template with chat");
  if (!conversation.answer.empty())
    answer_ = tokenizer_.encode(conversation.answer, {.add_special = false});
}

std::vector<Id> Prompter::ids(const std::string& prompt) const {
  if (!chat_) return tokenizer_.encode(prompt, {.parse_special = special_tokens_});
  std::vector<assay::text::Message> messages;
  if (!system_.empty()) messages.push_back({"system", system_});
  messages.push_back({"user", prompt});
  return tokenizer_.encode(chat_->render(messages));
}

std::vector<Id> end_tokens(const assay::lm::LanguageModel& model) {
  std::vector<Id> out;
  const auto add = [&](int64_t id) {
    if (id >= 0 && std::find(out.begin(), out.end(), static_cast<Id>(id)) == out.end())
      out.push_back(static_cast<Id>(id));
  };
  for (const int64_t id : model.model->config().eos_ids) add(id);
  if (!model.generation_config.empty())
    for (const int64_t id : assay::lm::read_end_tokens(
             model.generation_config, model.where + ": its generation_config.json"))
      add(id);
  if (model.tokenizer) add(model.tokenizer->eos());
  return out;
}

}  // namespace lm
