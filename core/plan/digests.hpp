// SHA-256 of the files and folders that a plan reads, computed once for each content.
#pragma once
#include "core/base/files.hpp"

#include <map>
#include <string>

namespace assay {

class Digests {
 public:
  Digests() = default;
  Digests(const Digests&) = delete;
  Digests& operator=(const Digests&) = delete;
  virtual ~Digests() = default;
  virtual std::string file(const fs::path& path) = 0;  // 64 hex digits; throws Failure
  /// As sha256_tree, each file's digest from file().
  virtual std::string tree(const fs::path& folder);
};

/// Keeps digests in a file, under (device, inode, size, mtime_ns, ctime_ns). A file that changed
/// less than two seconds ago is not remembered: a later change might leave its times as they are.
class CachedDigests : public Digests {
 public:
  /// A cache file that is missing or damaged is an empty cache.
  explicit CachedDigests(fs::path cache_file);
  std::string file(const fs::path& path) override;
  /// Writes what is new; a folder that cannot be written leaves the cache as it was.
  void save();

 private:
  fs::path cache_file_;
  std::map<std::string, std::string> known_;
  bool changed_ = false;
};

}  // namespace assay
