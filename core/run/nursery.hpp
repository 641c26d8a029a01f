// The front process's end of one zygote or worker.
#pragma once
#include "core/run/order.hpp"
#include "core/run/wire.hpp"

#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace assay {

class Nursery {
 public:
  /// Starts the process. `forks`: a zygote, which loads the plugin before it forks.
  Nursery(const fs::path& library, bool forks,
          const std::vector<std::pair<std::string, std::string>>& env);
  Nursery(const Nursery&) = delete;
  Nursery& operator=(const Nursery&) = delete;
  ~Nursery();  // winds it up and waits for it

  void begin(uint64_t token, const Order& order, int lock_fd);
  /// What it has said since; sets gone() when it is.
  std::vector<Json> listen();

  int fd() const { return wire_->fd(); }
  bool forks() const { return forks_; }
  bool gone() const { return gone_; }
  /// Why it is gone, as the end of a sentence: "was killed (SIGKILL)". Waits for it.
  std::string death();
  /// The last line it printed, "" when none.
  std::string last_words() const;
  void kill() const;

 private:
  std::optional<Wire> wire_;
  pid_t pid_ = -1;
  int log_ = -1, status_ = 0;
  bool forks_, gone_ = false, reaped_ = false;
};

/// "crashed (SIGSEGV)", "left with exit(1)": how a process ended, from waitpid's status.
std::string how_it_ended(int status);

}  // namespace assay
