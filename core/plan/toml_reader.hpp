// Reads TOML into a Node tree. The only code that knows toml++.
#pragma once
#include "core/base/files.hpp"
#include "core/plan/node.hpp"

#include <optional>
#include <string>

namespace assay {

/// Throws BadInput: E001 (syntax) or E002 (a key set twice), with the place.
Node parse_toml(const std::string& text, const std::string& name);

/// Throws BadInput when the file cannot be read.
Node read_toml(const fs::path& path);

/// One TOML value as it stands right of an equals sign, or nothing when it is none. Its place is
/// `place`.
std::optional<Node> parse_toml_value(const std::string& text, const Place& place);

}  // namespace assay
