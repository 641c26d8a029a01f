// What the known families of chat templates have in common, as data.
#pragma once
#include <span>
#include <string_view>

namespace assay::text {

/// How a family puts the system message.
enum class SystemPlace {
  turn,         // a turn of its own
  first_user,   // before the first user's content
  last_user,    // before the last user's content
  always_turn,  // a turn that is there without a system message too
  refused
};

/// A conversation is `begin`, then for each turn `before` it, its content, `after` it; a turn that
/// is opened is what stands before it. ROLE in `before` is the role's name.
struct ChatFamily {
  std::string_view name;
  SystemPlace system;
  std::string_view begin;
  std::string_view default_system;  // where a conversation has none; empty: no system turn
  std::string_view before_user, after_user;
  std::string_view before_answer, after_answer;
  std::string_view open_answer;  // before an answer that is yet to come
  std::string_view before_system, after_system;
  bool alternate;               // user and assistant take turns, the user first
  bool trim_user, trim_answer;  // contents lose the white space at their ends
};

std::span<const ChatFamily> chat_families();

/// The name of the family that a template belongs to; empty if it is not known.
std::string_view family_of_template(std::string_view jinja);

}  // namespace assay::text
