// BERT's normalisation: characters that its vocabularies do not have are cleaned away.
#pragma once
#include "plugins/common/text/pipeline.hpp"

namespace assay::text {

/// Fields: clean_text (drops U+0000, U+FFFD and control characters; white space is a blank),
/// handle_chinese_chars (blanks around ideographs), strip_accents (NFD without nonspacing marks;
/// null: as lowercase says), lowercase.
std::unique_ptr<Normalizer> make_bert_normalizer(const nlohmann::json& json);

}  // namespace assay::text
