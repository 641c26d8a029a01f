#include "core/archive/crc32c.hpp"
#include "core/archive/journal_reader.hpp"

#include <algorithm>
#include <sys/stat.h>

namespace assay {
namespace {

constexpr size_t kBuffer = size_t{256} << 10;

/// What counted before the attempt that is being read.
struct Before {
  std::vector<std::pair<uint64_t, uint64_t>> ranges;
  std::vector<CheckpointMark> checkpoints;
};

/// A RESUME record: voids what it says, or takes back what the RESUME before it voided.
void begin_attempt(JournalScan& scan, Before& before, const JournalReader::Record& record) {
  wire::Take take = record.take();
  scan.attempt = static_cast<int>(take.value<uint32_t>());
  take.value<double>();
  if ((record.flags & wire::kAmends) != 0) {
    scan.ranges = before.ranges;
    scan.checkpoints = before.checkpoints;
  } else {
    before = {scan.ranges, scan.checkpoints};
  }
  scan.cut(take.value<uint64_t>());
  scan.ranges.emplace_back(record.end, record.end);
}

void apply(JournalScan& scan, Before& before, const JournalReader::Record& record) {
  wire::Take take = record.take();
  switch (record.type) {
    case wire::kDefine: {
      wire::Definition d = wire::take_definition(take);
      if (take.ok()) scan.definitions[d.id] = std::move(d);
      break;
    }
    case wire::kSpilled: {
      take.value<uint32_t>();
      take.value<int64_t>();
      scan.largest_file = std::max(scan.largest_file, take.value<uint64_t>());
      break;
    }
    case wire::kFile: {
      take.value<uint32_t>();
      scan.largest_file = std::max(scan.largest_file, take.value<uint64_t>());
      break;
    }
    case wire::kBegin: {
      CheckpointMark mark;
      mark.name = scan.definitions[take.value<uint32_t>()].name;
      mark.step = take.value<int64_t>();
      mark.begin = record.offset;
      mark.after = record.end;
      scan.checkpoints.push_back(std::move(mark));
      break;
    }
    case wire::kDone: {
      take.value<uint32_t>();
      take.value<int64_t>();
      const auto begin = take.value<uint64_t>();
      for (CheckpointMark& mark : scan.checkpoints)
        if (mark.begin == begin && take.ok()) {
          mark.bytes = take.value<uint64_t>();
          mark.digest = take.value<uint64_t>();
          mark.durable = true;
        }
      break;
    }
    case wire::kResume: {
      begin_attempt(scan, before, record);
      break;
    }
    case wire::kEnd: {
      scan.ended = true;
      scan.status = take.value<int32_t>();
      take.value<double>();
      scan.message = std::string(take.rest());
      break;
    }
    default: break;
  }
}

}  // namespace

JournalReader::JournalReader(const fs::path& folder) : path_(folder / "journal.wal") {
  fd_ = Descriptor(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd_) return;
  const size_t n = read_at(fd_, &header_, sizeof header_, 0, path_);
  if (n == sizeof header_ && std::memcmp(header_.magic, wire::kMagic, sizeof wire::kMagic) == 0 &&
      header_.version == wire::kVersion && header_.endian_mark == wire::kEndianMark)
    return;
  fd_.close();
}

bool JournalReader::fetch(uint64_t offset, size_t bytes) {
  if (offset >= buffer_begin_ && offset + bytes <= buffer_end_) return true;
  struct stat info {};
  if (::fstat(fd_.get(), &info) != 0 || offset + bytes > static_cast<uint64_t>(info.st_size))
    return false;
  buffer_.resize(std::max<size_t>(
      bytes, std::min<uint64_t>(kBuffer, static_cast<uint64_t>(info.st_size) - offset)));
  buffer_begin_ = offset;
  buffer_end_ = offset + read_at(fd_, buffer_.data(), buffer_.size(), offset, path_);
  return offset + bytes <= buffer_end_;
}

std::optional<JournalReader::Record> JournalReader::next() {
  if (!fd_ || !fetch(position_, wire::kPrefixBytes)) return std::nullopt;
  const std::byte* at = buffer_.data() + (position_ - buffer_begin_);
  wire::Take prefix(at, wire::kPrefixBytes);
  const auto length = prefix.value<uint32_t>();
  const auto crc = prefix.value<uint32_t>();
  const auto type = static_cast<wire::Type>(prefix.value<uint16_t>());
  const auto flags = prefix.value<uint16_t>();
  // What looks like the end may be old: the writer goes on behind what the buffer holds.
  if (length < 4 || !fetch(position_, wire::kUncovered + length)) {
    buffer_begin_ = buffer_end_ = 0;
    return std::nullopt;
  }
  at = buffer_.data() + (position_ - buffer_begin_);
  if (crc32c(at + wire::kUncovered, length) != crc) {
    buffer_begin_ = buffer_end_ = 0;
    return std::nullopt;
  }
  Record record{
      position_, position_ + wire::record_bytes(length - 4), type, flags, at + wire::kPrefixBytes,
      length - 4};
  position_ = record.end;
  return record;
}

fs::path CheckpointMark::file(const fs::path& folder) const {
  return folder / "ckpt" / name / (std::to_string(step) + "." + std::to_string(begin));
}

std::vector<std::pair<size_t, size_t>> checkpoint_sets(const std::vector<CheckpointMark>& marks) {
  std::vector<std::pair<size_t, size_t>> sets;
  for (size_t i = 0; i < marks.size(); ++i) {
    bool joins = !sets.empty() && marks[i].step == marks[i - 1].step;
    if (joins)
      for (size_t j = sets.back().first; j < i; ++j)
        joins = joins && marks[j].name != marks[i].name;
    if (joins)
      sets.back().second = i + 1;
    else
      sets.emplace_back(i, i + 1);
  }
  return sets;
}

uint64_t JournalScan::resume_offset() const {
  const auto sets = checkpoint_sets(checkpoints);
  for (size_t s = sets.size(); s-- > 0;) {
    const auto [from, to] = sets[s];
    const auto begin = checkpoints.data();
    bool usable = std::all_of(begin + from, begin + to, [](const auto& m) { return m.durable; });
    // The process may have died between two save() calls of its last set: of the names of the set
    // before it has some, but not all.
    if (usable && s + 1 == sets.size() && s > 0) {
      const auto [before, upto] = sets[s - 1];
      const auto shared = std::count_if(begin + before, begin + upto, [&](const auto& m) {
        // NOLINTNEXTLINE(clang-analyzer-core.NullDereference): lost at the structured binding
        return std::any_of(begin + from, begin + to,
                           [&](const auto& n) { return n.name == m.name; });
      });
      usable = shared == 0 || static_cast<size_t>(shared) == upto - before;
    }
    if (usable) return checkpoints[to - 1].after;
  }
  return sizeof(wire::Header);
}

void JournalScan::cut(uint64_t offset) {
  while (!ranges.empty() && ranges.back().first >= offset) ranges.pop_back();
  if (!ranges.empty()) ranges.back().second = std::min(ranges.back().second, offset);
  while (!checkpoints.empty() && checkpoints.back().begin >= offset) checkpoints.pop_back();
  ended = false;
  status = 0;
  message.clear();
}

const CheckpointMark* JournalScan::latest(const std::string& name) const {
  // NOLINTNEXTLINE(modernize-loop-convert): backwards
  for (auto it = checkpoints.rbegin(); it != checkpoints.rend(); ++it)
    if (it->durable && it->name == name) return &*it;
  return nullptr;
}

JournalScan scan_journal(const fs::path& folder) {
  JournalScan scan;
  JournalReader reader(folder);
  if (!reader.is_open()) return scan;
  scan.present = true;
  scan.attempt = 1;
  const char* id = reader.header().run_id;
  scan.run_id.assign(id, std::find(id, id + sizeof reader.header().run_id, '\0'));
  scan.started = reader.header().started;
  scan.ranges.emplace_back(sizeof(wire::Header), sizeof(wire::Header));
  Before before;
  while (const auto record = reader.next()) {
    apply(scan, before, *record);
    scan.end = record->end;
    if (record->type != wire::kResume) scan.ranges.back().second = record->end;
  }
  return scan;
}

std::optional<fs::path> latest_checkpoint(const fs::path& folder, const std::string& name) {
  JournalScan scan = scan_journal(folder);
  scan.cut(scan.resume_offset());
  const CheckpointMark* mark = scan.latest(name);
  if (mark == nullptr || !fs::exists(mark->file(folder))) return std::nullopt;
  return mark->file(folder);
}

}  // namespace assay
