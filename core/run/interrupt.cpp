#include "core/run/interrupt.hpp"

#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

namespace assay {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};
int event = -1;

void on_signal(int) {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(event, &one, sizeof one);
}

}  // namespace

Interrupts::Interrupts() {
  event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  for (int i = 0; i < 3; ++i) {
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    ::sigaction(kSignals[i], &action, &before_[i]);
  }
}

Interrupts::~Interrupts() {
  for (int i = 0; i < 3; ++i) ::sigaction(kSignals[i], &before_[i], nullptr);
  ::close(event);
  event = -1;
}

int Interrupts::fd() const { return event; }

int Interrupts::count() {
  uint64_t n = 0;
  if (::read(event, &n, sizeof n) == sizeof n) count_ += static_cast<int>(n);
  return count_;
}

}  // namespace assay
