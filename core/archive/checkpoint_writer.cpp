#include "core/archive/checkpoint_writer.hpp"
#include "core/base/error.hpp"

#include <algorithm>
#include <csignal>
#include <pthread.h>
#include <set>

namespace assay {
namespace {

constexpr auto kSyncEvery = std::chrono::seconds(30), kBeatEvery = std::chrono::seconds(10);

/// The plugin's and the host's signal handlers run in threads that expect them.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    for (const int s : {SIGBUS, SIGSEGV, SIGFPE, SIGILL}) sigdelset(&all, s);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_;
};

}  // namespace

CheckpointWriter::CheckpointWriter(fs::path folder, Hooks hooks,
                                   std::vector<CheckpointMark> existing)
    : folder_(std::move(folder)), hooks_(std::move(hooks)), marks_(std::move(existing)) {
  for (size_t i = 0; i < marks_.size(); ++i)
    if (marks_[i].durable) on_disk_.push_back(i);
}

CheckpointWriter::~CheckpointWriter() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void CheckpointWriter::start() {
  const std::lock_guard lock(mutex_);
  if (thread_.joinable()) return;
  const SignalsBlocked blocked;  // the new thread inherits the mask
  thread_ = std::thread([this] { loop(); });
}

std::shared_ptr<CheckpointBuffer> CheckpointWriter::take_spare() {
  const std::lock_guard lock(mutex_);
  return spare_.use_count() == 1 ? std::move(spare_) : nullptr;
}

void CheckpointWriter::submit(CheckpointMark mark, std::shared_ptr<CheckpointBuffer> buffer) {
  start();
  {
    const std::lock_guard lock(mutex_);
    marks_.push_back(std::move(mark));
    queue_.push_back({marks_.size() - 1, std::move(buffer)});
    coalesce();
  }
  wake_.notify_all();
}

void CheckpointWriter::flush() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [&] { return queue_.empty() && !busy_; });
  if (!failure_.empty()) throw Failure(failure_);
}

void CheckpointWriter::rethrow() {
  const std::lock_guard lock(mutex_);
  if (!failure_.empty()) throw Failure(failure_);
}

std::vector<CheckpointMark> CheckpointWriter::marks() const {
  const std::lock_guard lock(mutex_);
  return marks_;
}

/// Drops a waiting set when the newest set is a later one that has all its names.
void CheckpointWriter::coalesce() {
  const auto sets = checkpoint_sets(marks_);
  const auto [from, to] = sets.back();
  for (const auto& [first, last] : sets) {
    if (first == from) break;
    bool waits = true, covered = true;
    for (size_t i = first; i < last; ++i) {
      waits = waits && std::any_of(queue_.begin(), queue_.end(),
                                   [&](const Job& job) { return job.mark == i; });
      covered = covered && std::any_of(marks_.begin() + static_cast<ptrdiff_t>(from),
                                       marks_.begin() + static_cast<ptrdiff_t>(to),
                                       [&](const auto& m) { return m.name == marks_[i].name; });
    }
    if (!waits || !covered) continue;
    // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): lost at the structured binding
    std::erase_if(queue_, [&](const Job& job) { return job.mark >= first && job.mark < last; });
  }
}

/// Removes the files that a newer durable set replaces, without the lock: large files take long.
/// The last set may still grow, unless it has every name that the run ever used.
void CheckpointWriter::prune(std::unique_lock<std::mutex>& lock) {
  const auto sets = checkpoint_sets(marks_);
  std::set<std::string> all;
  for (const CheckpointMark& m : marks_) all.insert(m.name);
  std::vector<fs::path> old;
  for (size_t s = sets.size(); s-- > 0;) {
    const auto [from, to] = sets[s];
    bool durable = true;
    std::set<std::string> names;
    for (size_t i = from; i < to; ++i) {
      durable = durable && marks_[i].durable;
      names.insert(marks_[i].name);
    }
    if (!durable || (s + 1 == sets.size() && names != all)) continue;
    std::erase_if(on_disk_, [&, from = from](size_t i) {
      if (i >= from || names.count(marks_[i].name) == 0) return false;
      old.push_back(marks_[i].file(folder_));
      return true;
    });
    break;
  }
  lock.unlock();
  std::error_code ignored;
  for (const fs::path& file : old) fs::remove(file, ignored);
  lock.lock();
}

void CheckpointWriter::write_one(std::unique_lock<std::mutex>& lock) {
  prune(lock);
  const Job job = std::move(queue_.front());
  queue_.pop_front();
  busy_ = true;
  CheckpointMark mark = marks_[job.mark];
  lock.unlock();
  std::string failure;
  try {
    const auto written = job.buffer->write(mark.file(folder_));
    mark.bytes = written.bytes;
    mark.digest = written.index_digest;
    mark.durable = true;
    hooks_.done(mark);
    hooks_.sync();
  } catch (const std::exception& e) {
    failure = e.what();
  }
  lock.lock();
  if (failure.empty()) {
    marks_[job.mark] = mark;
    on_disk_.push_back(job.mark);
  } else if (failure_.empty()) {
    failure_ = failure;
  }
  spare_ = job.buffer;
  busy_ = false;
  if (queue_.empty()) idle_.notify_all();
  prune(lock);
}

void CheckpointWriter::loop() {
  pthread_setname_np(pthread_self(), "assay-writer");
  std::unique_lock lock(mutex_);
  auto now = std::chrono::steady_clock::now();
  auto sync_at = now + kSyncEvery, beat_at = now + kBeatEvery;
  while (true) {
    if (!queue_.empty()) {
      write_one(lock);
      continue;
    }
    idle_.notify_all();
    if (stop_) return;
    wake_.wait_until(lock, hooks_.beat ? std::min(sync_at, beat_at) : sync_at,
                     [&] { return stop_ || !queue_.empty(); });
    now = std::chrono::steady_clock::now();
    if (now < sync_at && now < beat_at) continue;
    const bool beat = now >= beat_at && hooks_.beat, sync = now >= sync_at;
    if (now >= beat_at) beat_at = now + kBeatEvery;
    if (sync) sync_at = now + kSyncEvery;
    lock.unlock();
    std::string failure;
    try {
      if (beat) hooks_.beat();
      if (sync) hooks_.sync();
    } catch (const std::exception& e) {
      failure = e.what();
    }
    lock.lock();
    if (failure_.empty()) failure_ = failure;
  }
}

}  // namespace assay
