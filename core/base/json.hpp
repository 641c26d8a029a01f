// The one JSON type of the host. Values of parameters are Json too: bool, int64, double, string, or
// an array of one of these.
#pragma once
#include <nlohmann/json.hpp>

namespace assay {
using Json = nlohmann::json;
}  // namespace assay
