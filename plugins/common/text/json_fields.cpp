#include "plugins/common/text/json_fields.hpp"

#include <stdexcept>

namespace assay::text {

using nlohmann::json;

const json& field(const json& object, const char* key) {
  static const json none;
  if (!object.is_object()) {
    throw std::invalid_argument(std::string("an object with \"") + key + "\" was expected, not " +
                                object.type_name());
  }
  const auto found = object.find(key);
  return found == object.end() ? none : *found;
}

bool bool_field(const json& object, const char* key, bool fallback) {
  const json& value = field(object, key);
  if (value.is_null()) return fallback;
  if (!value.is_boolean()) {
    throw std::invalid_argument(std::string("\"") + key + "\" is " + value.type_name() +
                                "; true or false was expected");
  }
  return value.get<bool>();
}

std::string string_field(const json& object, const char* key, const char* fallback) {
  const json& value = field(object, key);
  if (value.is_null()) return fallback;
  if (!value.is_string()) {
    throw std::invalid_argument(std::string("\"") + key + "\" is " + value.type_name() +
                                "; a string was expected");
  }
  return value.get<std::string>();
}

std::string type_field(const json& object, const char* part) {
  const json& value = field(object, "type");
  if (!value.is_string()) {
    throw std::invalid_argument(std::string(part) + " has no \"type\"");
  }
  return value.get<std::string>();
}

void refuse_type(const char* part, const std::string& type, const char* supported) {
  throw std::invalid_argument(std::string(part) + " \"" + type +
                              "\" is not supported; supported are: " + supported);
}

}  // namespace assay::text
