// Documents as fixed windows of one stream of tokens, an end token after each document. Streams
// that are mixed are packed separately (Maini et al. 2024).
#pragma once
#include "plugins/common/lm/training_batch.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace assay::lm {

struct PackingOptions {
  int64_t length = 1024;  // T: labels of a window
  text::Id end = 0;       // after each document
  bool across = true;     // a document's tokens attend to those before it in the window
};

/// Window w is T + 1 tokens from w T on: neighbours share a token, so that every token of the
/// stream but the first is a label once. What does not fill a window at the end is left out.
class Packing {
 public:
  /// std::invalid_argument if the documents do not fill one window, or T < 1.
  Packing(std::span<const std::vector<text::Id>> documents, PackingOptions options);

  int64_t windows() const { return windows_; }
  int64_t tokens() const { return static_cast<int64_t>(stream_.size()); }
  /// One example; or, unless documents are attended across, one for each document in the window
  /// that has a label there (the first token of a document is then no label).
  std::vector<TrainingExample> window(int64_t w) const;

 private:
  PackingOptions options_;
  std::vector<text::Id> stream_;
  std::vector<int64_t> starts_;  // of the documents in the stream, ascending
  int64_t windows_ = 0;
};

}  // namespace assay::lm
