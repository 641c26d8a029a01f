#include "plugins/common/text/chat.hpp"
#include "plugins/common/text/chat_family.hpp"
#include "plugins/common/text/unicode.hpp"
#include "plugins/common/text/utf8.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace assay::text {

namespace {

std::string known_names() {
  std::string names;
  for (const ChatFamily& family : chat_families()) {
    names.append(names.empty() ? "" : ", ").append(family.name);
  }
  return names;
}

[[noreturn]] void refuse(const ChatFamily& family, const std::string& what) {
  throw std::invalid_argument("the chat template \"" + std::string(family.name) + "\" " + what);
}

/// Python's str.strip, which templates trim with: White_Space and four separators of ASCII.
std::string_view stripped(std::string_view text, bool left = true, bool right = true) {
  const auto separates = [](char c) { return c >= 0x1C && c <= 0x1F; };
  for (size_t before = text.size() + 1; before != text.size();) {
    before = text.size();
    const std::string_view inner = trimmed(text);
    const char* const first = inner.empty() ? text.data() + text.size() : inner.data();
    if (left) text.remove_prefix(static_cast<size_t>(first - text.data()));
    const char* const last = inner.empty() ? text.data() : inner.data() + inner.size();
    if (right) text = text.substr(0, static_cast<size_t>(last - text.data()));
    while (left && !text.empty() && separates(text.front())) text.remove_prefix(1);
    while (right && !text.empty() && separates(text.back())) text.remove_suffix(1);
  }
  return text;
}

/// Text in pieces, neighbours of one kind joined.
class Pieces {
 public:
  void markup(std::string_view text) { add(text, true); }
  void content(std::string_view text) { add(text, false); }
  /// Takes what stands after the first `kept` bytes of all pieces without white space at its end.
  void strip_end(size_t kept) {
    while (size_ > kept) {
      std::string& last = pieces_.back().text;
      const size_t most = std::min(last.size(), size_ - kept);
      const std::string_view tail = std::string_view(last).substr(last.size() - most);
      const size_t left = stripped(tail, false, true).size();
      size_ -= most - left;
      last.resize(last.size() - (most - left));
      if (!last.empty()) return;
      pieces_.pop_back();
    }
  }
  size_t size() const { return size_; }
  std::vector<Piece> take() { return std::move(pieces_); }

 private:
  void add(std::string_view text, bool special) {
    if (text.empty()) return;
    if (pieces_.empty() || pieces_.back().special != special) pieces_.push_back({"", special});
    pieces_.back().text += text;
    size_ += text.size();
  }

  std::vector<Piece> pieces_;
  size_t size_ = 0;
};

void check_text(const ChatFamily& family, std::string_view text, const std::string& where) {
  const size_t at = utf8_invalid(text);
  if (at == std::string_view::npos) return;
  refuse(family, "was given invalid UTF-8 at byte " + std::to_string(at) + " of " + where);
}

/// Every message has a role that the family knows at its place.
void check_turns(const ChatFamily& family, const std::vector<Message>& messages) {
  if (messages.empty()) refuse(family, "needs a message");
  bool user_next = true;
  for (size_t i = 0; i < messages.size(); ++i) {
    const std::string& role = messages[i].role;
    const std::string where = "message " + std::to_string(i + 1);
    check_text(family, messages[i].content, where);
    if (role == "system") {
      if (i > 0) refuse(family, "has its system message first, not as " + where);
      if (family.system == SystemPlace::refused) {
        refuse(family, "has no system message; its text may begin the user's first one");
      }
      continue;
    }
    if (role != "user" && role != "assistant") {
      refuse(family,
             "has no role \"" + role + "\" (" + where + "); roles are system, user and assistant");
    }
    if (family.alternate && (role == "user") != user_next) {
      refuse(family, "has user and assistant take turns, the user first; " + where + " is the " +
                         role + "'s");
    }
    user_next = !user_next;
  }
}

class Renderer {
 public:
  Renderer(const ChatFamily& family, const std::vector<Message>& messages)
      : family_(family), messages_(messages) {
    if (messages[0].role == "system") {
      has_system_ = true;
      system_ = messages[0].content;
    } else if (!family.default_system.empty()) {
      has_system_ = true;
      system_ = family.default_system;
    }
  }

