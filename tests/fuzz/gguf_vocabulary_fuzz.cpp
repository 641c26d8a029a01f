// The lists of a GGUF vocabulary, as JSON: {"KEY": string, number, bool, or a list of strings or
// numbers}. They are refused, or make a tokenizer.
#include "plugins/common/text/tokenizer.hpp"
#include "tests/plugins/text/metadata_of.hpp"

#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>

namespace {

using nlohmann::json;

void add_list(made::Metadata& metadata, const std::string& key, const json& list) {
  std::vector<std::string> texts;
  std::vector<float> floats;
  std::vector<int32_t> ints;
  for (const json& value : list) {
    if (value.is_string()) texts.push_back(value.get<std::string>());
    if (value.is_number_float()) floats.push_back(static_cast<float>(value.get<double>()));
    if (value.is_number_integer()) ints.push_back(static_cast<int32_t>(value.get<int64_t>()));
  }
  if (!texts.empty()) metadata.texts(key, texts);
  if (!floats.empty()) metadata.floats(key, floats);
  if (!ints.empty()) metadata.ints(key, ints);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const json fields = json::parse(data, data + size, nullptr, false);
  if (!fields.is_object()) return 0;
  made::Metadata metadata;
  for (const auto& [name, value] : fields.items()) {
    const std::string key = "tokenizer." + name;
    if (value.is_string()) metadata.text(key, value.get<std::string>());
    if (value.is_boolean()) metadata.boolean(key, value.get<bool>());
    if (value.is_number_unsigned()) metadata.id(key, static_cast<uint32_t>(value.get<uint64_t>()));
    if (value.is_array()) add_list(metadata, key, value);
  }
  try {
    const auto tokenizer = assay::text::Tokenizer::from_gguf(metadata.made());
    tokenizer.decode(tokenizer.encode("ab <s> 12\xC3\xA9"), false);
  } catch (const std::invalid_argument&) {
  }
  return 0;
}
