// SIGINT, SIGTERM and SIGHUP, counted while runs are executed.
#pragma once

#include <signal.h>

namespace assay {

/// One at a time. Restores the handlers that were there before.
class Interrupts {
 public:
  Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;
  ~Interrupts();
  int fd() const;  // readable after one
  int count();     // since the beginning

 private:
  struct sigaction before_[3];
  int count_ = 0;
};

}  // namespace assay
