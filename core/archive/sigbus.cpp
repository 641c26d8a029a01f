#include "core/archive/sigbus.hpp"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>

namespace assay::sigbus {
namespace {

struct Slot {
  std::atomic<bool> used{false}, failed{false};
  std::atomic<uintptr_t> begin{0}, end{0};
};
Slot slots[8];
struct sigaction previous;

void on_sigbus(int signal, siginfo_t* info, void* context) {
  const auto address = reinterpret_cast<uintptr_t>(info->si_addr);
  for (Slot& slot : slots) {
    const uintptr_t begin = slot.begin.load(), end = slot.end.load();
    if (address < begin || address >= end) continue;
    const uintptr_t page = address & ~(static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE)) - 1);
    slot.failed.store(true);
    // NOLINTNEXTLINE(performance-no-int-to-ptr): a page is found by arithmetic on its address
    if (::mmap(reinterpret_cast<void*>(page), end - page, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED)
      return;
  }
  if ((previous.sa_flags & SA_SIGINFO) != 0 && previous.sa_sigaction != nullptr) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  } else {
    ::signal(SIGBUS, SIG_DFL);  // the instruction faults again, and the process dies of it
  }
}

void install() {
  struct sigaction action {};
  action.sa_sigaction = on_sigbus;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, &previous);
}

}  // namespace

int watch(void* begin, size_t bytes) {
  static std::once_flag once;
  std::call_once(once, install);
  for (int i = 0; i < 8; ++i)
    if (!slots[i].used.exchange(true)) {
      slots[i].failed.store(false);
      move(i, begin, bytes);
      return i;
    }
  return -1;
}

void move(int slot, void* begin, size_t bytes) {
  slots[slot].begin.store(UINTPTR_MAX);
  slots[slot].end.store(reinterpret_cast<uintptr_t>(begin) + bytes);
  slots[slot].begin.store(bytes == 0 ? UINTPTR_MAX : reinterpret_cast<uintptr_t>(begin));
}

bool failed(int slot) { return slots[slot].failed.load(std::memory_order_relaxed); }

void forget(int slot) {
  slots[slot].begin.store(UINTPTR_MAX);
  slots[slot].end.store(0);
  slots[slot].used.store(false);
}

}  // namespace assay::sigbus
