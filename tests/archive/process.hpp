// Children that a test starts, kills, and hears from through shared memory.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace assay::test {

/// Memory that a child's last stores survive in.
struct Shared {
  std::atomic<int64_t> a{0}, b{0}, c{0}, d{0};
};
inline Shared* shared_memory() {
  void* p =
      ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  return new (p) Shared;
}

inline pid_t start(const std::function<int()>& body) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  int code = 99;
  try {
    code = body();
  } catch (const std::exception& e) {
    ::write(2, e.what(), __builtin_strlen(e.what()));
    ::write(2, "\n", 1);
  }
  ::_exit(code);
}
/// Its exit status, or minus the signal that ended it.
inline int wait_for(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}
inline int in_child(const std::function<int()>& body) { return wait_for(start(body)); }

}  // namespace assay::test
