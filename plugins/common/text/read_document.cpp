// Which files a tokenizer is read from, and what stands beside them.
#include "plugins/common/text/json_fields.hpp"
#include "plugins/common/text/tokenizer_document.hpp"
#include "plugins/common/text/utf8.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace assay::text {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int kMostNested = 64;
constexpr const char* kForms =
    "tokenizer.json, vocab.json with merges.txt beside it, or vocab.txt was expected";

[[noreturn]] void refuse(const fs::path& path, const std::string& what) {
  throw std::invalid_argument(path.string() + ": " + what);
}

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file || file.bad()) refuse(path, "cannot be read");
  return std::move(text).str();
}

json read_json(const fs::path& path) { return parse_document(read_text(path), path.string()); }

std::string read_utf8(const fs::path& path) {
  std::string text = read_text(path);
  const size_t flaw = utf8_invalid(text);
  if (flaw != std::string::npos) refuse(path, "it is no UTF-8 at byte " + std::to_string(flaw));
  return text;
}

/// The lines of a file, without their ends.
std::vector<std::string> read_lines(const fs::path& path) {
  std::vector<std::string> lines;
  std::istringstream stream(read_utf8(path));
  for (std::string line; std::getline(stream, line);) {
    if (line.ends_with('\r')) line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

/// tokenizer_config.json, with what only special_tokens_map.json and chat_template.jinja say.
json read_config(const fs::path& folder) {
  json config = json::object();
  if (fs::exists(folder / "tokenizer_config.json")) {
    config = read_json(folder / "tokenizer_config.json");
  }
  if (!config.is_object()) refuse(folder / "tokenizer_config.json", "it is no object");
  if (fs::exists(folder / "special_tokens_map.json")) {
    const json map = read_json(folder / "special_tokens_map.json");
    if (!map.is_object()) refuse(folder / "special_tokens_map.json", "it is no object");
    for (const auto& [key, value] : map.items()) {
      if (field(config, key.c_str()).is_null()) config[key] = value;
    }
  }
  if (fs::exists(folder / "chat_template.jinja")) {
    config["chat_template"] = read_utf8(folder / "chat_template.jinja");
  }
  return config;
}

/// "LEFT RIGHT" a line, after a line with the version.
json read_merges(const fs::path& path) {
  json merges = json::array();
  bool first = true;
  for (std::string& line : read_lines(path)) {
    const bool version = first && line.starts_with("#version");
    first = false;
    if (!version && !line.empty()) merges.push_back(std::move(line));
  }
  return merges;
}

/// The id of a token is its line, from 0.
json read_word_list(const fs::path& path) {
  json vocabulary = json::object();
  int64_t id = 0;
  for (std::string& line : read_lines(path)) {
    if (vocabulary.contains(line)) {
      refuse(path, "line " + std::to_string(id + 1) + " repeats the token \"" + line + "\"");
    }
    vocabulary[std::move(line)] = id++;
  }
  return vocabulary;
}

/// What a list in `path` becomes; what is wrong with it names the file.
template <typename Make>
TokenizerDocument made_of(const fs::path& path, const Make& make) {
  try {
    return make();
  } catch (const std::invalid_argument& error) {
    refuse(path, error.what());
  } catch (const json::exception& error) {
    refuse(path, error.what());
  }
}

TokenizerDocument read_byte_level(const fs::path& vocabulary, const json& config) {
  const fs::path merges = vocabulary.parent_path() / "merges.txt";
  if (!fs::exists(merges)) refuse(merges, "there is no such file, which vocab.json needs");
  json tokens = read_json(vocabulary);
  if (!tokens.is_object()) refuse(vocabulary, "it is no object from token to id");
  const bool roberta =
      tokens.contains("<s>") && tokens.contains("</s>") && tokens.contains("<mask>");
  json list = read_merges(merges);
  return made_of(vocabulary, [&] {
    return byte_level_document(std::move(tokens), std::move(list), config, roberta);
  });
}

TokenizerDocument read_bert(const fs::path& vocabulary, const json& config) {
  json tokens = read_word_list(vocabulary);
  return made_of(vocabulary, [&] { return bert_document(std::move(tokens), config); });
}

}  // namespace

json parse_document(std::string_view text, const std::string& where) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && in_string) {
      ++i;
    } else if (c == '"') {
      in_string = !in_string;
    } else if (!in_string) {
      depth += (c == '{' || c == '[') - (c == '}' || c == ']');
      if (depth > kMostNested) refuse(where, "it is nested more than 64 deep");
    }
  }
  try {
    return json::parse(text);
  } catch (const json::exception& error) {
    refuse(where, error.what());
  }
}

TokenizerDocument read_document(const std::string& path) try {
  fs::path file = path;
  if (fs::is_directory(file)) {
    for (const char* name : {"tokenizer.json", "vocab.json", "vocab.txt"}) {
      if (!fs::exists(file / name)) continue;
      file /= name;
      break;
    }
    if (fs::is_directory(file)) refuse(path, std::string("there is no tokenizer; ") + kForms);
  }
  if (!fs::exists(file)) refuse(path, std::string("there is no such file; ") + kForms);
  const json config = read_config(file.parent_path());
  if (file.filename() == "vocab.json") return read_byte_level(file, config);
  if (file.extension() == ".txt") return read_bert(file, config);
  if (file.extension() != ".json") refuse(path, std::string("it is no tokenizer; ") + kForms);
  return {read_json(file), config};
} catch (const fs::filesystem_error& error) {
  refuse(path, "cannot be read: " + error.code().message());
}

}  // namespace assay::text
