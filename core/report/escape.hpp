// Text that others wrote, made harmless for each format that a report is written in.
#pragma once
#include "core/base/json.hpp"

#include <string>
#include <string_view>

namespace assay {

std::string escape_html(std::string_view text);      // also for attribute values in double quotes
std::string escape_markdown(std::string_view text);  // inside a table's cell
std::string escape_latex(std::string_view text);
std::string escape_csv(std::string_view text);  // RFC 4180: quoted when it has to be
/// A gnuplot string in single quotes: nothing in it is substituted.
std::string quote_gnuplot(std::string_view text);
/// JSON that may stand inside <script>: no "</script", no "<!--".
std::string json_for_html(const Json& json);
/// A file name made of [A-Za-z0-9._-], never empty, never beginning with a dot.
std::string safe_file_name(std::string_view name);

}  // namespace assay
