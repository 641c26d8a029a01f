// Fields of the objects in tokenizer.json, checked: a wrong type is one sentence.
#pragma once
#include <nlohmann/json.hpp>

#include <string>

namespace assay::text {

/// What `key` holds, or `fallback` where it is absent or null. std::invalid_argument if it is of
/// another type, or if `json` is no object.
bool bool_field(const nlohmann::json& json, const char* key, bool fallback);
std::string string_field(const nlohmann::json& json, const char* key, const char* fallback);

/// Null if it is absent.
const nlohmann::json& field(const nlohmann::json& json, const char* key);

/// `json`'s "type"; std::invalid_argument if it has none.
std::string type_field(const nlohmann::json& json, const char* part);

/// Throws: part "pre_tokenizer" type "X" is not supported; supported are: ...
[[noreturn]] void refuse_type(const char* part, const std::string& type, const char* supported);

}  // namespace assay::text
