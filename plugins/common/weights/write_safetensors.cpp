// Writing safetensors: the header, padded so that the data begin at a multiple of 64 bytes, then
// the tensors, each at a multiple of 8 bytes as long as those before it are.
#include "plugins/common/weights/layout.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstdio>
#include <unistd.h>
#include <unordered_set>

namespace assay::weights {
namespace {

std::string dtype_of(const Entry& tensor, const std::string& path) {
  switch (tensor.type) {
    case Type::f64: return "F64";
    case Type::f32: return "F32";
    case Type::f16: return "F16";
    case Type::bf16: return "BF16";
    case Type::i64: return "I64";
    case Type::i32: return "I32";
    case Type::i16: return "I16";
    case Type::i8: return "I8";
    case Type::u8: return "U8";
    case Type::boolean: return "BOOL";
    default:
      refuse(path, "the tensor " + show_name(tensor.name) +
                       " is stored in blocks, which safetensors has no name for");
  }
}

/// The eight bytes of length and the header. Tensors lie in the order given.
std::string header_of(std::span<const Entry> tensors,
                      const std::map<std::string, std::string>& metadata,
                      const std::string& path) try {
  std::string text = "{";
  if (!metadata.empty()) text += "\"__metadata__\":" + nlohmann::json(metadata).dump();
  std::unordered_set<std::string> names{"__metadata__"};
  uint64_t at = 0;
  for (const auto& tensor : tensors) {
    const auto dtype = dtype_of(tensor, path);
    if (!names.insert(tensor.name).second)
      refuse(path, "the tensor " + show_name(tensor.name) + " was to be written twice");
    const uint64_t bytes = bytes_of(path, tensor.name, tensor.shape, block_of(tensor.type), dtype);
    if (bytes != tensor.bytes.size())
      refuse(path, "the tensor " + show_name(tensor.name) + " of shape " +
                       show_shape(tensor.shape) + " needs " + std::to_string(bytes) +
                       " bytes and has " + std::to_string(tensor.bytes.size()));
    text += text.size() > 1 ? "," : "";
    text += nlohmann::json(tensor.name).dump() + ":{\"dtype\":\"" + dtype +
            "\",\"shape\":" + nlohmann::json(tensor.shape).dump() + ",\"data_offsets\":[" +
            std::to_string(at) + "," + std::to_string(at + bytes) + "]}";
    at += bytes;
  }
  text += "}";
  text.append((64 - (8 + text.size()) % 64) % 64, ' ');
  const uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + text;
} catch (const nlohmann::json::exception&) {
  refuse(path, "a tensor's name or the metadata to be written are no UTF-8");
}

struct Close {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

void write_safetensors(const std::string& path, std::span<const Entry> tensors,
                       const std::map<std::string, std::string>& metadata) {
  const auto header = header_of(tensors, metadata, path);
  const std::string draft = path + ".tmp" + std::to_string(::getpid());
  std::unique_ptr<std::FILE, Close> file(std::fopen(draft.c_str(), "wb"));
  bool written = file && std::fwrite(header.data(), 1, header.size(), file.get()) == header.size();
  for (const auto& tensor : tensors)
    written = written && std::fwrite(tensor.bytes.data(), 1, tensor.bytes.size(), file.get()) ==
                             tensor.bytes.size();
  written =
      written && std::fclose(file.release()) == 0 && std::rename(draft.c_str(), path.c_str()) == 0;
  if (written) return;
  const std::string why = std::strerror(errno);
  std::remove(draft.c_str());
  refuse(path, "cannot be written: " + why);
}

}  // namespace assay::weights
