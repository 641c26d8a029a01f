#include "plugins/common/data/json_cursor.hpp"
#include "plugins/common/data/records.hpp"

#include <cmath>

namespace assay::data {
namespace {

const char* kind(const nlohmann::json& value) {
  switch (value.type()) {
    case nlohmann::json::value_t::null: return "null";
    case nlohmann::json::value_t::object: return "an object";
    case nlohmann::json::value_t::array: return "an array";
    case nlohmann::json::value_t::string: return "a string";
    case nlohmann::json::value_t::boolean: return "true or false";
    default: return "a number";
  }
}

const nlohmann::json* find_in(const nlohmann::json& object, std::string_view key) {
  if (!object.is_object()) return nullptr;
  if (const auto at = object.find(std::string(key)); at != object.end()) return &*at;
  const size_t dot = key.find('.');
  if (dot == std::string_view::npos) return nullptr;
  const auto head = object.find(std::string(key.substr(0, dot)));
  return head == object.end() ? nullptr : find_in(*head, key.substr(dot + 1));
}

Record next_record(JsonCursor& json, const std::string& path) {
  const char first = json.peek();
  const int64_t line = json.line();
  if (first == '\0' || first == ']') json.skip();  // which says what is missing
  if (first != '{') json.wrong("has a record that is no object");
  return {json.value(), path, line};
}
}  // namespace

const nlohmann::json* Record::find(const std::string& key) const { return find_in(object_, key); }

const nlohmann::json& Record::need(const std::string& key) const {
  if (const auto* value = find(key)) return *value;
  std::string there;
  for (const auto& [name, value] : object_.items())
    there += (there.empty() ? "\"" : ", \"") + name + '"';
  malformed_line(
      path_, line_,
      "has a record without \"" + key + "\"; it has " + (there.empty() ? "no keys" : there));
}

void Record::wrong(const std::string& key, const std::string& what) const {
  malformed_line(path_, line_, "has " + what + " as \"" + key + "\"");
}

std::string Record::string(const std::string& key) const {
  const auto& value = need(key);
  if (!value.is_string()) wrong(key, std::string(kind(value)) + " and no string");
  return value.get<std::string>();
}

std::string Record::string(const std::string& key, const std::string& otherwise) const {
  return has(key) ? string(key) : otherwise;
}

std::vector<std::string> Record::strings(const std::string& key) const {
  const auto& list = need(key);
  if (!list.is_array()) wrong(key, std::string(kind(list)) + " and no list of strings");
  std::vector<std::string> out;
  for (const auto& value : list) {
    if (!value.is_string()) wrong(key, std::string("a list with ") + kind(value) + " in it");
    out.push_back(value.get<std::string>());
  }
  return out;
}

double Record::number(const std::string& key) const {
  const auto& value = need(key);
  if (!value.is_number()) wrong(key, std::string(kind(value)) + " and no number");
  return value.get<double>();
}

int64_t Record::integer(const std::string& key) const {
  const double x = number(key);
  if (need(key).is_number_integer()) return need(key).get<int64_t>();
  if (x != std::floor(x) || std::abs(x) > 9007199254740992.0)
    wrong(key, "a number that is not whole");
  return static_cast<int64_t>(x);
}

bool Record::boolean(const std::string& key) const {
  const auto& value = need(key);
  if (!value.is_boolean()) wrong(key, std::string(kind(value)) + " and neither true nor false");
  return value.get<bool>();
}

std::vector<double> Record::numbers(const std::string& key) const {
  const auto& list = need(key);
  if (!list.is_array()) wrong(key, std::string(kind(list)) + " and no list of numbers");
  std::vector<double> out;
  for (const auto& value : list) {
    if (!value.is_number()) wrong(key, std::string("a list with ") + kind(value) + " in it");
    out.push_back(value.get<double>());
  }
  return out;
}

void for_each_record(const std::string& path, const std::function<bool(const Record&)>& visit) {
  TextSource source(path);
  if (source.first_character() == '[') {
    JsonCursor json(source);
    for (json.enter_array(); json.next_element();)
      if (!visit(next_record(json, path))) return;
    json.end();
    return;
  }
  LineReader lines(source);
  for (std::string_view line; lines.next(line);) {
    JsonCursor json(line, path, lines.number());
    if (json.peek() == '\0') continue;
    const Record record = next_record(json, path);
    json.end();
    if (!visit(record)) return;
  }
}

std::vector<Record> read_records(const std::string& path) {
  std::vector<Record> records;
  for_each_record(path, [&](const Record& record) {
    records.push_back(record);
    return true;
  });
  if (records.empty()) malformed(path, "holds no records");
  return records;
}

nlohmann::json read_json(const std::string& path) {
  TextSource source(path);
  JsonCursor json(source);
  nlohmann::json value = json.value();
  json.end();
  return value;
}

}  // namespace assay::data
