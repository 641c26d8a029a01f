#include "plugins/common/data/glosses.hpp"
#include "plugins/common/data/wndb.hpp"

namespace assay::data {
namespace {

/// The part before the first double quote, without blanks and semicolons at its ends.
std::string definition(std::string_view gloss) {
  gloss = gloss.substr(0, gloss.find('"'));
  const size_t first = gloss.find_first_not_of(" \t;");
  if (first == std::string_view::npos) return {};
  return std::string(gloss.substr(first, gloss.find_last_not_of(" \t\r;") - first + 1));
}

/// From numbers of lexicographer files to classes: those that occur, in their order.
void name_classes(ImageSet& set) {
  std::vector<int32_t> seen(static_cast<size_t>(lexicographer_files()));
  for (const int32_t file : set.labels) seen[static_cast<size_t>(file)] = 1;
  for (int32_t file = 0; file < lexicographer_files(); ++file) {
    int32_t& mark = seen[static_cast<size_t>(file)];
    if (mark == 0) continue;
    mark = static_cast<int32_t>(set.class_names.size());
    set.class_names.emplace_back(lexicographer_file_name(file));
  }
  for (int32_t& label : set.labels) label = seen[static_cast<size_t>(label)];
  set.classes = static_cast<int>(set.class_names.size());
}
}  // namespace

ImageSet texts_from_wordnet(View bytes, const std::string& path) {
  ImageSet set;
  set.source = path;
  for_each_synset(bytes, path, [&](const Synset& synset) {
    set.labels.push_back(synset.file);
    set.texts.push_back(definition(synset.gloss));
    return true;
  });
  set.count = static_cast<int64_t>(set.texts.size());
  name_classes(set);
  return set;
}

}  // namespace assay::data
