// The one thread that touches HDF5 while runs are executed: publishes archives, one after another.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace assay {

class Archivist {
 public:
  Archivist();
  Archivist(const Archivist&) = delete;
  Archivist& operator=(const Archivist&) = delete;
  ~Archivist();  // finishes what it was given

  /// `work` runs in the archivist's thread; then `done` is handed out by finished().
  void submit(std::function<void()> work, std::function<void()> done);
  /// Readable when finished() has something.
  int fd() const { return event_; }
  std::vector<std::function<void()>> finished();

 private:
  void loop();

  int event_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::pair<std::function<void()>, std::function<void()>>> queue_;
  std::vector<std::function<void()>> finished_;
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace assay
