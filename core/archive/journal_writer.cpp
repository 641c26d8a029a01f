// The writer of a run's journal: scalars, and what all records share. Larger things are in
// journal_results.cpp.
#include "core/archive/journal_writer.hpp"
#include "core/archive/names.hpp"
#include "core/base/error.hpp"

#include <algorithm>
#include <stdexcept>

namespace assay {
namespace {

wire::Header make_header(const std::string& run_id) {
  wire::Header h{};
  std::memcpy(h.magic, wire::kMagic, sizeof h.magic);
  h.version = wire::kVersion;
  h.endian_mark = wire::kEndianMark;
  std::memcpy(h.run_id, run_id.data(), std::min(run_id.size(), sizeof h.run_id));
  h.started = wall_seconds();
  return h;
}

/// Files that no record refers to: of an earlier life of this folder.
void remove_strays(const fs::path& folder, const JournalScan& scan) {
  std::error_code ignored;
  if (!scan.present) {
    fs::remove_all(folder / "ckpt", ignored);
    fs::remove_all(folder / "spill", ignored);
    return;
  }
  std::vector<fs::path> known;
  for (const CheckpointMark& m : scan.checkpoints)
    if (m.durable) known.push_back(m.file(folder));
  auto it = fs::recursive_directory_iterator(folder / "ckpt", ignored);
  for (; it != fs::recursive_directory_iterator(); it.increment(ignored))
    if (it->is_regular_file(ignored) &&
        std::find(known.begin(), known.end(), it->path()) == known.end())
      fs::remove(it->path(), ignored);
}

}  // namespace

JournalWriter::Impl::Impl(const fs::path& run_folder, const std::string& run_id, int attempt_number)
    : folder(run_folder), attempt(attempt_number) {
  make_folder(folder);
  JournalScan scan;
  if (attempt > 1) scan = scan_journal(folder);
  if (!scan.present) scan.end = 0;
  next_file = scan.largest_file + 1;
  for (auto& [id, definition] : scan.definitions) {
    next_id = std::max(next_id, id + 1);
    adopt(std::move(definition));
  }
  const uint64_t resume_at = scan.resume_offset();
  scan.cut(resume_at);
  earlier_marks = scan.checkpoints.size();
  if (resume_at == sizeof(wire::Header)) forget_layouts();
  remove_strays(folder, scan);
  file = std::make_unique<JournalFile>(folder / "journal.wal", JournalFile::mode_for(folder),
                                       scan.end, make_header(run_id));
  const bool shared = file->mode() == JournalFile::Mode::write;
  writer = std::make_unique<CheckpointWriter>(
      folder,
      CheckpointWriter::Hooks{[this](const CheckpointMark& mark) { done(mark); },
                              [this] { sync(); },
                              shared ? [this] { beat(); } : std::function<void()>()},
      std::move(scan.checkpoints));
  if (attempt > 1) {
    resume(resume_at, false);
    decided = false;
  }
  wake_at = wall_seconds() + 1;
}

void JournalWriter::Impl::adopt(wire::Definition&& definition) {
  if (definition.kind == wire::kMetric) metrics.insert(definition.name, definition.id);
  auto& names = definitions[definition.kind];
  names[definition.name] = std::move(definition);
}

/// Refuses a name that cannot be stored beside the others of its kind.
void JournalWriter::Impl::check_name(wire::Kind kind, std::string_view name) const {
  if (const std::string error = name_error(name); !error.empty())
    throw std::invalid_argument(error);
  const std::string padded = "/" + std::string(name) + "/";
  for (const char* reserved : {"/step/", "/time/", "/value/", "/row/"})
    if (padded.find(reserved) != std::string::npos)
      throw std::invalid_argument("the name \"" + std::string(name) +
                                  "\": step, time, value and row are the archive's own names");
  const auto known = definitions.find(kind);
  if (kind == wire::kMetric || kind == wire::kCheckpoint || known == definitions.end()) return;
  for (const auto& [other, unused] : known->second)
    if (is_above(other, name) || is_above(name, other))
      throw std::invalid_argument("the name \"" + std::string(name) + "\" and \"" + other +
                                  "\" cannot both be used: one lies inside the other");
}

uint32_t JournalWriter::Impl::define(wire::Kind kind, std::string_view name,
                                     std::vector<wire::Column> columns) {
  check_name(kind, name);
  wire::Definition d{next_id, kind, std::string(name), std::move(columns)};
  wire::Put put(file->reserve(wire::definition_bytes(d)));
  wire::put_definition(put, d);
  file->commit(wire::kDefine);
  adopt(std::move(d));
  return next_id++;
}

const wire::Definition* JournalWriter::Impl::find(wire::Kind kind, std::string_view name) const {
  const auto names = definitions.find(kind);
  if (names == definitions.end()) return nullptr;
  const auto it = names->second.find(name);
  return it == names->second.end() ? nullptr : &it->second;
}

uint32_t JournalWriter::Impl::id_of(wire::Kind kind, std::string_view name) {
  const wire::Definition* known = find(kind, name);
  return known != nullptr ? known->id : define(kind, name, {});
}

/// Voids the journal from `from` on, up to here.
void JournalWriter::Impl::resume(uint64_t from, bool amends) {
  wire::Put put(file->reserve(20));
  put.value(static_cast<uint32_t>(attempt)).value(wall_seconds()).value(from);
  file->commit(wire::kResume, amends ? wire::kAmends : uint16_t{0});
  resumed_at = from;
}

/// The first result of an attempt that asked for no checkpoint: it starts over.
void JournalWriter::Impl::decide() {
  decided = true;
  if (resumed_at == sizeof(wire::Header)) return;
  resume(sizeof(wire::Header), true);
  forget_layouts();
}

/// When nothing written before counts, tables and arrays may take another form.
void JournalWriter::Impl::forget_layouts() {
  definitions.erase(wire::kTable);
  definitions.erase(wire::kArrayName);
}

/// A second of life earns the thread that syncs every 30 s: a short run never starts it.
void JournalWriter::Impl::wake() {
  wake_at = std::numeric_limits<double>::infinity();
  writer->start();
}

void JournalWriter::Impl::done(const CheckpointMark& mark) {
  const std::lock_guard lock(mutex);
  wire::Put put(file->reserve(36));
  put.value(find(wire::kCheckpoint, mark.name)->id).value(mark.step).value(mark.begin);
  put.value(mark.bytes).value(mark.digest);
  file->commit(wire::kDone);
}

void JournalWriter::Impl::sync() {
  const uint64_t tail = file->tail();
  if (tail == synced) return;
  std::shared_ptr<const Descriptor> spilled;
  {
    const std::lock_guard lock(mutex);
    spilled = spill;
  }
  if (spilled != nullptr && ::fdatasync(spilled->get()) != 0)
    throw Failure(why("disk full or failing:", folder / "spill"));
  file->sync();
  synced = tail;
}

void JournalWriter::Impl::beat() {
  const std::lock_guard lock(mutex);
  wire::Put(file->reserve(12)).value(uint32_t{0}).value(wall_seconds());
  file->commit(wire::kBeat);
}

JournalWriter::JournalWriter(const fs::path& folder, const std::string& run_id, int attempt)
    : impl_(std::make_unique<Impl>(folder, run_id, attempt)) {}
JournalWriter::~JournalWriter() {
  impl_->writer.reset();  // the thread uses the rest
}

void JournalWriter::scalar(std::string_view name, int64_t step, double value) {
  Impl& d = *impl_;
  const double now = coarse_seconds();
  const std::lock_guard lock(d.mutex);
  if (!d.decided) d.decide();
  uint32_t id = d.metrics.find(name);
  if (id == NameTable::kMissing) id = d.define(wire::kMetric, name, {});
  d.file->scalar(id, step, now, value);
  if (now > d.wake_at) d.wake();
}

void JournalWriter::progress(std::string_view phase, int64_t done, int64_t total,
                             std::string_view note) {
  Impl& d = *impl_;
  const double now = wall_seconds();
  const std::lock_guard lock(d.mutex);
  wire::Put put(d.file->reserve(28 + phase.size() + note.size()));
  put.value(static_cast<uint32_t>(phase.size())).value(now).value(done).value(total);
  put.bytes(phase).bytes(note);
  d.file->commit(wire::kProgress);
  if (now > d.wake_at) d.wake();
}

void JournalWriter::event(std::string_view kind, std::string_view text) {
  Impl& d = *impl_;
  const double now = wall_seconds();
  const std::lock_guard lock(d.mutex);
  wire::Put put(d.file->reserve(12 + kind.size() + text.size()));
  put.value(static_cast<uint32_t>(kind.size())).value(now).bytes(kind).bytes(text);
  d.file->commit(wire::kEvent);
}

void JournalWriter::end(assay_status status, std::string_view message) {
  Impl& d = *impl_;
  d.writer->flush();
  {
    const std::lock_guard lock(d.mutex);
    wire::Put put(d.file->reserve(12 + message.size()));
    put.value(int32_t{status}).value(wall_seconds()).bytes(message);
    d.file->commit(wire::kEnd);
  }
  d.sync();
}

void JournalWriter::flush_checkpoints() { impl_->writer->flush(); }

}  // namespace assay
