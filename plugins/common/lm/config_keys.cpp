#include "plugins/common/lm/config_keys.hpp"

#include <cmath>
#include <stdexcept>

namespace assay::lm {
namespace {

constexpr int kDeepest = 32;
constexpr size_t kLongest = size_t{16} << 20;  // bytes: a parsed number takes many times its text

/// What a message shows of a value.
std::string shown(const nlohmann::json& value) {
  auto text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

std::string plain(double x) { return nlohmann::json(x).dump(); }

}  // namespace

const nlohmann::json* Keys::find(Names names) const {
  for (const char* name : names) {
    const auto at = object_->find(name);
    if (at != object_->end() && !at->is_null()) return &*at;
  }
  return nullptr;
}

const nlohmann::json& Keys::needed(Names names) const {
  if (const auto* value = find(names)) return *value;
  std::string text = place_ + ": \"" + *names.begin() + "\" is missing, which " + who_ + " needs";
  for (const char* name : names)
    if (name != *names.begin()) text += std::string(" (or \"") + name + "\")";
  throw std::invalid_argument(text);
}

void Keys::refuse(const char* name, const std::string& what) const {
  throw std::invalid_argument(place_ + ": \"" + name + "\" " + what);
}

std::optional<Keys> Keys::inside(const char* name) const {
  const auto* value = find({name});
  if (!value) return {};
  if (!value->is_object()) refuse(name, "is " + shown(*value) + "; allowed is an object");
  return Keys(*value, place_ + ": \"" + name + "\"", who_);
}

int64_t Keys::integer(Names names, int64_t least, int64_t greatest,
                      std::optional<int64_t> otherwise) const {
  if (otherwise && !find(names)) return *otherwise;
  const auto& value = needed(names);
  const bool fits = value.is_number_unsigned() ? value.get<uint64_t>() <= uint64_t{INT64_MAX}
                                               : value.is_number_integer();
  if (!fits || value.get<int64_t>() < least || value.get<int64_t>() > greatest)
    refuse(*names.begin(), "is " + shown(value) + "; allowed are integers from " +
                               std::to_string(least) + " to " + std::to_string(greatest));
  return value.get<int64_t>();
}

double Keys::number(Names names, double least, double greatest,
                    std::optional<double> otherwise) const {
  if (otherwise && !find(names)) return *otherwise;
  const auto& value = needed(names);
  if (!value.is_number() || !(value.get<double>() >= least && value.get<double>() <= greatest))
    refuse(*names.begin(), "is " + shown(value) + "; allowed are numbers from " + plain(least) +
                               " to " + plain(greatest));
  return value.get<double>();
}

bool Keys::flag(Names names, bool otherwise) const {
  const auto* value = find(names);
  if (!value) return otherwise;
  if (!value->is_boolean())
    refuse(*names.begin(), "is " + shown(*value) + "; allowed are true and false");
  return value->get<bool>();
}

std::string Keys::text(Names names, std::optional<std::string> otherwise) const {
  if (otherwise && !find(names)) return *otherwise;
  const auto& value = needed(names);
  if (!value.is_string()) refuse(*names.begin(), "is " + shown(value) + "; allowed is text");
  return value.get<std::string>();
}

nlohmann::json parse_config(std::string_view text, const std::string& path) {
  if (text.size() > kLongest)
    throw std::invalid_argument(path + ": has " + std::to_string(text.size()) +
                                " bytes; a configuration has at most " + std::to_string(kLongest));
  const auto shallow = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    if (depth > kDeepest)
      throw std::invalid_argument(path + ": nested more than " + std::to_string(kDeepest) +
                                  " deep, which no config.json is");
    return true;
  };
  try {
    auto object = nlohmann::json::parse(text, shallow);
    if (!object.is_object()) throw std::invalid_argument(path + ": not a JSON object");
    return object;
  } catch (const nlohmann::json::exception& e) {
    throw std::invalid_argument(path + ": not JSON: " + e.what());
  }
}

}  // namespace assay::lm
