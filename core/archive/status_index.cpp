#include "core/archive/descriptor.hpp"
#include "core/archive/hash.hpp"
#include "core/archive/status_index.hpp"
#include "core/archive/wire.hpp"
#include "core/base/error.hpp"

#include <sys/stat.h>

namespace assay {
namespace {

constexpr char kMagic[8] = {'A', 'S', 'S', 'A', 'Y', 'I', 'X', '1'};

RunState parse_state(const std::string& text) {
  for (const RunState s :
       {RunState::complete, RunState::failed, RunState::interrupted, RunState::cancelled})
    if (text == to_string(s)) return s;
  return RunState::failed;
}

StatusIndex::Entry read_entry(const fs::path& file) {
  const Json root = Archive(file).attributes();
  if (root.value("assay_format", "") != "run")
    throw BadInput("E302", file.string() + " is not the archive of a run");
  StatusIndex::Entry e;
  e.id = root.value("run_id", "");
  e.status.state = parse_state(root.value("state", ""));
  e.status.message = root.value("message", "");
  e.status.attempts = root.value("attempt", 1);
  e.status.resumable = root.value("resumable", false) && e.status.state != RunState::complete;
  return e;
}

void put_text(std::string& out, const std::string& text) {
  const auto n = static_cast<uint32_t>(text.size());
  out.append(reinterpret_cast<const char*>(&n), sizeof n).append(text);
}
template <class T>
void put_value(std::string& out, T v) {
  out.append(reinterpret_cast<const char*>(&v), sizeof v);
}

}  // namespace

StatusIndex::~StatusIndex() { save(); }

void StatusIndex::load() {
  loaded_ = true;
  std::string all;
  try {
    all = read_file(root_ / ".cache" / "runs.index");
  } catch (const Failure&) {
    return;
  }
  const size_t head = sizeof kMagic + 8;
  if (all.size() < head || std::memcmp(all.data(), kMagic, sizeof kMagic) != 0) return;
  wire::Take take(reinterpret_cast<const std::byte*>(all.data()) + sizeof kMagic,
                  all.size() - sizeof kMagic);
  if (take.value<uint64_t>() != hash64(all.data() + head, all.size() - head)) return;
  const auto text = [&] { return std::string(take.bytes(take.value<uint32_t>())); };
  while (take.left() > 0 && take.ok()) {
    std::string folder = text();
    Entry e;
    e.bytes = take.value<int64_t>();
    e.modified = take.value<int64_t>();
    e.id = text();
    e.status.state = static_cast<RunState>(take.value<uint8_t>());
    e.status.resumable = take.value<uint8_t>() != 0;
    e.status.attempts = take.value<int32_t>();
    e.status.message = text();
    if (take.ok()) entries_[std::move(folder)] = std::move(e);
  }
}

void StatusIndex::save() {
  const std::lock_guard lock(mutex_);
  if (!changed_) return;
  changed_ = false;
  std::string body;
  for (const auto& [folder, e] : entries_) {
    put_text(body, folder);
    put_value(body, e.bytes);
    put_value(body, e.modified);
    put_text(body, e.id);
    put_value(body, static_cast<uint8_t>(e.status.state));
    put_value(body, static_cast<uint8_t>(e.status.resumable ? 1 : 0));
    put_value(body, int32_t{e.status.attempts});
    put_text(body, e.status.message);
  }
  std::string all(kMagic, sizeof kMagic);
  put_value(all, hash64(body.data(), body.size()));
  // Not fsynced: what a power cut leaves is checked by its hash. Renamed: readers see a whole one.
  const fs::path folder = root_ / ".cache";
  const fs::path beside = folder / ("runs.index.tmp" + std::to_string(::getpid()));
  try {
    make_folder(folder);
    const Descriptor fd = create_file(beside);
    all += body;
    write_at(fd, all.data(), all.size(), 0, beside);
    if (::rename(beside.c_str(), (folder / "runs.index").c_str()) != 0) ::unlink(beside.c_str());
  } catch (const Failure&) {
    ::unlink(beside.c_str());
  }
}

std::optional<StatusIndex::Entry> StatusIndex::lookup(const fs::path& run_folder) {
  const std::string file = run_folder.string() + "/run.h5";
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return std::nullopt;
  const int64_t modified = info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec;
  const std::string root = root_.string(), whole = run_folder.string();
  const std::string key = whole.starts_with(root) ? whole.substr(root.size()) : whole;
  const std::lock_guard lock(mutex_);
  if (!loaded_) load();
  if (const auto it = entries_.find(key);
      it != entries_.end() && it->second.bytes == info.st_size && it->second.modified == modified)
    return it->second;
  Entry e = read_entry(file);
  e.bytes = info.st_size;
  e.modified = modified;
  entries_[key] = e;
  changed_ = true;
  return e;
}

}  // namespace assay
