// Folders, states, the index, locks, recovery; and disks that are full or read-only.
#include "core/archive/runs_folder.hpp"
#include "tests/archive/helpers.hpp"
#include "tests/archive/process.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>

using namespace assay;
using namespace assay::test;

namespace {

RunRecord record_of(const std::string& id) {
  RunRecord r = record();
  r.id = id;
  return r;
}

/// A child that writes five rows and a checkpoint of `folder` and then hangs, holding the lock.
pid_t start_hanging(const fs::path& folder, const std::string& id, Shared* shared) {
  const pid_t child = start([&] {
    auto lock = RunLock::take(folder);
    if (!lock) return 1;
    RunLock::adopt(folder);
    JournalWriter w(folder, id, 1);
    for (int i = 0; i < 5; ++i) w.scalar("i", i, i);
    Columns c;
    c.add<double>("w", {1});
    w.save("state", 5, c.size(), c.data());
    w.flush_checkpoints();
    shared->a.store(1);
    ::pause();
    return 0;
  });
  while (shared->a.load() == 0) ::usleep(200);
  return child;
}

/// Runs `body` in a child with a tmpfs of `bytes` at `folder` that only the child sees. 77 when
/// this machine does not allow that.
int on_small_disk(const fs::path& folder, const std::string& options,
                  const std::function<int()>& body) {
  return in_child([&] {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", folder.c_str(), "tmpfs", 0, options.c_str()) != 0)
      return 77;
    return body();
  });
}

template <class F>
std::string thrown(F&& call) {
  try {
    call();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a run's folder has 12 digits of its id, and all of them when another run has that one") {
  const TemporaryFolder dir;
  const RunsFolder runs(dir.path);
  const std::string id = "0123456789ab0000000000000000aaaa",
                    twin = "0123456789ab0000000000000000bbbb";
  const fs::path first = runs.folder("toy", "train", id);
  CHECK(first == dir.path / "toy" / "train-0123456789ab");
  write_record(first, record_of(id));
  CHECK(runs.folder("toy", "train", id) == first);
  const fs::path second = runs.folder("toy", "train", twin);
  CHECK(second == dir.path / "toy" / ("train-" + twin));
  write_record(second, record_of(twin));
  CHECK(runs.all() == std::vector<fs::path>{first, second});
  CHECK(runs.find("0123").size() == 2);
  CHECK(runs.find(id) == std::vector<fs::path>{first});
  CHECK(runs.find("012").empty());
  CHECK(runs.find("ffff").empty());
}

TEST_CASE("a run is absent, running, interrupted, recovered, complete") {
  for (const char* locks : {"", "claim"}) {
    CAPTURE(locks);
    ::setenv("ASSAY_LOCK", locks, 1);
    const TemporaryFolder dir;
    const RunsFolder runs(dir.path);
    const fs::path run = runs.folder("toy", "train", kRunId);
    CHECK(runs.status(run).state == RunState::absent);
    Shared* shared = shared_memory();
    write_record(run, record());
    const pid_t child = start_hanging(run, kRunId, shared);
    CHECK(runs.status(run).state == RunState::running);
    CHECK_FALSE(RunLock::take(run).has_value());
    CHECK_FALSE(runs.recover(run));
    ::kill(child, SIGKILL);
    wait_for(child);
    const RunStatus dead = runs.status(run);
    CHECK(dead.state == RunState::interrupted);
    CHECK(dead.resumable);
    CHECK(dead.attempts == 1);
    CHECK(runs.recover() == std::vector<fs::path>{run});
    CHECK(runs.recover().empty());
    CHECK(runs.status(run).state == RunState::interrupted);
    CHECK(runs.status(run).resumable);
    CHECK(Archive(run / "run.h5").metric("i") == 4);
    CHECK(fs::exists(run / "journal.wal"));
    {
      JournalWriter w(run, kRunId, 2);
      REQUIRE(w.checkpoint("state").has_value());
      w.scalar("i", 5, 5);
      w.end(ASSAY_OK, "");
    }
    CHECK(runs.recover() == std::vector<fs::path>{run});  // it ended, and its supervisor died
    CHECK(runs.status(run).state == RunState::complete);
    CHECK(runs.status(run).attempts == 2);
    CHECK(Archive(run / "run.h5").read("metrics/i/step").numbers().size() == 6);
    CHECK_FALSE(fs::exists(run / "journal.wal"));
    ::unsetenv("ASSAY_LOCK");
  }
}

TEST_CASE("a lock taken before a fork is held by the child when the parent lets go") {
  const TemporaryFolder dir;
  Shared* shared = shared_memory();
  auto lock = RunLock::take(dir.path);
  REQUIRE(lock.has_value());
  const pid_t child = start([&] {
    while (shared->a.load() == 0) ::usleep(200);
    return 0;
  });
  lock.reset();
  CHECK(RunLock::held(dir.path));
  CHECK_FALSE(RunLock::take(dir.path).has_value());
  shared->a.store(1);
  wait_for(child);
  CHECK_FALSE(RunLock::held(dir.path));
  CHECK(RunLock::take(dir.path).has_value());
}

TEST_CASE("a claim of a dead process or of one that gave up is taken over, by one taker only") {
  ::setenv("ASSAY_LOCK", "claim", 1);
  const TemporaryFolder dir;
  REQUIRE(in_child([&] { return RunLock::take(dir.path) ? 0 : 1; }) == 0);
  CHECK_FALSE(RunLock::held(dir.path));
  CHECK(RunLock::take(dir.path).has_value());
  CHECK(RunLock::held(dir.path));
  CHECK_FALSE(RunLock::take(dir.path).has_value());
  RunLock::give_up(dir.path);
  CHECK_FALSE(RunLock::held(dir.path));
  CHECK(RunLock::take(dir.path).has_value());
  // Another machine: alive until five minutes without a sign of life.
  const fs::path claim = dir.path / "claim.9";
  write_file(claim, "elsewhere 00000000-0000-0000-0000-000000000000 1\n");
  CHECK(RunLock::held(dir.path));
  fs::last_write_time(claim, fs::file_time_type::clock::now() - std::chrono::minutes(6));
  CHECK_FALSE(RunLock::held(dir.path));
  ::unsetenv("ASSAY_LOCK");
}

TEST_CASE("the index is disposable: gone, damaged or stale, the states are the same") {
  const TemporaryFolder dir;
  const auto finish = [&](const std::string& id, const std::string& state) {
    const fs::path run = RunsFolder(dir.path).folder("toy", "train", id);
    { JournalWriter(run, id, 1).end(ASSAY_OK, ""); }
    RunRecord r = record_of(id);
    r.state = state;
    r.message = state == "failed" ? "it was \"bad\"" : "";
    publish(run, r);
    return run;
  };
  const std::string one(32, '1'), two(32, '2');
  const fs::path a = finish(one, "complete"), b = finish(two, "failed");
  const auto check = [&] {
    const RunsFolder runs(dir.path);
    CHECK(runs.status(a).state == RunState::complete);
    CHECK(runs.status(b).state == RunState::failed);
    CHECK(runs.status(b).message == "it was \"bad\"");
  };
  check();
  const fs::path index = dir.path / ".cache" / "runs.index";
  REQUIRE(fs::exists(index));
  check();
  std::string bytes = read_file(index);
  bytes[bytes.size() / 2] ^= 1;
  write_file(index, bytes);
  check();
  fs::remove_all(dir.path / ".cache");
  check();
  RunRecord r = record_of(two);
  r.state = "complete";
  publish(b, r);
  CHECK(RunsFolder(dir.path).status(b).state == RunState::complete);
}

TEST_CASE("recovery finishes a publication that was killed between its two steps") {
  const TemporaryFolder dir;
  const RunsFolder runs(dir.path);
  const fs::path run = runs.folder("toy", "train", kRunId);
  {
    JournalWriter w(run, kRunId, 1);
    w.scalar("i", 0, 1);
    w.end(ASSAY_OK, "");
  }
  const std::string journal = read_file(run / "journal.wal");
  const std::string digest = publish(run, record());
  write_file(run / "journal.wal", journal);  // as if it had not yet been removed
  CHECK(runs.recover().empty());
  CHECK_FALSE(fs::exists(run / "journal.wal"));
  CHECK(Archive(run / "run.h5").output_digest() == digest);
}

TEST_CASE("on a full disk the run fails in one sentence, and later everything is there") {
  const TemporaryFolder dir;
  const int code = on_small_disk(dir.path, "size=3m", [&]() -> int {
    const fs::path run = dir.path / "run";
    int64_t rows = 0;
    const std::string error = thrown([&] {
      JournalWriter w(run, kRunId, 1);
      while (true) {
        w.scalar("i", rows, static_cast<double>(rows));
        ++rows;
      }
    });
    if (error != "disk full or failing: " + (run / "journal.wal").string() +
                     ": No space left on device" ||
        rows < 10'000)
      return 1;
    const int ballast = ::open((dir.path / "ballast").c_str(), O_WRONLY | O_CREAT, 0666);
    const std::string page(4096, 'x');
    while (::write(ballast, page.data(), page.size()) > 0) {
    }
    ::close(ballast);
    RunRecord r = record();
    r.state = "failed";
    const std::string unpublished = thrown([&] { publish(run, r); });
    if (!unpublished.starts_with("cannot write " + run.string()) ||
        !unpublished.ends_with("No space left on device"))
      return 2;
    if (fs::exists(run / "run.h5") || !fs::exists(run / "journal.wal")) return 3;
    for (const auto& e : fs::directory_iterator(run))
      if (e.path().filename().string().find("tmp") != std::string::npos) return 4;
    fs::remove(dir.path / "ballast");
    if (::mount("tmpfs", dir.path.c_str(), "tmpfs", MS_REMOUNT, "size=30m") != 0) return 5;
    publish(run, r);
    const Archive a(run / "run.h5");
    return static_cast<int64_t>(a.read("metrics/i/value").rows()) == rows ? 0 : 6;
  });
  if (code == 77)
    MESSAGE("skipped: this machine does not let a test mount a small disk");
  else
    CHECK(code == 0);
}

TEST_CASE("a checkpoint that does not fit fails the next call and keeps the one before") {
  const TemporaryFolder dir;
  const int code = on_small_disk(dir.path, "size=3m", [&]() -> int {
    JournalWriter w(dir.path / "run", kRunId, 1);
    const auto save = [&](int64_t step, size_t n) {
      Columns c;
      c.add("w", std::vector<double>(n, static_cast<double>(step)));
      w.save("state", step, c.size(), c.data());
      w.flush_checkpoints();
    };
    save(1, 100'000);
    const std::string error = thrown([&] { save(2, 1'000'000); });
    if (!error.starts_with("disk full or failing: ") ||
        !error.ends_with(": No space left on device"))
      return 1;
    if (thrown([&] { save(3, 1); }) != error) return 2;
    return w.checkpoint("state") ? 0 : 3;
  });
  if (code == 77)
    MESSAGE("skipped: this machine does not let a test mount a small disk");
  else
    CHECK(code == 0);
}

TEST_CASE("a read-only folder is one clear sentence") {
  const TemporaryFolder dir;
  const int code = on_small_disk(dir.path, "size=3m", [&]() -> int {
    const fs::path run = dir.path / "run";
    { JournalWriter(run, kRunId, 1).end(ASSAY_OK, ""); }
    if (::mount("tmpfs", dir.path.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, "size=3m") != 0)
      return 77;
    const std::string tail = ": Read-only file system";
    if (thrown([&] { JournalWriter(run, kRunId, 2); }) !=
        "cannot write " + (run / "journal.wal").string() + tail)
      return 1;
    if (thrown([&] { RunLock::take(run); }) != "cannot lock " + (run / "lock").string() + tail)
      return 2;
    const std::string error = thrown([&] { publish(run, record()); });
    if (!error.starts_with("cannot write ") || !error.ends_with(tail)) return 3;
    return fs::exists(run / "journal.wal") ? 0 : 4;
  });
  if (code == 77)
    MESSAGE("skipped: this machine does not let a test mount a small disk");
  else
    CHECK(code == 0);
}
