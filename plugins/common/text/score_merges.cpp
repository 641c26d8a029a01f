#include "plugins/common/text/score_merges.hpp"
#include "plugins/common/text/utf8.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <tuple>
#include <unordered_map>

namespace assay::text {

namespace {

constexpr size_t kLongest = 256;  // bytes of a token that is made of two others

struct Merge {
  float score;
  size_t left_size, right_size;  // characters
  size_t whole, left, right;     // ids

  auto rank() const { return std::tuple(-score, ~left_size, ~right_size, whole, left, right); }
};

size_t characters(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return !utf8_continues(byte); }));
}

}  // namespace

nlohmann::json merges_of_scores(std::span<const std::string_view> tokens,
                                std::span<const float> scores, const std::vector<bool>& text) {
  std::unordered_map<std::string_view, size_t> ids;
  for (size_t id = 0; id < tokens.size(); ++id) {
    if (text[id]) ids.emplace(tokens[id], id);
  }
  std::vector<Merge> merges;
  for (size_t id = 0; id < tokens.size(); ++id) {
    const std::string_view whole = tokens[id];
    if (!text[id] || whole.size() > kLongest) continue;
    for (size_t cut = 1; cut < whole.size(); ++cut) {
      if (utf8_continues(whole[cut])) continue;
      const auto left = ids.find(whole.substr(0, cut));
      if (left == ids.end()) continue;
      const auto right = ids.find(whole.substr(cut));
      if (right == ids.end()) continue;
      merges.push_back({scores[id], characters(left->first), characters(right->first), id,
                        left->second, right->second});
    }
  }
  std::sort(merges.begin(), merges.end(),
            [](const Merge& a, const Merge& b) { return a.rank() < b.rank(); });
  nlohmann::json pairs = nlohmann::json::array();
  for (const Merge& merge : merges) {
    pairs.push_back({std::string(tokens[merge.left]), std::string(tokens[merge.right])});
  }
  return pairs;
}

}  // namespace assay::text
