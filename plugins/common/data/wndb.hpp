// The lines of WordNet's files data.noun, data.verb, data.adj and data.adv: wndb(5WN).
#pragma once
#include "plugins/common/data/bytes.hpp"

#include <functional>

namespace assay::data {

/// One line: a synonym set. The views are into the file.
struct Synset {
  int64_t line = 0;
  int32_t file = 0;         // of lexnames(5WN): see lexicographer_file_name
  std::string_view fields;  // what stands before the bar
  std::string_view gloss;   // what stands after it, without blanks at its ends
  /// Its words, with blanks for underscores and without an adjective's marker such as "(p)";
  /// malformed if the fields do not hold as many as they say.
  std::vector<std::string> words(const std::string& path) const;
};

/// Calls `visit` with every synonym set in order, until it returns false. Lines that begin with two
/// blanks are the licence. Malformed: no gloss, no number of a lexicographer file.
bool for_each_synset(View bytes, const std::string& path,
                     const std::function<bool(const Synset&)>& visit);

/// How many lexicographer files there are, and what number i is called, such as noun.artifact.
int32_t lexicographer_files();
const char* lexicographer_file_name(int32_t i);

/// Whether a file of this name is such a file.
bool is_wordnet(const std::string& name);

}  // namespace assay::data
