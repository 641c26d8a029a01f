// Chat templates: the text that each family makes, and which template is of which family.
#include "plugins/common/text/chat.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>
#include <string>

using namespace assay::text;

namespace {

const std::vector<Message> kAsked = {{"user", "Hi"}};
const std::vector<Message> kAskedWithSystem = {{"system", "Be brief."}, {"user", "Hi"}};
const std::vector<Message> kTalk = {
    {"system", "Be brief."}, {"user", " Hi "}, {"assistant", " Yes. "}, {"user", "Why?"}};

std::string text_of(const std::vector<Piece>& pieces) {
  std::string text;
  for (const Piece& piece : pieces) text += piece.text;
  return text;
}

std::string rendered(const char* family, const std::vector<Message>& messages, bool open = true,
                     const char* answer = "") {
  return text_of(ChatTemplate::named(family).render(messages, open, answer));
}

template <typename Function>
std::string complaint(Function function) {
  try {
    function();
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

// ChatML as published models write it in Jinja.
const std::string kChatMl =
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
    "'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' "
    "}}{% endif %}";

}  // namespace

TEST_CASE("ChatML stands each message between its markers, and opens the assistant's") {
  CHECK(rendered("chatml", kTalk) ==
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n Hi <|im_end|>\n"
        "<|im_start|>assistant\n Yes. <|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n"
        "<|im_start|>assistant\n");
  CHECK(rendered("chatml", kAsked, false) == "<|im_start|>user\nHi<|im_end|>\n");
}

TEST_CASE("families of ChatML differ in the system prompt of a conversation that has none") {
  const auto with_system = [](const std::string& prompt) {
    return "<|im_start|>system\n" + prompt + "<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n";
  };
  CHECK(rendered("smollm2", kAsked, false) ==
        with_system("You are a helpful AI assistant named SmolLM, trained by Hugging Face"));
  CHECK(rendered("qwen1.5", kAsked, false) == with_system("You are a helpful assistant"));
  CHECK(rendered("qwen2", kAsked, false) == with_system("You are a helpful assistant."));
  CHECK(rendered("qwen2.5", kAsked, false) ==
        with_system("You are Qwen, created by Alibaba Cloud. You are a helpful assistant."));
  for (const char* family : {"smollm2", "qwen1.5", "qwen2", "qwen2.5"}) {
    CAPTURE(family);
    CHECK(rendered(family, kAskedWithSystem, false) == with_system("Be brief."));
  }
}

// Meta's llama/generation.py, chat_completion: B_INST, E_INST, B_SYS, E_SYS and strip().
TEST_CASE("Llama-2 puts the system message into the first user's, trims, and ends each exchange") {
  CHECK(rendered("llama2", kTalk) ==
        "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\n Hi [/INST] Yes. </s><s>[INST] Why? [/INST]");
  CHECK(rendered("llama2", {{"user", "\n Hi "}}) == "<s>[INST] Hi [/INST]");
  CHECK(rendered("llama2", kAsked, true, "Sure") == "<s>[INST] Hi [/INST] Sure");
  // What is trimmed is the system message and the content as one text.
  CHECK(rendered("llama2", {{"system", "S"}, {"user", " \n"}}) ==
        "<s>[INST] <<SYS>>\nS\n<</SYS>> [/INST]");
}

// Meta's model cards and prompt formats: Llama 3, 3.1, 3.2.
TEST_CASE("Llama-3 heads each turn; 3.1 and 3.2 begin with a dated system turn") {
  CHECK(rendered("llama3", kTalk) ==
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\nYes.<|eot_id|>"
        "<|start_header_id|>user<|end_header_id|>\n\nWhy?<|eot_id|>"
        "<|start_header_id|>assistant<|end_header_id|>\n\n");
  for (const char* family : {"llama3.1", "llama3.2"}) {
    CAPTURE(family);
    CHECK(rendered(family, kAsked, false) ==
          "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n"
          "Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n<|eot_id|>"
          "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|>");
  }
}

// Mistral's guide to its tokenizers' instruction formats: V1, V3 and V3-Tekken.
TEST_CASE("Mistral's versions differ in blanks and in where the system message stands") {
  const std::vector<Message> talk = {{"user", "Hi"}, {"assistant", "Yes."}, {"user", "Why?"}};
  CHECK(rendered("mistral-v0.1", talk) == "<s>[INST] Hi [/INST]Yes.</s> [INST] Why? [/INST]");
  CHECK(rendered("mistral-v0.2", talk) == "<s>[INST] Hi [/INST]Yes.</s>[INST] Why? [/INST]");
  CHECK(rendered("mistral-v0.2-system", kTalk) ==
        "<s> [INST] Be brief.\n\n Hi  [/INST]  Yes. </s> [INST] Why? [/INST]");
  CHECK(rendered("mistral-v0.3", kTalk) ==
        "<s>[INST]  Hi [/INST] Yes.</s>[INST] Be brief.\n\nWhy?[/INST]");
  CHECK(rendered("mistral-nemo", kTalk) ==
        "<s>[INST] Hi [/INST] Yes. </s>[INST]Be brief.\n\nWhy?[/INST]");
  CHECK(rendered("mistral-v0.3", kAsked, true, "Sure") == "<s>[INST] Hi[/INST] Sure");
}

TEST_CASE(
    "markup is parsed for special tokens, what people say is not, forced beginnings neither") {
  const std::vector<Piece> pieces =
      ChatTemplate::named("chatml").render({{"user", "<|im_end|>"}}, true, "Sure<|im_end|>");
  REQUIRE(pieces.size() == 4);
  CHECK(pieces[0].text == "<|im_start|>user\n");
  CHECK(pieces[0].special);
  CHECK(pieces[1].text == "<|im_end|>");
  CHECK(!pieces[1].special);
  CHECK(pieces[2].text == "<|im_end|>\n<|im_start|>assistant\n");
  CHECK(pieces[2].special);
  CHECK(pieces[3].text == "Sure<|im_end|>");
  CHECK(!pieces[3].special);
}

TEST_CASE("a template is recognised by its text, but for how line ends are written") {
  CHECK(ChatTemplate::recognise(kChatMl).name() == "chatml");
  std::string escaped = kChatMl;
  for (size_t at; (at = escaped.find('\n')) != std::string::npos;) escaped.replace(at, 1, "\\n");
  CHECK(ChatTemplate::recognise("\r\n" + escaped + "\n").name() == "chatml");
  std::string other = kChatMl;
  other.insert(other.find("'<|im_end|>'"), "' ' + ");
  CHECK(complaint([&] { ChatTemplate::recognise(other); }).find("parameter `chat`") !=
        std::string::npos);
  CHECK(complaint([] { ChatTemplate::recognise(""); }).find("has no chat template") !=
        std::string::npos);
  CHECK(complaint([] { ChatTemplate::recognise("\xFF\xE2"); }).find("none of those") !=
        std::string::npos);
}

TEST_CASE("every name is a family, and another name is an error that lists them") {
  const std::vector<std::string> names = ChatTemplate::names();
  CHECK(std::is_sorted(names.begin(), names.end()));
  for (const std::string& name : names) CHECK(ChatTemplate::named(name).name() == name);
  CHECK(complaint([] { ChatTemplate::named("vicuna"); }).find("qwen2.5, smollm2") !=
        std::string::npos);
}

TEST_CASE("a conversation that a family does not have is one sentence") {
  const auto refused = [](const char* family, const std::vector<Message>& messages,
                          bool open = true, const char* answer = "") {
    return complaint([&] { rendered(family, messages, open, answer); });
  };
  const std::vector<std::pair<std::string, std::string>> cases = {
      {refused("chatml", {}), "the chat template \"chatml\" needs a message"},
      {refused("chatml", {{"tool", "x"}}),
       "the chat template \"chatml\" has no role \"tool\" (message 1); roles are system, user and "
       "assistant"},
      {refused("chatml", {{"user", "x"}, {"system", "y"}}),
       "the chat template \"chatml\" has its system message first, not as message 2"},
      {refused("mistral-v0.1", kAskedWithSystem),
       "the chat template \"mistral-v0.1\" has no system message; its text may begin the user's "
       "first one"},
      {refused("llama2", {{"user", "x"}, {"user", "y"}}),
       "the chat template \"llama2\" has user and assistant take turns, the user first; message 2 "
       "is the user's"},
      {refused("llama2", {{"user", "x"}, {"assistant", "y"}}),
       "the chat template \"llama2\" opens an answer only after a user's message"},
      {refused("chatml", kAsked, false, "x"),
       "the chat template \"chatml\" was given the beginning of an answer that is not to be "
       "opened"},
      {refused("chatml", {{"user", "ab\xFF"}}),
       "the chat template \"chatml\" was given invalid UTF-8 at byte 2 of message 1"}};
  for (const auto& [got, expected] : cases) CHECK(got == expected);
}
