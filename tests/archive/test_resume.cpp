// Kills, resumption, checkpoints and the sets they form.
#include "core/archive/checkpoint.hpp"
#include "core/archive/journal_reader.hpp"
#include "tests/archive/helpers.hpp"
#include "tests/archive/process.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <random>

using namespace assay;
using namespace assay::test;

namespace {

void save(JournalWriter& w, const std::string& name, int64_t step, double value) {
  Columns c;
  c.add<double>("w", {value, 2 * value}).add("note", {"at " + std::to_string(step)});
  w.save(name, step, c.size(), c.data());
}

std::vector<double> steps_of(const fs::path& folder, const std::string& metric) {
  RunRecord r = record();
  r.state = "interrupted";
  publish(folder, r);
  const Archive a(folder / "run.h5");
  return a.has("metrics/" + metric + "/step") ? a.read("metrics/" + metric + "/step").numbers()
                                              : std::vector<double>{};
}

std::vector<double> range(int from, int to) {
  std::vector<double> v;
  for (int i = from; i < to; ++i) v.push_back(i);
  return v;
}

/// A method that counts to `last`, saves every 10 and goes on from its checkpoint.
int count_to(const fs::path& folder, int attempt, int last, Shared* shared) {
  JournalWriter w(folder, kRunId, attempt);
  int64_t from = 0;
  if (const auto file = w.checkpoint("state")) from = Checkpoint(*file).step();
  for (int64_t i = from; i < last; ++i) {
    w.scalar("i", i, static_cast<double>(i));
    shared->a.store(i + 1);
    Columns row;
    row.add<int64_t>("i", {i}).add("text", {"row " + std::to_string(i)});
    w.rows("rows", row.size(), row.data());
    shared->b.store(i + 1);
    if (i % 7 == 0) array_of(w, "arrays", i, {1.0 * static_cast<double>(i), 0.5}, {2});
    if (i % 10 == 9) save(w, "state", i + 1, static_cast<double>(i));
  }
  w.end(ASSAY_OK, "");
  return 0;
}

}  // namespace

