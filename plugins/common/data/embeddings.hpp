// Word vectors.
#pragma once
#include "plugins/common/data/text_source.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace assay::data {

struct Embeddings {
  std::vector<std::string> words;
  std::vector<float> values;  // (words, dimensions), row after row
  int64_t dimensions = 0;
  std::string source;  // for messages

  /// The row of a word; -1 if it has none.
  int64_t find(std::string_view word) const;
  std::span<const float> row(int64_t i) const {
    const auto d = static_cast<size_t>(dimensions);
    return std::span(values).subspan(static_cast<size_t>(i) * d, d);
  }
  /// Adds a row; a word that is there already is left as it is.
  void add(const std::string& word, std::span<const float> row);

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, int64_t, Hash, std::equal_to<>> rows_;
};

/// Reads vectors, packed or not, as a stream:
///   text, as GloVe has it: `word v1 ... vd` a line, the parts separated by blanks or a tab; a word
///   may hold blanks, so the last d parts count, and d is that of the first line. A first line of
///   two whole numbers (word2vec) is the number of words, which is not believed, and d. JSON, an
///   object {word: [v1, ...]}, or an object with such a one as "vectors". With "dimensions", before
///   it or after, only so many numbers of each are the vector, and what follows is something else
///   (wink's files add a norm and an index).
/// Malformed, with file and line: vectors of unequal lengths, what is no finite number, no vector.
Embeddings read_embeddings(const std::string& path);
Embeddings read_embeddings(TextSource& source);

}  // namespace assay::data
