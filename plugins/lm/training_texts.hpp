// The documents that `train` learns from, and those that it is evaluated on.
#pragma once
#include "plugins/common/lm/language_model.hpp"
#include "plugins/lm/inputs.hpp"
#include "plugins/lm/windows.hpp"

#include <assay/plugin.hpp>

#include <string>
#include <vector>

namespace lm {

class TrainingTexts {
 public:
  /// The input `text`, of which a `share` is held out, drawn document by document, unless there is
  /// an input `held_out`. std::invalid_argument if a part is left without a document.
  TrainingTexts(const assay::Job& job, const Texts& options, double share);

  const std::vector<std::string>& training() const { return training_; }
  const std::vector<std::string>& held_out() const { return held_out_; }
  /// The training documents as ids, without the tokenizer's own special tokens.
  std::vector<std::vector<assay::text::Id>> encoded(const assay::text::Tokenizer& tokenizer) const;
  /// The table `documents`.
  void log(const assay::Job& job) const;

 private:
  std::vector<std::string> training_, held_out_;
};

/// Held-out documents, tokenised once, for evaluations.
class HeldOut {
 public:
  /// std::invalid_argument if none of them has a token that is scored.
  HeldOut(const std::vector<std::string>& texts, const assay::text::Tokenizer& tokenizer,
          int64_t length);
  /// Of all of them as one text; what the windows of windows.hpp score.
  double bits_per_byte(const assay::lm::Model& model) const;

 private:
  std::vector<std::vector<assay::text::Id>> windows_;
  size_t context_ = 1;
  int64_t bytes_ = 0;
};

}  // namespace lm
