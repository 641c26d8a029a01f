// What scores of documents add up to: per document, per group, in all.
#pragma once
#include "plugins/common/data/documents.hpp"

#include <assay/plugin.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace lm {

/// Rows of the table `documents`.
struct DocumentRows {
  std::vector<int64_t> document, tokens, bytes;
  std::vector<std::string> id, group;
  std::vector<double> log_prob, bits_per_byte, perplexity;

  void log(const assay::Job& job) const;
};

/// -log_prob / (ln 2 bytes), and exp(-log_prob / tokens); NaN without tokens.
double bits_per_byte(double log_prob, int64_t bytes);
double perplexity(double log_prob, int64_t tokens);

/// Sums over the documents so far: all that a resumed run needs besides its rows.
class ScoreTotals {
 public:
  int64_t next = 0;  // document to go on with

  static ScoreTotals restored(const assay::Job& job);
  void save(const assay::Job& job) const;

  /// Counts a document and adds its row.
  void add(DocumentRows& rows, int64_t index, const assay::data::Document& document, size_t tokens,
           int64_t bytes, double log_prob);
  /// The table `groups` and the scalars.
  void log(const assay::Job& job) const;

 private:
  struct Sums {
    int64_t documents = 0, tokens = 0, bytes = 0;
    double log_prob = 0;
  };
  std::map<std::string, Sums> groups_;
  int64_t skipped_ = 0;
};

}  // namespace lm
