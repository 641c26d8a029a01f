// The glosses of WordNet's synonym sets.
#pragma once
#include "plugins/common/data/bytes.hpp"
#include "plugins/common/data/images.hpp"

namespace assay::data {

/// A file data.noun (or data.verb, data.adj, data.adv) of WordNet, format wndb(5WN): lines that
/// begin with two spaces are the licence; of every other, the second field is the number of its
/// lexicographer file, and its gloss follows a bar. The text is the gloss up to the first double
/// quote, where its examples begin. Classes are the lexicographer files that occur, in their order,
/// under their names of lexnames(5WN), such as noun.artifact.
ImageSet texts_from_wordnet(View bytes, const std::string& path);

}  // namespace assay::data
