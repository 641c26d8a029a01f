// Byte-level BPE on the bytes themselves: the same ids as writing bytes as characters and asking
// the general model, many times faster. Words that were seen lately are looked up.
#pragma once
#include "plugins/common/text/bpe.hpp"
#include "plugins/common/text/pre_tokenizer.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace assay::text {

class ByteLevelBpe {
 public:
  /// Nothing if the model, or what stands before it, asks for more than this does.
  static std::optional<ByteLevelBpe> make(const nlohmann::json& model,
                                          const nlohmann::json& pre_tokenizer,
                                          const Vocabulary& vocabulary);

  bool add_prefix_space() const { return cut_.add_prefix_space; }

  /// Appends the ids of valid UTF-8.
  void encode(std::string_view text, std::vector<Id>& ids) const;
  /// Bytes that a token stands for.
  uint32_t size_of(Id id) const { return sizes_[static_cast<size_t>(id)]; }

 private:
  ByteLevelBpe() = default;
  void encode_words(std::string_view text, const std::vector<Range>& words,
                    std::vector<Id>& ids) const;
  /// The symbols of one word.
  void encode_word(std::string_view word, std::vector<Symbol>& symbols) const;

  BpeRules rules_;
  ByteLevelCut cut_;
  const Vocabulary* vocabulary_ = nullptr;
  std::array<Id, 256> bytes_{};
  std::vector<uint32_t> sizes_;
  uint32_t serial_ = 0;  // in the cache of words, which tokenizers share
};

}  // namespace assay::text
