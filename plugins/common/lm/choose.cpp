#include "plugins/common/lm/choose.hpp"

#include <algorithm>
#include <cctype>
#include <regex>
#include <stdexcept>

namespace assay::lm {
namespace {

constexpr size_t kNearest = 3;  // names in a message

/// The least number of edits that turn `pattern` into some part of `text` (Sellers 1980).
size_t edits_into_part(const std::string& pattern, const std::string& text) {
  std::vector<size_t> column(pattern.size() + 1);
  for (size_t i = 0; i < column.size(); ++i) column[i] = i;
  size_t least = column.back();
  for (const char c : text) {
    size_t diagonal = column[0];  // a part may begin anywhere: row 0 stays 0
    for (size_t i = 1; i < column.size(); ++i) {
      const size_t replaced = diagonal + (pattern[i - 1] == c ? 0 : 1);
      diagonal = column[i];
      column[i] = std::min({replaced, column[i] + 1, column[i - 1] + 1});
    }
    least = std::min(least, column.back());
  }
  return least;
}

/// A name with every number as 0: the layers of a model are alike.
std::string without_numbers(const std::string& name) {
  std::string out;
  for (const char c : name) {
    const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (!digit || out.empty() || out.back() != '0') out += digit ? '0' : c;
  }
  return out;
}

std::string nearest(const std::vector<std::string>& names, const std::string& expression) {
  std::string letters;
  for (const char c : expression)
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.') letters += c;
  std::vector<std::pair<size_t, std::string>> kinds;
  std::vector<std::string> seen;
  for (const auto& name : names) {
    const auto kind = without_numbers(name);
    if (std::find(seen.begin(), seen.end(), kind) != seen.end()) continue;
    seen.push_back(kind);
    kinds.emplace_back(edits_into_part(letters, name), name);
  }
  std::stable_sort(kinds.begin(), kinds.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string list;
  for (size_t i = 0; i < std::min(kNearest, kinds.size()); ++i)
    list += (i ? ", " : "") + kinds[i].second;
  return list;
}

}  // namespace

std::vector<size_t> chosen(const std::vector<std::string>& names, const std::string& expression,
                           const std::string& what) {
  std::regex regex;
  try {
    regex = std::regex(expression);
  } catch (const std::regex_error& error) {
    throw std::invalid_argument("\"" + expression + "\" is no regular expression: " + error.what());
  }
  std::vector<size_t> indices;
  for (size_t i = 0; i < names.size(); ++i)
    if (std::regex_search(names[i], regex)) indices.push_back(i);
  if (indices.empty())
    throw std::invalid_argument(
        "\"" + expression + "\" matches no " + what + " of the model, " +
        (names.empty() ? "which has none" : "whose nearest are " + nearest(names, expression)));
  return indices;
}

std::vector<Linear> chosen_linears(const Model& model, const std::string& expression) {
  std::vector<std::string> names;
  for (const auto& linear : model.linears()) names.push_back(linear->name);
  std::vector<Linear> linears;
  for (const size_t i : chosen(names, expression, "linear layer"))
    linears.push_back(model.linears()[i]);
  return linears;
}

}  // namespace assay::lm
