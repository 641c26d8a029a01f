// Data files made in memory, and a folder to put them in.
#pragma once
#include "plugins/common/data/bytes.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace sample {
using assay::data::Bytes;
using assay::data::View;

inline const std::string kFiles = ASSAY_DATA_FILES;

/// (7 i + 3) mod 251 for i < n: what make_files.py writes as x.
inline Bytes ramp(size_t n) {
  Bytes bytes(n);
  for (size_t i = 0; i < n; ++i) bytes[i] = static_cast<uint8_t>((7 * i + 3) % 251);
  return bytes;
}

inline View view(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

inline Bytes idx(const std::vector<uint32_t>& shape, const Bytes& values, uint8_t type = 8) {
  Bytes bytes{0, 0, type, static_cast<uint8_t>(shape.size())};
  for (const uint32_t n : shape)
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<uint8_t>(n >> shift));
  bytes.insert(bytes.end(), values.begin(), values.end());
  return bytes;
}

/// Version 1.0 with the dictionary as it is given.
inline Bytes npy(const std::string& dictionary, const Bytes& values) {
  const std::string head = std::string("\x93NUMPY\x01\x00", 8) +
                           static_cast<char>(dictionary.size() & 255) +
                           static_cast<char>(dictionary.size() >> 8) + dictionary;
  Bytes bytes(head.begin(), head.end());
  bytes.insert(bytes.end(), values.begin(), values.end());
  return bytes;
}
inline Bytes npy(const std::string& descr, const std::string& shape, const Bytes& values) {
  return npy("{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }",
             values);
}

/// Records of `label` followed by 3072 pixels that all are `fill`.
inline Bytes cifar(const std::vector<Bytes>& labels, uint8_t fill = 9) {
  Bytes bytes;
  for (const Bytes& label : labels) {
    bytes.insert(bytes.end(), label.begin(), label.end());
    bytes.insert(bytes.end(), 3072, fill);
  }
  return bytes;
}

class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "assay-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string path(const std::string& name = "") const { return (path_ / name).string(); }
  void write(const std::string& name, const Bytes& bytes) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
  }
  void write(const std::string& name, const std::string& text) const {
    write(name, Bytes(text.begin(), text.end()));
  }

 private:
  std::filesystem::path path_;
};

/// The sentence of the std::invalid_argument that `body` throws; "" if it throws nothing.
template <class Body>
std::string complaint(Body&& body) {
  try {
    body();
  } catch (const std::invalid_argument& e) {
    return e.what();
  }
  return "";
}

}  // namespace sample
