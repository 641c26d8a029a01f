// Pre-tokenisers that only cut: they rewrite nothing, so that text can be cut where it lies.
#pragma once
#include "plugins/common/text/aligned_text.hpp"

#include <nlohmann/json_fwd.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace assay::text {

class Cutter {
 public:
  virtual ~Cutter() = default;
  /// Appends the words of text[range.begin, range.end), as if it stood alone; none is empty.
  virtual void cut(std::string_view text, Range range, std::vector<Range>& words) const = 0;
};

/// Null if this pre-tokeniser is none of "Split", "Digits", "Punctuation", "Whitespace",
/// "WhitespaceSplit", "BertPreTokenizer", "CharDelimiterSplit".
std::unique_ptr<Cutter> make_cutter(const nlohmann::json& json);

/// At the matches of one of tokenizer.json's expressions, each its own word.
std::unique_ptr<Cutter> make_expression_cutter(const std::string& expression);

/// What becomes of the stretches that a pattern matched.
enum class Behavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };
Behavior behavior_field(const nlohmann::json& json, const char* key, const char* fallback);

/// Appends the words of `range`, given the matches in it in order.
void split_at(Range range, const std::vector<Range>& matches, Behavior behavior, bool invert,
              std::vector<Range>& words);

}  // namespace assay::text
