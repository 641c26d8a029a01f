#include "core/base/error.hpp"
#include "core/base/json.hpp"
#include "core/base/sha256.hpp"
#include "core/plan/digests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <sys/stat.h>

namespace assay {

std::string Digests::tree(const fs::path& folder) {
  return sha256_tree(folder, [this](const fs::path& path) { return file(path); });
}

CachedDigests::CachedDigests(fs::path cache_file) : cache_file_(std::move(cache_file)) {
  std::error_code missing;
  if (!fs::is_regular_file(cache_file_, missing)) return;
  try {
    Json::parse(read_file(cache_file_)).get_to(known_);
  } catch (const std::exception&) {
    known_.clear();
  }
}

std::string CachedDigests::file(const fs::path& path) {
  struct stat s {};
  if (::stat(path.c_str(), &s) != 0) throw Failure(why("cannot read", path));
  const auto ns = [](const timespec& t) { return t.tv_sec * 1000000000LL + t.tv_nsec; };
  const std::string key =
      fmt::format("{}:{}:{}:{}:{}", s.st_dev, s.st_ino, s.st_size, ns(s.st_mtim), ns(s.st_ctim));
  if (const auto it = known_.find(key); it != known_.end()) return it->second;
  std::string digest = sha256_file(path);
  constexpr time_t kSettled = 2;
  if (std::time(nullptr) - std::max(s.st_mtim.tv_sec, s.st_ctim.tv_sec) >= kSettled) {
    known_.emplace(key, digest);
    changed_ = true;
  }
  return digest;
}

void CachedDigests::save() {
  if (!changed_) return;
  try {
    if (cache_file_.has_parent_path()) make_folder(cache_file_.parent_path());
    write_file(cache_file_, Json(known_).dump());
    changed_ = false;
  } catch (const Failure&) {
    // The cache only saves time.
  }
}

}  // namespace assay
