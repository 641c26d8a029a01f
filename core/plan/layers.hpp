// From the file as it was read to the file as it is meant: profiles, overrides, `extends`,
// defaults, variables.
#pragma once
#include "core/plan/node.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace assay {

struct Layers {
  std::vector<std::string> profiles;   // laid over the file in this order
  std::vector<std::string> overrides;  // "KEY=VALUE" or "~KEY", left to right
  /// The value of an environment variable, or nothing.
  std::function<std::optional<std::string>(const std::string&)> environment;
};

/// Checks every key of the document and of all its profiles against the table of allowed keys, and
/// applies, in this order: the asked profiles, the overrides, `extends` between stages, [defaults],
/// ${...}. Profiles and overrides act as if the file had been edited, so a stage that extends
/// another inherits what they did to it.
void resolve_layers(Node& document, const Layers& layers, Findings& findings);

/// Keys of the tables of an experiment file.
extern const std::vector<std::string> kTopKeys, kStageKeys;

/// Lays a profile over the document: `[profile.NAME]` has the tables of the file again.
void overlay_profile(Node& document, const Node& profile);
/// keys.cpp
void check_keys(const Node& document, const std::string& where, bool is_profile,
                Findings& findings);
/// overrides.cpp
void apply_override(Node& document, const std::string& text, Findings& findings);
/// variables.cpp: replaces ${...} everywhere, and warns about [vars] that nothing uses; `elsewhere`
/// is text that uses some too.
void apply_variables(Node& document, const Layers& layers, const std::string& elsewhere,
                     Findings& findings);

}  // namespace assay
