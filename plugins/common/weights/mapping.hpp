// A file as memory. Private to this folder.
#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace assay::weights {

class Mapping {
 public:
  /// std::invalid_argument if the file cannot be read, is a folder or is empty.
  explicit Mapping(std::string path);
  ~Mapping();
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  const std::string& path() const { return path_; }
  std::span<const uint8_t> bytes() const { return {static_cast<const uint8_t*>(at_), size_}; }

 private:
  std::string path_;
  void* at_ = nullptr;
  size_t size_ = 0;
};

}  // namespace assay::weights
