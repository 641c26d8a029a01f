// Which files a path means, and the tensors of all of them.
#include "plugins/common/weights/layout.hpp"
#include "plugins/common/weights/mapping.hpp"
#include "plugins/common/weights/tensor_file.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <unordered_map>

namespace assay::weights {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestIndex = 100'000'000;

/// The one file in a folder that holds its tensors.
std::string file_in(const std::string& folder) try {
  for (const char* name : {"model.safetensors", "model.safetensors.index.json"})
    if (const auto path = fs::path(folder) / name; fs::exists(path)) return path.string();
  std::vector<std::string> found;
  for (const auto& item : fs::directory_iterator(folder))
    if (item.path().extension() == ".gguf") found.push_back(item.path().string());
  if (found.size() == 1) return found[0];
  if (found.empty() && fs::exists(fs::path(folder) / "pytorch_model.bin"))
    refuse(folder,
           "has pytorch_model.bin alone, which is a program to unpickle; save the model as "
           "safetensors");
  refuse(folder, found.empty() ? "has neither model.safetensors nor model.safetensors.index.json "
                                 "nor a *.gguf file"
                               : "has " + std::to_string(found.size()) +
                                     " *.gguf files; name the one that is meant");
} catch (const fs::filesystem_error& error) {
  refuse(folder, "cannot be read: " + error.code().message());
}

/// The shards of an index, in the order of their names, each with the tensors it is to give.
using Shards = std::map<std::string, std::vector<std::string>>;

Shards read_index(Bytes bytes, const std::string& path) {
  if (bytes.size() > kLongestIndex)
    refuse(path, "has " + std::to_string(bytes.size()) + " bytes; an index has at most " +
                     std::to_string(kLongestIndex));
  const auto text = as_text(bytes);
  // Deeper than any index: what lies below is dropped, so that no destructor recurses.
  const auto shallow = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    return depth < 4;
  };
  const auto json = nlohmann::json::parse(text.begin(), text.end(), shallow, false);
  if (json.is_discarded() || !json.is_object() || !json.contains("weight_map") ||
      !json["weight_map"].is_object())
    refuse(path, "is no index of shards: it must be a JSON object with \"weight_map\"");
  Shards shards;
  for (const auto& [name, file] : json["weight_map"].items()) {
    const std::string shard = file.is_string() ? file.get<std::string>() : "";
    if (shard.empty() || shard == ".." || shard == "." || shard.find('/') != std::string::npos ||
        shard.find('\0') != std::string::npos)
      refuse(path, "the weight_map's " + show_name(name) +
                       " must be the name of a file in the same folder");
    shards[shard].push_back(name);
  }
  return shards;
}

}  // namespace

struct TensorFile::State {
  std::string path;
  std::vector<std::shared_ptr<const Mapping>> mappings;
  std::vector<Entry> entries;
  std::unordered_map<std::string, size_t> index;
  std::unique_ptr<const GgufMetadata> gguf;

  const Mapping& map(const std::string& file) {
    return *mappings.emplace_back(std::make_shared<const Mapping>(file));
  }

  void read_shards(const Shards& shards) {
    for (const auto& [file, names] : shards) {
      const auto& shard = map((fs::path(path).parent_path() / file).string());
      auto held = parse_safetensors(shard.bytes(), shard.path());
      std::unordered_map<std::string, bool> wanted;  // by name: whether it was found
      for (const auto& name : names) wanted.emplace(name, false);
      for (auto& entry : held)
        if (const auto found = wanted.find(entry.name); found != wanted.end()) {
          found->second = true;
          entries.push_back(std::move(entry));
        }
      for (const auto& name : names)
        if (!wanted.at(name))
          refuse(shard.path(), "has no tensor " + show_name(name) + ", which " +
                                   fs::path(path).filename().string() + " says it has");
    }
  }
};

TensorFile::TensorFile(const std::string& path) : state_(std::make_unique<State>()) {
  auto& s = *state_;
  std::error_code error;
  s.path = fs::is_directory(path, error) ? file_in(path) : path;
  if (s.path.ends_with(".index.json")) {
    const Mapping index(s.path);
    s.read_shards(read_index(index.bytes(), s.path));
  } else if (s.path.ends_with(".gguf")) {
    const auto& file = s.map(s.path);
    auto gguf = parse_gguf(file.bytes(), file.path());
    s.gguf = std::make_unique<const GgufMetadata>(std::move(gguf.metadata));
    s.entries = std::move(gguf.entries);
  } else if (s.path.ends_with(".safetensors")) {
    const auto& file = s.map(s.path);
    s.entries = parse_safetensors(file.bytes(), file.path());
  } else {
    refuse(s.path, fs::exists(s.path, error)
                       ? "is none of *.safetensors, *.safetensors.index.json and *.gguf"
                       : "does not exist");
  }
  for (size_t i = 0; i < s.entries.size(); ++i) s.index.emplace(s.entries[i].name, i);
}

TensorFile::~TensorFile() = default;

const std::string& TensorFile::path() const { return state_->path; }
const std::vector<Entry>& TensorFile::entries() const { return state_->entries; }
const GgufMetadata* TensorFile::gguf() const { return state_->gguf.get(); }

const Entry* TensorFile::find(const std::string& name) const {
  const auto found = state_->index.find(name);
  return found == state_->index.end() ? nullptr : &state_->entries[found->second];
}

std::shared_ptr<const void> TensorFile::mapping(const Entry& entry) const {
  for (const auto& mapping : state_->mappings) {
    const auto bytes = mapping->bytes();
    if (entry.bytes.data() >= bytes.data() && entry.bytes.data() < bytes.data() + bytes.size())
      return mapping;
  }
  return nullptr;
}

}  // namespace assay::weights
