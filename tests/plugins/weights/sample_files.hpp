// Tensor files made byte by byte, well-formed and otherwise, for tests and fuzz seeds.
#pragma once
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace sample {

template <class T>
std::string raw(T value) {
  std::string out(sizeof value, '\0');
  std::memcpy(out.data(), &value, sizeof value);
  return out;
}

/// A length of 64 bits, then the characters.
inline std::string gguf_string(const std::string& text) {
  return raw<uint64_t>(text.size()) + text;
}

/// A GGUF file, part by part. What is not set is as a good file has it.
struct Gguf {
  std::string magic = "GGUF";
  uint32_t version = 3;
  std::string tensors, pairs, data;
  int64_t tensor_count = 0, pair_count = 0;

  Gguf& pair(const std::string& key, uint32_t type, const std::string& value) {
    pairs += gguf_string(key) + raw(type) + value;
    ++pair_count;
    return *this;
  }
  /// `shape` innermost first, as the file has it.
  Gguf& tensor(const std::string& name, const std::vector<uint64_t>& shape, uint32_t type,
               uint64_t offset) {
    tensors += gguf_string(name) + raw(static_cast<uint32_t>(shape.size()));
    for (const uint64_t extent : shape) tensors += raw(extent);
    tensors += raw(type) + raw(offset);
    ++tensor_count;
    return *this;
  }
  std::string bytes() const {
    auto out = magic + raw(version) + raw(tensor_count) + raw(pair_count) + pairs + tensors;
    out.resize((out.size() + 31) / 32 * 32);
    return out + data;
  }
};

/// A safetensors file of that header.
inline std::string safetensors(const std::string& header, const std::string& data) {
  return raw<uint64_t>(header.size()) + header + data;
}

template <class T>
std::string numbers(const std::vector<T>& values) {
  std::string out;
  for (const T value : values) out += raw(value);
  return out;
}

/// A folder that is gone when the scope ends.
struct Folder {
  std::filesystem::path path;
  Folder() {
    auto pattern = (std::filesystem::temp_directory_path() / "assay_weights_XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::string write(const std::string& name, const std::string& bytes) const {
    std::ofstream(path / name, std::ios::binary) << bytes;
    return (path / name).string();
  }
};

/// What opening says; "" if it is silent.
template <class Do>
std::string refusal(Do&& act) {
  try {
    act();
    return "";
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
}

}  // namespace sample
