// Typed access to GGUF's metadata. Its bytes were checked when the file was opened.
#include "plugins/common/weights/gguf_metadata.hpp"
#include "plugins/common/weights/layout.hpp"

#include <limits>

namespace assay::weights {
namespace {

const char* name_of(GgufType type) {
  switch (type) {
    case GgufType::f32:
    case GgufType::f64: return "a real number";
    case GgufType::boolean: return "a truth value";
    case GgufType::string: return "a string";
    case GgufType::array: return "an array";
    default: return "a whole number";
  }
}

bool is_whole(GgufType type) {
  return type != GgufType::f32 && type != GgufType::f64 && type != GgufType::boolean &&
         type != GgufType::string && type != GgufType::array;
}

double real_at(GgufType type, const uint8_t* at) {
  return type == GgufType::f32 ? static_cast<double>(read_as<float>(at)) : read_as<double>(at);
}

}  // namespace

std::vector<std::string> GgufMetadata::keys() const {
  std::vector<std::string> out;
  for (const auto& [key, value] : values_) out.push_back(key);
  return out;
}

const GgufValue& GgufMetadata::at(std::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end())
    refuse(path_, "the metadata has no \"" + std::string(key) + "\", which is needed");
  return found->second;
}

void GgufMetadata::wrong_type(std::string_view key, const GgufValue& is, const char* wanted) const {
  const std::string of =
      is.type == GgufType::array ? std::string(" of which each is ") + name_of(is.element) : "";
  refuse(path_, "the metadata's \"" + std::string(key) + "\" is " + name_of(is.type) + of +
                    "; it must be " + wanted);
}

int64_t GgufMetadata::whole(std::string_view key, GgufType type, const uint8_t* at,
                            const char* wanted, const GgufValue& value) const {
  switch (type) {
    case GgufType::u8: return read_as<uint8_t>(at);
    case GgufType::i8: return read_as<int8_t>(at);
    case GgufType::u16: return read_as<uint16_t>(at);
    case GgufType::i16: return read_as<int16_t>(at);
    case GgufType::u32: return read_as<uint32_t>(at);
    case GgufType::i32: return read_as<int32_t>(at);
    case GgufType::i64: return read_as<int64_t>(at);
    case GgufType::u64: break;
    default: wrong_type(key, value, wanted);
  }
  const auto number = read_as<uint64_t>(at);
  if (number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
    refuse(path_, "the metadata's \"" + std::string(key) + "\" is " + std::to_string(number) +
                      "; it must be below 2^63");
  return static_cast<int64_t>(number);
}

std::string GgufMetadata::string(std::string_view key) const {
  const auto& value = at(key);
  if (value.type != GgufType::string) wrong_type(key, value, "a string");
  return std::string(as_text(value.bytes));
}

int64_t GgufMetadata::integer(std::string_view key) const {
  const auto& value = at(key);
  return whole(key, value.type, value.bytes.data(), "a whole number", value);
}

double GgufMetadata::number(std::string_view key) const {
  const auto& value = at(key);
  if (value.type == GgufType::f32 || value.type == GgufType::f64)
    return real_at(value.type, value.bytes.data());
  return static_cast<double>(whole(key, value.type, value.bytes.data(), "a number", value));
}

bool GgufMetadata::boolean(std::string_view key) const {
  const auto& value = at(key);
  if (value.type != GgufType::boolean) wrong_type(key, value, "a truth value");
  return value.bytes[0] != 0;
}

std::string GgufMetadata::string(std::string_view key, const std::string& fallback) const {
  return has(key) ? string(key) : fallback;
}
int64_t GgufMetadata::integer(std::string_view key, int64_t fallback) const {
  return has(key) ? integer(key) : fallback;
}
double GgufMetadata::number(std::string_view key, double fallback) const {
  return has(key) ? number(key) : fallback;
}
bool GgufMetadata::boolean(std::string_view key, bool fallback) const {
  return has(key) ? boolean(key) : fallback;
}

const GgufValue& GgufMetadata::array(std::string_view key, const char* wanted) const {
  const auto& value = at(key);
  if (value.type != GgufType::array) wrong_type(key, value, wanted);
  return value;
}

std::vector<std::string_view> GgufMetadata::strings(std::string_view key) const {
  static constexpr auto kWanted = "an array of strings";
  const auto& value = array(key, kWanted);
  if (value.element != GgufType::string) wrong_type(key, value, kWanted);
  std::vector<std::string_view> out;
  out.reserve(value.count);
  const uint8_t* at = value.bytes.data();
  for (uint64_t i = 0; i < value.count; ++i) {
    const auto length = read_as<uint64_t>(at);
    out.emplace_back(reinterpret_cast<const char*>(at + 8), length);
    at += 8 + length;
  }
  return out;
}

std::vector<int64_t> GgufMetadata::integers(std::string_view key) const {
  static constexpr auto kWanted = "an array of whole numbers";
  const auto& value = array(key, kWanted);
  if (!is_whole(value.element)) wrong_type(key, value, kWanted);
  std::vector<int64_t> out(value.count);
  const uint64_t size = gguf_size(value.element);
  for (uint64_t i = 0; i < value.count; ++i)
    out[i] = whole(key, value.element, value.bytes.data() + i * size, kWanted, value);
  return out;
}

std::vector<float> GgufMetadata::numbers(std::string_view key) const {
  static constexpr auto kWanted = "an array of real numbers";
  const auto& value = array(key, kWanted);
  if (value.element != GgufType::f32 && value.element != GgufType::f64)
    wrong_type(key, value, kWanted);
  std::vector<float> out(value.count);
  const uint64_t size = gguf_size(value.element);
  for (uint64_t i = 0; i < value.count; ++i)
    out[i] = static_cast<float>(real_at(value.element, value.bytes.data() + i * size));
  return out;
}

std::vector<bool> GgufMetadata::booleans(std::string_view key) const {
  static constexpr auto kWanted = "an array of truth values";
  const auto& value = array(key, kWanted);
  if (value.element != GgufType::boolean) wrong_type(key, value, kWanted);
  std::vector<bool> out(value.count);
  for (uint64_t i = 0; i < value.count; ++i) out[i] = value.bytes[i] != 0;
  return out;
}

}  // namespace assay::weights
