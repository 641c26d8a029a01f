#include "plugins/common/text/spaces.hpp"

#include <array>
#include <utility>

namespace assay::text {

namespace {

struct Rule {
  std::string_view old, now;
  bool per_token = false;
};

/// In the order in which they are applied.
constexpr std::array<Rule, 11> kRules = {{{" .", "."},
                                          {" ?", "?"},
                                          {" !", "!"},
                                          {" ,", ","},
                                          {" ' ", "'"},
                                          {" n't", "n't"},
                                          {" 'm", "'m"},
                                          {" do not", " don't", true},
                                          {" 's", "'s"},
                                          {" 've", "'ve"},
                                          {" 're", "'re"}}};

}  // namespace

void replace_all(std::string& text, std::string_view old, std::string_view now) {
  size_t at = old.empty() ? std::string::npos : text.find(old);
  if (at == std::string::npos) return;
  std::string result;
  size_t done = 0;
  for (; at != std::string::npos; at = text.find(old, done)) {
    result.append(text, done, at - done).append(now);
    done = at + old.size();
  }
  text = result.append(text, done, std::string::npos);
}

std::string without_stray_spaces(std::string text, bool per_token) {
  for (const Rule& rule : kRules) {
    if (!rule.per_token || per_token) replace_all(text, rule.old, rule.now);
  }
  return text;
}

}  // namespace assay::text
