// What is known of finished runs without opening their archives: .cache/runs.index. Disposable:
// a missing, damaged or old one is made anew.
#pragma once
#include "core/archive/runs_folder.hpp"

#include <mutex>
#include <string>
#include <unordered_map>

namespace assay {

class StatusIndex {
 public:
  explicit StatusIndex(fs::path root) : root_(std::move(root)) {}
  ~StatusIndex();

  struct Entry {
    int64_t bytes = 0, modified = 0;  // of run.h5; nanoseconds
    std::string id;
    RunStatus status;
  };
  /// Of the run.h5 in `run_folder`, read if the index has no entry of this size and time; nullopt
  /// when there is no run.h5. Throws BadInput when it is unreadable.
  std::optional<Entry> lookup(const fs::path& run_folder);
  void save();  // when something changed; failures are ignored

 private:
  void load();

  const fs::path root_;
  std::mutex mutex_;
  bool loaded_ = false, changed_ = false;
  std::unordered_map<std::string, Entry> entries_;  // by folder, relative to root
};

}  // namespace assay
