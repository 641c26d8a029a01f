#include "plugins/common/data/wndb.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace assay::data {
namespace {

/// The lexicographer files by number: lexnames(5WN) of WordNet 3.0.
constexpr std::array<const char*, 45> kLexicographerFiles = {
    "adj.all",          "adj.pert",           "adv.all",
    "noun.Tops",        "noun.act",           "noun.animal",
    "noun.artifact",    "noun.attribute",     "noun.body",
    "noun.cognition",   "noun.communication", "noun.event",
    "noun.feeling",     "noun.food",          "noun.group",
    "noun.location",    "noun.motive",        "noun.object",
    "noun.person",      "noun.phenomenon",    "noun.plant",
    "noun.possession",  "noun.process",       "noun.quantity",
    "noun.relation",    "noun.shape",         "noun.state",
    "noun.substance",   "noun.time",          "verb.body",
    "verb.change",      "verb.cognition",     "verb.communication",
    "verb.competition", "verb.consumption",   "verb.contact",
    "verb.creation",    "verb.emotion",       "verb.motion",
    "verb.perception",  "verb.possession",    "verb.social",
    "verb.stative",     "verb.weather",       "adj.ppl"};

/// The number of the lexicographer file: the second field.
int32_t lexicographer_file(std::string_view line, const std::string& path, int64_t number) {
  const size_t begin = std::min(line.find(' '), line.size());
  const size_t end = std::min(line.find(' ', begin + 1), line.size());
  int32_t file = -1;
  const auto [stop, error] =
      std::from_chars(line.data() + std::min(begin + 1, end), line.data() + end, file);
  if (error != std::errc() || stop != line.data() + end || file < 0 ||
      file >= static_cast<int32_t>(kLexicographerFiles.size()))
    malformed(path, "line " + std::to_string(number) +
                        " has no number of a lexicographer file, 00 to 44, as its second field");
  return file;
}

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string_view take_field(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view field = rest.substr(0, end);
  rest.remove_prefix(end);
  return field;
}
}  // namespace

int32_t lexicographer_files() { return static_cast<int32_t>(kLexicographerFiles.size()); }

const char* lexicographer_file_name(int32_t i) {
  return kLexicographerFiles.at(static_cast<size_t>(i));
}

bool is_wordnet(const std::string& name) {
  return name == "data.noun" || name == "data.verb" || name == "data.adj" || name == "data.adv";
}

std::vector<std::string> Synset::words(const std::string& path) const {
  std::string_view rest = fields;
  for (int i = 0; i < 3; ++i) take_field(rest);  // offset, lexicographer file, part of speech
  const std::string_view count = take_field(rest);
  int n = 0;
  const auto [stop, error] = std::from_chars(count.data(), count.data() + count.size(), n, 16);
  std::vector<std::string> out;
  if (error == std::errc() && stop == count.data() + count.size() && n > 0 && n < 256)
    for (int i = 0; i < n; ++i) {
      std::string word(take_field(rest));
      if (take_field(rest).empty()) break;  // its number among the senses of the file
      if (word.ends_with(')')) word.resize(std::min(word.rfind('('), word.size()));
      std::replace(word.begin(), word.end(), '_', ' ');
      out.push_back(std::move(word));
    }
  if (out.empty() || out.size() != static_cast<size_t>(n))
    malformed(path, "line " + std::to_string(line) +
                        " does not hold as many words as its fourth field, in hexadecimal, says");
  return out;
}

bool for_each_synset(View bytes, const std::string& path,
                     const std::function<bool(const Synset&)>& visit) {
  std::string_view rest = as_text(bytes);
  for (int64_t number = 1; !rest.empty(); ++number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.substr(0, 2) == "  ") continue;
    const size_t bar = line.find('|');
    if (bar == std::string_view::npos)
      malformed(path, "line " + std::to_string(number) + " has no gloss after a bar");
    const std::string_view fields = line.substr(0, bar);
    if (!visit({number, lexicographer_file(fields, path, number), fields,
                trimmed(line.substr(bar + 1))}))
      return false;
  }
  return true;
}

}  // namespace assay::data
