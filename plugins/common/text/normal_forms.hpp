// Unicode's normalisation forms (annex 15) of a text that remembers where its bytes came from.
#pragma once
#include "plugins/common/text/aligned_text.hpp"
#include "plugins/common/text/unicode.hpp"

namespace assay::text {

/// A character of a decomposition comes from what was decomposed, a composed one from the first
/// character that it is made of; marks that change places take over each other's origins. These
/// are the offsets of PyPI `tokenizers`.
void to_normal_form(AlignedText& text, NormalForm form);

}  // namespace assay::text
