#include "core/run/archivist.hpp"

#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

namespace assay {

Archivist::Archivist()
    : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), thread_([this] { loop(); }) {}

Archivist::~Archivist() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_one();
  thread_.join();
  ::close(event_);
}

void Archivist::submit(std::function<void()> work, std::function<void()> done) {
  {
    const std::lock_guard lock(mutex_);
    queue_.emplace_back(std::move(work), std::move(done));
  }
  wake_.notify_one();
}

std::vector<std::function<void()>> Archivist::finished() {
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t n = ::read(event_, &count, sizeof count);
  const std::lock_guard lock(mutex_);
  return std::exchange(finished_, {});
}

void Archivist::loop() {
  while (true) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return closing_ || !queue_.empty(); });
    if (queue_.empty()) return;
    auto [work, done] = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    lock.lock();
    finished_.push_back(std::move(done));
    lock.unlock();
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(event_, &one, sizeof one);
  }
}

}  // namespace assay
