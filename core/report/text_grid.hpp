// Text in columns on a terminal.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// Columns that valid UTF-8 takes: combining marks none, East Asian wide characters two.
size_t display_width(std::string_view text);

/// The text, or its beginning and "…" where it is wider than `width` columns.
std::string shorten(std::string_view text, size_t width);

/// Lines of at most `width` columns, broken at spaces; a word that is longer is cut.
std::vector<std::string> wrap(std::string_view text, size_t width);

/// `text` with "n = 3" held together by no-break spaces; and these as spaces again.
std::string glue_counts(std::string_view text);
std::string unglue(std::string_view text);

/// `text` filled with spaces to `width` columns.
std::string pad(std::string_view text, size_t width, bool right_align = false);

/// What a plugin or a user wrote, on one line of a terminal: no control characters.
std::string one_line(std::string_view text);

}  // namespace assay
