// What a part of a tokenizer looks for: a string, or a regular expression in PCRE2's syntax.
#pragma once
#include "plugins/common/text/aligned_text.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace assay::text {

class Pattern {
 public:
  /// {"String": "..."} or {"Regex": "..."}. std::invalid_argument: where the expression is wrong.
  explicit Pattern(const nlohmann::json& json);
  ~Pattern();
  Pattern(Pattern&&) noexcept;

  /// Every match in valid UTF-8, in order, none overlapping another; empty ones are left out.
  void find(std::string_view text, std::vector<Range>& matches) const;

 private:
  struct Compiled;
  std::string literal_;
  std::unique_ptr<const Compiled> expression_;
};

}  // namespace assay::text