  void conversation() {
    out_.markup(family_.begin);
    const bool turn = family_.system == SystemPlace::turn && has_system_;
    if (turn || family_.system == SystemPlace::always_turn) {
      out_.markup(family_.before_system);
      out_.content(family_.trim_user ? stripped(system_) : system_);
      out_.markup(family_.after_system);
    }
    const size_t first = messages_[0].role == "system" ? 1 : 0;
    for (size_t i = first; i < messages_.size(); ++i) {
      if (messages_[i].role == "user") {
        user(messages_[i].content, i == first, i + 1 == messages_.size());
      } else {
        out_.markup(family_.before_answer);
        answer_text(messages_[i].content);
        out_.markup(family_.after_answer);
      }
    }
  }

  void open_answer(std::string_view answer) {
    out_.markup(answer.empty() ? family_.open_answer : family_.before_answer);
    answer_text(answer);
  }

  std::vector<Piece> take() { return out_.take(); }

 private:
  void user(std::string_view content, bool first, bool last) {
    const bool with_system = has_system_ && ((family_.system == SystemPlace::first_user && first) ||
                                             (family_.system == SystemPlace::last_user && last));
    out_.markup(family_.before_user);
    const size_t begin = out_.size();
    if (with_system) {
      out_.markup(family_.before_system);
      out_.content(system_);
      out_.markup(family_.after_system);
    }
    // What is trimmed is the system message and the content as one text.
    out_.content(family_.trim_user ? stripped(content, !with_system, false) : content);
    if (family_.trim_user) out_.strip_end(begin);
    out_.markup(family_.after_user);
  }

  void answer_text(std::string_view content) {
    out_.content(family_.trim_answer ? stripped(content) : content);
  }

  const ChatFamily& family_;
  const std::vector<Message>& messages_;
  bool has_system_ = false;
  std::string_view system_;
  Pieces out_;
};

}  // namespace

ChatTemplate::ChatTemplate(const ChatFamily& family) : family_(&family), name_(family.name) {}

ChatTemplate ChatTemplate::recognise(std::string_view jinja) {
  const std::string_view name = family_of_template(jinja);
  if (name.empty()) {
    throw std::invalid_argument(
        (jinja.empty() ? std::string("the model has no chat template")
                       : "the model's chat template is none of those that are known (it begins \"" +
                             utf8_repaired(jinja.substr(0, 60)) + "\")") +
        "; say which one it is like with the parameter `chat`: one of " + known_names());
  }
  return named(name);
}

ChatTemplate ChatTemplate::named(std::string_view name) {
  for (const ChatFamily& family : chat_families()) {
    if (family.name == name) return ChatTemplate(family);
  }
  throw std::invalid_argument("chat template \"" + std::string(name) +
                              "\" is not known; known are: " + known_names());
}

std::vector<std::string> ChatTemplate::names() {
  std::vector<std::string> names;
  for (const ChatFamily& family : chat_families()) names.emplace_back(family.name);
  return names;
}

std::vector<Piece> ChatTemplate::render(const std::vector<Message>& messages, bool open_answer,
                                        std::string_view answer) const {
  check_turns(*family_, messages);
  check_text(*family_, answer, "the answer's beginning");
  if (!answer.empty() && !open_answer) {
    refuse(*family_, "was given the beginning of an answer that is not to be opened");
  }
  if (open_answer && family_->alternate && messages.back().role != "user") {
    refuse(*family_, "opens an answer only after a user's message");
  }
  Renderer renderer(*family_, messages);
  renderer.conversation();
  if (open_answer) renderer.open_answer(answer);
  return renderer.take();
}

}  // namespace assay::text
