#include "core/archive/journal_reader.hpp"
#include "core/archive/runs_folder.hpp"
#include "core/archive/status_index.hpp"
#include "core/base/error.hpp"

#include <algorithm>

namespace assay {
namespace {

constexpr size_t kShort = 12;  // hex digits of an id in a folder's name

bool is_hex(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

/// What a journal says of a run that has no newer archive.
RunStatus status_of_journal(const JournalScan& scan) {
  RunStatus s;
  s.state = RunState::interrupted;
  s.attempts = scan.attempt;
  s.resumable = scan.resume_offset() > sizeof(wire::Header);
  s.message = "its process died before the run ended";
  if (!scan.ended) return s;
  s.message = scan.message;
  if (scan.status == ASSAY_OK || scan.status == ASSAY_DIVERGED)
    s.state = RunState::complete;
  else if (scan.status != ASSAY_CANCELLED)
    s.state = RunState::failed;
  return s;
}

/// For a folder whose record is lost: what its name and its journal say.
RunRecord record_without_json(const fs::path& folder, const JournalScan& scan) {
  RunRecord r;
  r.id = scan.run_id;
  r.plugin = folder.parent_path().filename().string();
  const std::string name = folder.filename().string();
  r.method = name.substr(0, name.rfind('-'));
  r.params = r.inputs = r.schema = r.provenance = Json::object();
  return r;
}

}  // namespace

std::string to_string(RunState state) {
  switch (state) {
    case RunState::absent: return "absent";
    case RunState::complete: return "complete";
    case RunState::failed: return "failed";
    case RunState::interrupted: return "interrupted";
    case RunState::cancelled: return "cancelled";
    case RunState::running: return "running";
  }
  return "?";
}

RunsFolder::RunsFolder(fs::path root)
    : root_(std::move(root)), index_(std::make_shared<StatusIndex>(root_)) {}

fs::path RunsFolder::folder(const std::string& plugin, const std::string& method,
                            const std::string& id) const {
  const fs::path parent = root_ / plugin;
  const fs::path brief = parent / (method + "-" + id.substr(0, kShort));
  const std::string known = id_of(brief);
  if (known.empty() || known == id) return brief;
  return parent / (method + "-" + id);
}

/// The whole id of the run in `run_folder`; "" when nothing is there that says it.
std::string RunsFolder::id_of(const fs::path& run_folder) const {
  std::error_code ignored;
  if (!fs::exists(run_folder, ignored)) return "";
  try {
    if (const auto entry = index_->lookup(run_folder)) return entry->id;
  } catch (const BadInput&) {  // an unreadable archive is reported by status()
  }
  if (fs::exists(run_folder / "run.json", ignored)) {
    try {
      return read_record(run_folder).value_or(RunRecord{}).id;
    } catch (const Failure&) {
      return "";
    }
  }
  return scan_journal(run_folder).run_id;
}

RunStatus RunsFolder::status(const fs::path& run_folder) const {
  const auto entry = index_->lookup(run_folder);
  if (entry && entry->status.state == RunState::complete) return entry->status;
  std::error_code ignored;
  if (!fs::exists(run_folder, ignored)) return {};
  RunStatus s = entry ? entry->status : RunStatus{};
  if (fs::exists(run_folder / "journal.wal", ignored)) {
    const JournalScan scan = scan_journal(run_folder);
    if (!entry || scan.attempt > entry->status.attempts) s = status_of_journal(scan);
  }
  if (RunLock::held(run_folder)) s.state = RunState::running;
  return s;
}

bool RunsFolder::recover(const fs::path& run_folder) const {
  std::error_code ignored;
  if (!fs::exists(run_folder / "journal.wal", ignored)) return false;
  const auto lock = RunLock::take(run_folder);
  if (!lock) return false;
  const bool changed = publish_journal(run_folder);
  RunLock::give_up(run_folder);
  return changed;
}

/// With the lock held: true when the folder's archive was behind its journal.
bool RunsFolder::publish_journal(const fs::path& run_folder) const {
  const JournalScan scan = scan_journal(run_folder);
  if (fs::exists(run_folder / "run.h5")) {
    const Json root = Archive(run_folder / "run.h5").attributes();
    if (root.value("state", "") == "complete") {
      remove_consumed(run_folder);  // the process died between the two steps of publish()
      return false;
    }
    if (root.value("journal_end", uint64_t{0}) == scan.end) return false;
  }
  if (!scan.present) return false;
  RunRecord record = read_record(run_folder).value_or(record_without_json(run_folder, scan));
  const RunStatus s = status_of_journal(scan);
  record.state = to_string(s.state);
  record.message = s.message;
  publish(run_folder, record);
  return true;
}

std::vector<fs::path> RunsFolder::recover() const {
  std::vector<fs::path> out;
  for (const fs::path& run : all())
    if (recover(run)) out.push_back(run);
  return out;
}

std::vector<fs::path> RunsFolder::find(const std::string& prefix) const {
  std::vector<fs::path> out;
  if (prefix.size() < 4 || !is_hex(prefix)) return out;
  for (const fs::path& run : all()) {
    const std::string name = run.filename().string();
    const std::string tail = name.substr(name.rfind('-') + 1);
    const std::string_view shared = std::string_view(prefix).substr(0, tail.size());
    if (!tail.starts_with(shared)) continue;
    if (prefix.size() <= tail.size() || id_of(run).starts_with(prefix)) out.push_back(run);
  }
  return out;
}

std::vector<fs::path> RunsFolder::all() const {
  std::vector<fs::path> out;
  std::error_code error;
  for (const auto& plugin : fs::directory_iterator(root_, error)) {
    const std::string name = plugin.path().filename().string();
    if (name.starts_with('.') || name == "plans" || name == "reports") continue;
    std::error_code inner;
    if (!plugin.is_directory(inner)) continue;
    for (const auto& run : fs::directory_iterator(plugin.path(), inner)) {
      const std::string leaf = run.path().filename().string();
      const size_t dash = leaf.rfind('-');
      if (dash == std::string::npos || !is_hex(leaf.substr(dash + 1))) continue;
      if (run.is_directory(inner)) out.push_back(run.path());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace assay
