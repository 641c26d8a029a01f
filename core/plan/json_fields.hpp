// Reading and writing structs as Json. JSON has no infinity: a number that is not finite is written
// as {"number": "inf"}.
#pragma once
#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "core/base/number.hpp"

#include <cmath>
#include <limits>
#include <string>

namespace assay {

inline Json finite(const Json& value) {
  if (value.is_number_float() && !std::isfinite(value.get<double>()))
    return {{"number", ecmascript(value.get<double>())}};
  if (!value.is_array()) return value;
  Json out = Json::array();
  for (const auto& item : value) out.push_back(finite(item));
  return out;
}

inline Json restored(const Json& value) {
  if (value.is_object()) {
    const std::string text = value.at("number").get<std::string>();
    constexpr double kInf = std::numeric_limits<double>::infinity();
    return text == "inf" ? kInf : text == "-inf" ? -kInf : std::nan("");
  }
  if (!value.is_array()) return value;
  Json out = Json::array();
  for (const auto& item : value) out.push_back(restored(item));
  return out;
}

/// Reads `key` of `document` into `out` when it is there.
template <class T>
void read_field(const Json& document, const char* key, T& out) {
  if (const auto it = document.find(key); it != document.end()) it->get_to(out);
}

/// Runs `read`; what nlohmann-json throws becomes BadInput "WHAT is damaged: reason".
template <class F>
auto reading(const std::string& what, F&& read) {
  try {
    return read();
  } catch (const Json::exception& error) {
    throw BadInput("E034", what + " is damaged: " + error.what());
  }
}

}  // namespace assay
