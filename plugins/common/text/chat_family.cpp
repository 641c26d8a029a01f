#include "plugins/common/text/chat_family.hpp"
#include "plugins/common/text/spaces.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <string>

namespace assay::text {

namespace {

/// ChatML: turns between <|im_start|>ROLE and <|im_end|>.
constexpr ChatFamily chatml(std::string_view name, std::string_view default_system) {
  return {.name = name,
          .system = SystemPlace::turn,
          .begin = "",
          .default_system = default_system,
          .before_user = "<|im_start|>user\n",
          .after_user = "<|im_end|>\n",
          .before_answer = "<|im_start|>assistant\n",
          .after_answer = "<|im_end|>\n",
          .open_answer = "<|im_start|>assistant\n",
          .before_system = "<|im_start|>system\n",
          .after_system = "<|im_end|>\n",
          .alternate = false,
          .trim_user = false,
          .trim_answer = false};
}

constexpr ChatFamily llama3(std::string_view name, SystemPlace system,
                            std::string_view before_system) {
  return {.name = name,
          .system = system,
          .begin = "<|begin_of_text|>",
          .default_system = "",
          .before_user = "<|start_header_id|>user<|end_header_id|>\n\n",
          .after_user = "<|eot_id|>",
          .before_answer = "<|start_header_id|>assistant<|end_header_id|>\n\n",
          .after_answer = "<|eot_id|>",
          .open_answer = "<|start_header_id|>assistant<|end_header_id|>\n\n",
          .before_system = before_system,
          .after_system = "<|eot_id|>",
          .alternate = false,
          .trim_user = true,
          .trim_answer = true};
}

/// [INST] and [/INST] around what the user says.
constexpr ChatFamily inst(std::string_view name, SystemPlace system, std::string_view open,
                          std::string_view close, std::string_view before_answer,
                          std::string_view after_answer, bool trim_answer) {
  return {.name = name,
          .system = system,
          .begin = "<s>",
          .default_system = "",
          .before_user = open,
          .after_user = close,
          .before_answer = before_answer,
          .after_answer = after_answer,
          .open_answer = "",
          .before_system = "",
          .after_system = "\n\n",
          .alternate = true,
          .trim_user = false,
          .trim_answer = trim_answer};
}

/// Llama-2: each exchange is a sequence of its own, the system message inside the first.
constexpr ChatFamily llama2() {
  return {.name = "llama2",
          .system = SystemPlace::first_user,
          .begin = "",
          .default_system = "",
          .before_user = "<s>[INST] ",
          .after_user = " [/INST]",
          .before_answer = " ",
          .after_answer = " </s>",
          .open_answer = "",
          .before_system = "<<SYS>>\n",
          .after_system = "\n<</SYS>>\n\n",
          .alternate = true,
          .trim_user = true,
          .trim_answer = true};
}

constexpr std::string_view kLlama3System = "<|start_header_id|>system<|end_header_id|>\n\n";
constexpr std::string_view kDatedSystem =
    "<|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\n"
    "Today Date: 26 Jul 2024\n\n";

constexpr std::array kFamilies = {
    chatml("chatml", ""),
    llama2(),
    llama3("llama3", SystemPlace::turn, kLlama3System),
    llama3("llama3.1", SystemPlace::always_turn, kDatedSystem),
    llama3("llama3.2", SystemPlace::always_turn, kDatedSystem),
    inst("mistral-nemo", SystemPlace::last_user, "[INST]", "[/INST]", "", "</s>", false),
    inst("mistral-v0.1", SystemPlace::refused, "[INST] ", " [/INST]", "", "</s> ", false),
    inst("mistral-v0.2", SystemPlace::refused, "[INST] ", " [/INST]", "", "</s>", false),
    inst("mistral-v0.2-system", SystemPlace::first_user, " [INST] ", " [/INST]", " ", "</s>",
         false),
    inst("mistral-v0.3", SystemPlace::last_user, "[INST] ", "[/INST]", " ", "</s>", true),
    chatml("qwen1.5", "You are a helpful assistant"),
    chatml("qwen2", "You are a helpful assistant."),
    chatml("qwen2.5", "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."),
    chatml("smollm2", "You are a helpful AI assistant named SmolLM, trained by Hugging Face"),
};

struct Known {
  std::string_view digest, family;
};

/// SHA-256 of the published templates in the form that `plain` gives them.
constexpr std::array kKnown = {
    Known{"153280e3ff55d19da1398bdb3914ee2a51b80429bfaedde11d7d216c39db80f3", "chatml"},
    Known{"58c1a1f04baa7adaeaba1f90267c3d57d9396f0c1f0129bdde9e76d3c6784af7", "chatml"},
    Known{"872be49dbb638044ad01b60388f48d469ff2980e5f0dccdc22ec907db54d0788", "smollm2"},
    Known{"af9c0233881b083b52ff773580215222b5440ac3d0beeeca99b76329b048f8db", "qwen1.5"},
    Known{"793202280c0910ab26bc6eb57c8212c2417324c6d8c4efd0d10d59092ab3e3eb", "qwen2"},
    Known{"a18cc698dd45623eb707279d08e66f7bb8d76afc89ead84016b88487b395b5cc", "qwen2.5"},
    Known{"9780fae5bfea3cfd7be37d328c6edfd296a8869be8131495bbe7eb37e780c88c", "llama2"},
    Known{"17b9854f459dd1e767c9a01a117f61fc1ddf30ca7e5fdd450e4ea20933f7933c", "llama2"},
    Known{"7fc58500f0542d84d80c72f9271864203b43152380ca989bf6671d750a1ce813", "llama2"},
    Known{"beaf6ca162efbeb4da913f2c05257c22b8991c6f79cc95da8e7e7f5fb3327e80", "llama2"},
    Known{"ba03a121d097859c7b5b9cd03af99aafe95275210d2876f642ad9929a150f122", "llama3"},
    Known{"99799a835a31e1d33c4a9c7ee8a0de3923b291a95155ed6dc8efcbd0fe1d0238", "llama3.1"},
    Known{"0cac23ffd2b33ff7b039e17ee143a080053318146fdc788f1d49ed4745aa8683", "llama3.2"},
    Known{"7e995b379ec01747807246483647cd99030abf331653f1119e16d7ac041a3495", "mistral-v0.1"},
    Known{"26a59556925c987317ce5291811ba3b7f32ec4c647c400c6cc7e3a9993007ba7", "mistral-v0.2"},
    Known{"1c6594f8393552ef16bbf3ddecb67d8258fb8d66339a1a092a8f8496061f02d3",
          "mistral-v0.2-system"},
    Known{"9074ed36d7503f0f63bd70ef4a0db1e12ec90718aef446404917f5ee3216e2f3", "mistral-v0.3"},
    Known{"1127255163dd25a2fd472f9901035aa9e78dc77ca33efdd010f5c8ea87e5d436", "mistral-nemo"},
};

/// Without what makes no difference to the text: line ends, white space at the ends, and whether a
/// line feed is written as one or as \n.
std::string plain(std::string_view jinja) {
  std::string text(jinja);
  replace_all(text, "\r\n", "\n");
  replace_all(text, "\\n", "\n");
  const size_t begin = std::min(text.find_first_not_of(" \t\n"), text.size());
  const size_t end = text.find_last_not_of(" \t\n") + 1;
  return text.substr(begin, std::max(end, begin) - begin);
}

std::string sha256(const std::string& text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> bytes;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), bytes.data());
  std::string digits;
  for (const unsigned char byte : bytes) {
    digits.push_back("0123456789abcdef"[byte >> 4]);
    digits.push_back("0123456789abcdef"[byte & 15]);
  }
  return digits;
}

}  // namespace

std::span<const ChatFamily> chat_families() { return kFamilies; }

std::string_view family_of_template(std::string_view jinja) {
  const std::string digest = sha256(plain(jinja));
  for (const Known& known : kKnown) {
    if (known.digest == digest) return known.family;
  }
  return {};
}

}  // namespace assay::text
