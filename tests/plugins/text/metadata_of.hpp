// The metadata of a GGUF file, made in memory.
#pragma once
#include "plugins/common/weights/gguf_metadata.hpp"

#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace made {

/// Keeps the bytes that its metadata looks at.
class Metadata {
 public:
  Metadata() = default;
  Metadata(Metadata&&) = default;
  Metadata& operator=(Metadata&&) = default;

  void text(const std::string& key, const std::string& value) {
    set(key, assay::weights::GgufType::string, bytes_of(value));
  }
  void boolean(const std::string& key, bool value) {
    set(key, assay::weights::GgufType::boolean, {static_cast<uint8_t>(value)});
  }
  void id(const std::string& key, uint32_t value) {
    std::vector<uint8_t> bytes(sizeof value);
    std::memcpy(bytes.data(), &value, sizeof value);
    set(key, assay::weights::GgufType::u32, std::move(bytes));
  }
  void texts(const std::string& key, const std::vector<std::string>& values) {
    std::vector<uint8_t> bytes;
    for (const std::string& value : values) {
      const uint64_t size = value.size();
      append(bytes, &size, sizeof size);
      append(bytes, value.data(), value.size());
    }
    array(key, assay::weights::GgufType::string, values.size(), std::move(bytes));
  }
  void floats(const std::string& key, const std::vector<float>& values) {
    std::vector<uint8_t> bytes;
    append(bytes, values.data(), values.size() * sizeof(float));
    array(key, assay::weights::GgufType::f32, values.size(), std::move(bytes));
  }
  void ints(const std::string& key, const std::vector<int32_t>& values) {
    std::vector<uint8_t> bytes;
    append(bytes, values.data(), values.size() * sizeof(int32_t));
    array(key, assay::weights::GgufType::i32, values.size(), std::move(bytes));
  }
  void drop(const std::string& key) { values_.erase(key); }

  assay::weights::GgufMetadata made() const { return {"made.gguf", values_}; }

 private:
  static std::vector<uint8_t> bytes_of(const std::string& text) {
    return {text.begin(), text.end()};
  }
  static void append(std::vector<uint8_t>& bytes, const void* from, size_t size) {
    const auto* first = static_cast<const uint8_t*>(from);
    bytes.insert(bytes.end(), first, first + size);
  }
  void set(const std::string& key, assay::weights::GgufType type, std::vector<uint8_t> bytes) {
    kept_.push_back(std::move(bytes));
    values_[key] = {type, {}, 0, kept_.back()};
  }
  void array(const std::string& key, assay::weights::GgufType element, size_t count,
             std::vector<uint8_t> bytes) {
    kept_.push_back(std::move(bytes));
    values_[key] = {assay::weights::GgufType::array, element, count, kept_.back()};
  }

  std::deque<std::vector<uint8_t>> kept_;
  std::map<std::string, assay::weights::GgufValue, std::less<>> values_;
};

}  // namespace made
