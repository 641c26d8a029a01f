// Follows a journal that another process writes.
#include "core/archive/journal.hpp"
#include "core/archive/journal_reader.hpp"
#include "core/base/error.hpp"

#include <sys/stat.h>

namespace assay {

struct JournalTail::Impl {
  fs::path folder;
  std::unique_ptr<JournalReader> reader;
  ino_t inode = 0;
  JournalState state;

  /// Opens the journal when it has come, or has been replaced. False while there is none.
  bool ensure_open() {
    struct stat info {};
    if (::stat((folder / "journal.wal").c_str(), &info) != 0) return false;
    const bool same = reader != nullptr && info.st_ino == inode &&
                      static_cast<uint64_t>(info.st_size) >= reader->position();
    if (same) return true;
    auto fresh = std::make_unique<JournalReader>(folder);
    if (!fresh->is_open()) return false;
    reader = std::move(fresh);
    inode = info.st_ino;
    state = JournalState{};
    state.attempt = 1;
    return true;
  }

  void apply(const JournalReader::Record& record) {
    wire::Take take = record.take();
    switch (record.type) {
      case wire::kProgress: {
        const auto phase = take.value<uint32_t>();
        take.value<double>();
        state.done = take.value<int64_t>();
        state.total = take.value<int64_t>();
        state.phase = std::string(take.bytes(phase));
        state.note = std::string(take.rest());
        break;
      }
      case wire::kDone:
        take.value<uint32_t>();
        state.last_checkpoint = take.value<int64_t>();
        break;
      case wire::kResume:
        if ((record.flags & wire::kAmends) == 0) {
          state.done = state.total = 0;
          state.phase.clear();
          state.note.clear();
        }
        state.attempt = static_cast<int>(take.value<uint32_t>());
        state.ended = false;
        state.message.clear();
        break;
      case wire::kEnd:
        state.ended = true;
        state.status = take.value<int32_t>();
        take.value<double>();
        state.message = std::string(take.rest());
        break;
      default: break;
    }
  }
};

JournalTail::JournalTail(fs::path folder) : impl_(std::make_unique<Impl>()) {
  impl_->folder = std::move(folder);
}
JournalTail::~JournalTail() = default;
JournalTail::JournalTail(JournalTail&&) noexcept = default;

const JournalState& JournalTail::poll() {
  try {
    if (impl_->ensure_open())
      while (const auto record = impl_->reader->next()) impl_->apply(*record);
  } catch (const Failure&) {
    impl_->reader.reset();  // read anew at the next poll
  }
  return impl_->state;
}

}  // namespace assay
