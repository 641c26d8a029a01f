// Cutting at the matches of a pattern.
#include "plugins/common/text/cutter.hpp"
#include "plugins/common/text/json_fields.hpp"

#include <stdexcept>

namespace assay::text {

namespace {

struct Stretch {
  Range range;
  bool matched;
};

/// A stretch is joined to the one before it in this order where it is a match and that is none.
void join_matches(const std::vector<Stretch>& stretches, bool backwards,
                  std::vector<Range>& words) {
  const size_t first = words.size();
  bool before = false;
  const size_t count = stretches.size();
  for (size_t i = 0; i < count; ++i) {
    const auto& [range, matched] = stretches[backwards ? count - 1 - i : i];
    if (matched && !before && words.size() > first) {
      if (backwards) words.back().begin = range.begin;
      if (!backwards) words.back().end = range.end;
    } else {
      words.push_back(range);
    }
    before = matched;
  }
  if (!backwards) return;
  for (size_t i = first, j = words.size(); i + 1 < j; ++i) std::swap(words[i], words[--j]);
}

/// Neighbours of one kind are joined.
void join_alike(const std::vector<Stretch>& stretches, std::vector<Range>& words) {
  for (size_t i = 0; i < stretches.size(); ++i) {
    if (i > 0 && stretches[i].matched == stretches[i - 1].matched) {
      words.back().end = stretches[i].range.end;
    } else {
      words.push_back(stretches[i].range);
    }
  }
}

}  // namespace

Behavior behavior_field(const nlohmann::json& json, const char* key, const char* fallback) {
  const std::string name = string_field(json, key, fallback);
  if (name == "Removed") return Behavior::removed;
  if (name == "Isolated") return Behavior::isolated;
  if (name == "MergedWithPrevious") return Behavior::merged_with_previous;
  if (name == "MergedWithNext") return Behavior::merged_with_next;
  if (name == "Contiguous") return Behavior::contiguous;
  refuse_type("behavior", name,
              "Removed, Isolated, MergedWithPrevious, MergedWithNext, Contiguous");
}

void split_at(Range range, const std::vector<Range>& matches, Behavior behavior, bool invert,
              std::vector<Range>& words) {
  std::vector<Stretch> stretches;
  uint32_t at = range.begin;
  for (const Range match : matches) {
    if (at < match.begin) stretches.push_back({{at, match.begin}, invert});
    stretches.push_back({match, !invert});
    at = match.end;
  }
  if (at < range.end) stretches.push_back({{at, range.end}, invert});
  switch (behavior) {
    case Behavior::removed:
      for (const Stretch& one : stretches) {
        if (!one.matched) words.push_back(one.range);
      }
      return;
    case Behavior::isolated:
      for (const Stretch& one : stretches) words.push_back(one.range);
      return;
    case Behavior::merged_with_previous: return join_matches(stretches, false, words);
    case Behavior::merged_with_next: return join_matches(stretches, true, words);
    case Behavior::contiguous: return join_alike(stretches, words);
  }
}

}  // namespace assay::text
