// One value of the file against one declared parameter: its type, range and choices.
#pragma once
#include "core/plan/node.hpp"
#include "core/plan/schema.hpp"

#include <optional>
#include <string>

namespace assay {

/// The value in the parameter's canonical type; nothing, with an error in `findings` (E102 type,
/// E103 range, or a number that is not finite; E104 choice), when it does not fit. `method` is
/// "plugin.method", for messages. An integral real is taken for an int with a warning (W202), or
/// silently when it is `generated`.
std::optional<Json> parameter_value(const Node& node, const ParamSchema& param,
                                    const std::string& method, Findings& findings,
                                    bool generated = false);

/// "at least 0 and below 1", or "".
std::string range_text(const ParamSchema& param);
/// "an integer", "a list of real numbers": after "must be".
std::string type_phrase(assay_type type);

}  // namespace assay
