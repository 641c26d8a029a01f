// The blanks that joining words leaves before punctuation and contractions.
#pragma once
#include <string>
#include <string_view>

namespace assay::text {

/// Replaces every occurrence of `old`, from the left; an empty one replaces nothing.
void replace_all(std::string& text, std::string_view old, std::string_view now);

/// " ." is ".", likewise ? ! , n't 'm 's 've 're, and " ' " is "'". This is what
/// clean_up_tokenization_spaces of tokenizer_config.json does to a whole decoded text in
/// `transformers`; the WordPiece decoder does it to each token with its blank, and in that case
/// (`per_token`) " do not" is " don't" too.
std::string without_stray_spaces(std::string text, bool per_token = false);

}  // namespace assay::text
