// Small things about text: durations, sizes, joining, UTF-8.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// "30s" "10m" "2h" "1h30m" "250ms" -> seconds.
std::optional<double> parse_duration(std::string_view text);
/// "512M" "3G" "64K" "100" -> bytes (2^10k).
std::optional<int64_t> parse_size(std::string_view text);
std::string show_duration(double seconds);  // "0.4 s", "12 s", "3 min 20 s", "2 h 05 min"
std::string show_size(double bytes);        // "3.0 GiB"

std::string join(const std::vector<std::string>& parts, std::string_view separator);
bool valid_utf8(std::string_view text);
/// Valid UTF-8 with control characters (but \n and \t) and bad bytes replaced by U+FFFD: what a
/// plugin wrote, made safe to show on a terminal.
std::string printable(std::string_view text);
/// [a-z][a-z0-9_]{0,62}
bool valid_name(std::string_view name);

}  // namespace assay