TEST_CASE("60 SIGKILLs at random times lose no acknowledged row") {
  std::mt19937 random(1);
  std::uniform_int_distribution<useconds_t> pause(300, 12'000);
  Shared* shared = shared_memory();
  for (int kill = 0; kill < 60; ++kill) {
    CAPTURE(kill);
    const TemporaryFolder dir;
    shared->a.store(0);
    shared->b.store(0);
    const pid_t child = start([&] { return count_to(dir.path, 1, 1 << 30, shared); });
    while (shared->b.load() == 0) ::usleep(50);
    ::usleep(pause(random));
    ::kill(child, SIGKILL);
    CHECK(wait_for(child) == -SIGKILL);
    const int64_t rows = shared->a.load(), table = shared->b.load();
    RunRecord r = record();
    r.state = "interrupted";
    publish(dir.path, r);
    const Archive a(dir.path / "run.h5");
    const auto value = a.read("metrics/i/value").numbers();
    const auto index = a.read("tables/rows/i").numbers();
    REQUIRE(static_cast<int64_t>(value.size()) >= rows);
    REQUIRE(static_cast<int64_t>(index.size()) >= table);
    CHECK(static_cast<int64_t>(value.size()) <= rows + 1);
    CHECK(value == range(0, static_cast<int>(value.size())));
    CHECK(a.read("tables/rows/text").strings.back() == "row " + std::to_string(index.size() - 1));
  }
}

TEST_CASE("killed and resumed again and again, a run ends as if it had never been killed") {
  std::mt19937 random(2);
  std::uniform_int_distribution<useconds_t> pause(500, 9'000);
  Shared* shared = shared_memory();
  constexpr int kLast = 3000;
  const TemporaryFolder whole, killed;
  REQUIRE(in_child([&] { return count_to(whole.path, 1, kLast, shared); }) == 0);
  int attempt = 1, kills = 0;
  while (true) {
    const pid_t child = start([&] { return count_to(killed.path, attempt, kLast, shared); });
    ::usleep(pause(random));
    if (kills < 25) ::kill(child, SIGKILL);
    if (wait_for(child) == 0) break;
    ++kills;
    ++attempt;
    REQUIRE(attempt < 60);
  }
  CHECK(kills >= 3);
  const std::string digest = publish(whole.path, record());
  CHECK(publish(killed.path, record()) == digest);
  CHECK(Archive(killed.path / "run.h5").read("metrics/i/step").numbers() == range(0, kLast));
}

TEST_CASE(
    "what was written after save() is void once the run resumes, even before it was durable") {
  const TemporaryFolder dir;
  {
    JournalWriter w(dir.path, kRunId, 1);
    for (int i = 0; i < 5; ++i) w.scalar("i", i, i);
    save(w, "state", 5, 0);
    for (int i = 5; i < 9; ++i) w.scalar("i", i, i);  // before or after DONE: void alike
    w.text("late", 1, "x");
    array_of(w, "late", 1, {1}, {1});
    w.flush_checkpoints();
    w.scalar("i", 9, 9);
  }
  CHECK(steps_of(dir.path, "i") == range(0, 10));
  {
    JournalWriter w(dir.path, kRunId, 2);
    const auto file = w.checkpoint("state");
    REQUIRE(file.has_value());
    CHECK(Checkpoint(*file).step() == 5);
    for (int i = 5; i < 7; ++i) w.scalar("i", i, i);
  }
  CHECK(steps_of(dir.path, "i") == range(0, 7));
  const Archive a(dir.path / "run.h5");
  CHECK_FALSE(a.has("text/late/value"));
  CHECK_FALSE(a.has("arrays/late/value"));
  CHECK(a.attributes().at("attempt") == 2);
}

TEST_CASE("an attempt that asks for no checkpoint starts over") {
  const TemporaryFolder dir;
  {
    JournalWriter w(dir.path, kRunId, 1);
    for (int i = 0; i < 5; ++i) w.scalar("i", i, i);
    Columns narrow;
    narrow.add<int64_t>("a", {1});
    w.rows("t", narrow.size(), narrow.data());
    save(w, "model", 5, 0);
    w.flush_checkpoints();
  }
  {
    JournalWriter w(dir.path, kRunId, 2);
    w.scalar("i", 0, 100);
    Columns wide;  // the method was rebuilt in between
    wide.add<double>("b", {1, 2});
    w.rows("t", wide.size(), wide.data());
  }
  CHECK(steps_of(dir.path, "i") == std::vector<double>{0});
  const Archive a(dir.path / "run.h5");
  CHECK(a.children("tables/t") == std::vector<std::string>{"b", "row"});
  CHECK(a.children("checkpoints").empty());
}

TEST_CASE("rows logged before the checkpoint is asked for are void") {
  const TemporaryFolder dir;
  {
    JournalWriter w(dir.path, kRunId, 1);
    w.scalar("parameters", -1, 10);
    w.scalar("i", 0, 0);
    save(w, "state", 1, 0);
    w.flush_checkpoints();
    w.scalar("i", 1, 1);
  }
  for (int attempt = 2; attempt < 4; ++attempt) {
    JournalWriter w(dir.path, kRunId, attempt);
    w.scalar("parameters", -1, 10);
    REQUIRE(w.checkpoint("state").has_value());
    w.scalar("i", 1, 1);
  }
  CHECK(steps_of(dir.path, "i") == std::vector<double>{0, 1});
  CHECK(steps_of(dir.path, "parameters").size() == 1);
}

TEST_CASE("an attempt continues from the latest checkpoint that it asks for") {
  const TemporaryFolder dir;
  {
    JournalWriter w(dir.path, kRunId, 1);
    for (int i = 0; i < 40; ++i) {
      w.scalar("i", i, i);
      if (i == 4) save(w, "best", 5, 0.5);
      if (i % 10 == 9) save(w, "state", i + 1, i);
      if (i % 10 == 4) save(w, "model", i + 1, i);
    }
    w.flush_checkpoints();
  }
  {
    JournalWriter w(dir.path, kRunId, 2);
    REQUIRE(w.checkpoint("best").has_value());
    REQUIRE(w.checkpoint("state").has_value());
    CHECK(Checkpoint(*w.checkpoint("best")).step() == 5);
    CHECK(Checkpoint(*w.checkpoint("state")).step() == 40);
    for (int i = 40; i < 42; ++i) w.scalar("i", i, i);
  }
  CHECK(steps_of(dir.path, "i") == range(0, 42));
  {
    JournalWriter w(dir.path, kRunId, 3);
    CHECK(Checkpoint(*w.checkpoint("model")).step() == 35);
    w.scalar("i", 35, 35);
  }
  CHECK(steps_of(dir.path, "i") == range(0, 36));
}

TEST_CASE("a set of checkpoints counts only whole") {
  JournalScan scan;
  const auto mark = [&](const std::string& name, int64_t step, bool durable) {
    CheckpointMark m;
    m.name = name;
    m.step = step;
    m.begin = 100 * (scan.checkpoints.size() + 1);
    m.after = m.begin + 24;
    m.durable = durable;
    scan.checkpoints.push_back(m);
  };
  CHECK(scan.resume_offset() == 64);
  mark("model", 10, true);
  CHECK(scan.resume_offset() == 124);
  mark("state", 10, true);
  CHECK(scan.resume_offset() == 224);
  mark("model", 20, true);  // and then the process died, before or in save("state")
  CHECK(scan.resume_offset() == 224);
  mark("state", 20, false);
  CHECK(scan.resume_offset() == 224);
  scan.checkpoints.back().durable = true;
  CHECK(scan.resume_offset() == 424);
  CHECK(checkpoint_sets(scan.checkpoints).size() == 2);
}

TEST_CASE("only the files of the last two sets stay, and publish keeps the latest of each name") {
  const TemporaryFolder dir;
  {
    JournalWriter w(dir.path, kRunId, 1);
    save(w, "best", 1, 1);
    for (int step = 10; step <= 50; step += 10) {
      save(w, "model/ema", step, step);
      save(w, "model", step, step);
      w.flush_checkpoints();
    }
  }
  int files = 0;
  for (const auto& e : fs::recursive_directory_iterator(dir.path / "ckpt"))
    files += e.is_regular_file() ? 1 : 0;
  CHECK(files == 5);
  CHECK(Checkpoint(*latest_checkpoint(dir.path, "model/ema")).step() == 50);
  CHECK(Checkpoint(*latest_checkpoint(dir.path, "best")).read("w").numbers()[1] == 2);
  CHECK_FALSE(latest_checkpoint(dir.path, "other").has_value());
  CHECK(steps_of(dir.path, "none").empty());
  const Archive a(dir.path / "run.h5");
  CHECK(a.checkpoint_steps("model") == std::vector<int64_t>{50});
  CHECK(a.checkpoint_steps("model/ema") == std::vector<int64_t>{50});
  CHECK(a.checkpoint_steps("best") == std::vector<int64_t>{1});
}

TEST_CASE("checkpoints that come faster than the disk are dropped by whole sets, never reordered") {
  const TemporaryFolder dir;
  std::vector<double> big(200'000, 1);
  {
    JournalWriter w(dir.path, kRunId, 1);
    for (int step = 1; step <= 30; ++step)
      for (const char* name : {"model", "state"}) {
        big[0] = step;
        Columns c;
        c.add("w", big);
        w.save(name, step, c.size(), c.data());
      }
    w.end(ASSAY_OK, "");
  }
  const JournalScan scan = scan_journal(dir.path);
  REQUIRE(scan.checkpoints.size() == 60);
  int durable = 0;
  for (const auto& [from, to] : checkpoint_sets(scan.checkpoints)) {
    REQUIRE(to - from == 2);
    durable += scan.checkpoints[from].durable ? 1 : 0;
    // The first of a set may have been under way when the second was dropped with a newer set.
    if (scan.checkpoints[from + 1].durable) CHECK(scan.checkpoints[from].durable);
  }
  CHECK(durable < 30);
  CHECK(scan.checkpoints[58].durable);
  CHECK(scan.checkpoints[59].durable);
  for (const char* name : {"model", "state"})
    CHECK(Checkpoint(*latest_checkpoint(dir.path, name)).read("w").number(0) == 30);
}

TEST_CASE("a checkpoint file that was cut or changed is refused") {
  const TemporaryFolder dir;
  {
    JournalWriter w(dir.path, kRunId, 1);
    save(w, "state", 5, 3);
    w.flush_checkpoints();
  }
  const fs::path file = *latest_checkpoint(dir.path, "state");
  const std::string bytes = read_file(file);
  for (const size_t at : {size_t{3}, size_t{40}, size_t{70}, bytes.size() - 3}) {
    CAPTURE(at);
    std::string changed = bytes;
    changed[at] ^= 4;
    write_file(file, changed);
    CHECK_THROWS_AS(Checkpoint(file).read("w"), Failure);
  }
  write_file(file, bytes.substr(0, bytes.size() / 2));
  CHECK_THROWS_AS(Checkpoint{file}, Failure);
  write_file(file, bytes);
  CHECK(Checkpoint(file).read("note").strings[0] == "at 5");
}
