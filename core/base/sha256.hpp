// SHA-256 of bytes, files and folders.
#pragma once
#include "core/base/files.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace assay {

class Sha256 {
 public:
  Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  ~Sha256();
  Sha256& add(std::string_view bytes);
  std::string digest();  // 32 bytes; called once

 private:
  void* state_;
};

std::string hex(std::string_view bytes);
std::string sha256(std::string_view bytes);     // 64 hex digits
std::string sha256_file(const fs::path& path);  // 64 hex digits; throws Failure

/// SHA-256 over the sorted lines `path\0sha256\n` of the regular files below `folder`; symbolic
/// links to files are followed, names that begin with a dot are skipped. 64 hex digits.
std::string sha256_tree(const fs::path& folder);
/// The same with the digests of the files from `digest`.
std::string sha256_tree(const fs::path& folder,
                        const std::function<std::string(const fs::path&)>& digest);

}  // namespace assay
