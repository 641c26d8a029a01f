#include "plugins/common/data/glosses.hpp"

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

/// The part before the first double quote, without blanks and semicolons at its ends.
std::string definition(std::string_view gloss) {
  gloss = gloss.substr(0, gloss.find('"'));
  const size_t first = gloss.find_first_not_of(" \t;");
  if (first == std::string_view::npos) return {};
  return std::string(gloss.substr(first, gloss.find_last_not_of(" \t\r;") - first + 1));
}

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

/// From numbers of lexicographer files to classes: those that occur, in their order.
void name_classes(ImageSet& set) {
  std::array<int32_t, kLexicographerFiles.size()> seen{};
  for (const int32_t file : set.labels) seen[static_cast<size_t>(file)] = 1;
  for (size_t file = 0; file < seen.size(); ++file) {
    if (seen[file] == 0) continue;
    seen[file] = static_cast<int32_t>(set.class_names.size());
    set.class_names.emplace_back(kLexicographerFiles[file]);
  }
  for (int32_t& label : set.labels) label = seen[static_cast<size_t>(label)];
  set.classes = static_cast<int>(set.class_names.size());
}
}  // namespace

bool is_wordnet(const std::string& name) {
  return name == "data.noun" || name == "data.verb" || name == "data.adj" || name == "data.adv";
}

ImageSet texts_from_wordnet(View bytes, const std::string& path) {
  ImageSet set;
  set.source = path;
  std::string_view rest = as_text(bytes);
  for (int64_t number = 1; !rest.empty(); ++number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.substr(0, 2) == "  ") continue;
    const size_t bar = line.find('|');
    if (bar == std::string_view::npos)
      malformed(path, "line " + std::to_string(number) + " has no gloss after a bar");
    set.labels.push_back(lexicographer_file(line.substr(0, bar), path, number));
    set.texts.push_back(definition(line.substr(bar + 1)));
  }
  set.count = static_cast<int64_t>(set.texts.size());
  name_classes(set);
  return set;
}

}  // namespace assay::data
