// Training of byte-level BPE.
#pragma once
#include "plugins/common/text/tokenizer_document.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace assay::text {

/// GPT-2's form of tokenizer with `size` ids, or fewer if the texts give no more pairs: special
/// tokens, then the 256 bytes in the order of their characters, then the pair that the words of
/// the texts hold most often, again and again; of equals the one of lower ids. Merges and ids are
/// those of PyPI `tokenizers`' BpeTrainer with its ByteLevel alphabet (min_frequency 0).
TokenizerDocument train_bpe(std::span<const std::string> texts, int64_t size,
                            std::span<const std::string> special_tokens);

}  // namespace assay::text
