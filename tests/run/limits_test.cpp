#include "core/archive/archive.hpp"
#include "tests/run/lab.hpp"

#include <csignal>
#include <fstream>
#include <thread>

using namespace assay;
using namespace assay::testing;

namespace {

/// The output digest of an undisturbed run of lab.train.
std::string undisturbed(const Json& params) {
  Lab lab;
  const size_t i = lab.add("lab", "train", params, 5);
  REQUIRE(lab.run().exit_code() == 0);
  return lab.archive(i).output_digest();
}

/// Interrupts the command as Ctrl-C does, once `folder` has a journal; `times` times.
std::thread press_ctrl_c(fs::path journal, int times) {
  return std::thread([journal = std::move(journal), times] {
    while (!fs::exists(journal)) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    for (int i = 0; i < times; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      ::kill(::getpid(), SIGINT);
    }
  });
}

}  // namespace

TEST_CASE("a crash is tried again, and what continues has the bits of an undisturbed run") {
  Lab lab;
  const size_t i =
      lab.add("lab", "train", {{"steps", 40}, {"save_every", 10}, {"crash_at", 25}}, 5);
  lab.plan.runs[i].retries.max = 1;
  const RunReport report = lab.run();
  REQUIRE(report.runs[i].ending == Ending::complete);
  CHECK(report.runs[i].attempt == 2);
  REQUIRE(lab.seen.notes.size() == 1);
  CHECK(lab.seen.notes[0] == "s0: lab.train crashed (SIGSEGV); trying it again");
  CHECK(lab.archive(i).output_digest() == undisturbed({{"steps", 40}}));
}

TEST_CASE("a crash is not tried again when retries do not name it") {
  Lab lab;
  const size_t i = lab.add("lab", "train", {{"crash_at", 3}});
  lab.plan.runs[i].retries = {.max = 3, .on = {"oom"}};
  CHECK(lab.run().runs[i].message == "lab.train crashed (SIGSEGV)");
  CHECK(lab.seen.order.size() == 1);
}

TEST_CASE("an error that the method reports is never tried again") {
  Lab lab;
  const size_t i = lab.add("lab", "ends", {{"status", ASSAY_FAILED}, {"why", "no convergence"}});
  lab.plan.runs[i].retries.max = 5;
  const RunReport report = lab.run();
  CHECK(report.runs[i].message == "lab.ends failed: no convergence");
  CHECK(report.runs[i].log_tail.find("about to end") != std::string::npos);
  CHECK(lab.seen.order.size() == 1);
}

TEST_CASE("divergence is a result: the run is complete and is not run again") {
  Lab lab;
  const size_t i = lab.add("lab", "ends", {{"status", ASSAY_DIVERGED}, {"why", "loss is NaN"}});
  const RunReport report = lab.run();
  CHECK(report.runs[i].ending == Ending::diverged);
  CHECK(report.runs[i].message == "loss is NaN");
  CHECK(report.exit_code() == 0);
  CHECK(lab.archive(i).state() == "complete");
  CHECK(lab.archive(i).outcome() == "diverged");
  CHECK(lab.run().runs[i].ending == Ending::cached);
}

TEST_CASE("a run at its time limit saves first, and the next command continues it") {
  Lab lab;
  const Json params{{"steps", 60}, {"pause", 20}};
  const size_t i = lab.add("lab", "train", params, 5);
  lab.plan.runs[i].resources.time = 0.6;
  const RunReport first = lab.run();
  CHECK(first.runs[i].kind == "timeout");
  CHECK(first.runs[i].message == "lab.train ran longer than its limit of 0.6 s");
  CHECK(lab.archive(i).state() == "failed");
  const Decision next = decide(lab.plan, lab.plan.runs[i], lab.runs);
  CHECK(next.action == Action::resume);
  CHECK(next.attempt == 2);
  CHECK(next.reason.starts_with(
      "failed before: lab.train ran longer than its limit of 0.6 s; continues from its last "
      "checkpoint, step "));
  lab.plan.runs[i].resources.time = 0;
  CHECK(lab.run().runs[i].ending == Ending::complete);
  CHECK(lab.archive(i).output_digest() == undisturbed({{"steps", 60}}));
}

TEST_CASE("checkpoint.every asks for a checkpoint again and again") {
  Lab lab;
  const size_t i = lab.add("lab", "train", {{"steps", 60}, {"pause", 10}, {"crash_at", 50}}, 5);
  lab.plan.runs[i].checkpoint_every = 0.1;
  CHECK(lab.run().runs[i].kind == "crash");
  CHECK(decide(lab.plan, lab.plan.runs[i], lab.runs).action == Action::resume);
}

TEST_CASE("Ctrl-C once: the runs save and stop, exit code 4, and the next command continues") {
  Lab lab;
  const size_t i = lab.add("lab", "train", {{"steps", 200}, {"pause", 10}}, 5);
  const size_t later = lab.add("lab", "gather");
  lab.feed(later, "runs", ASSAY_RUN, i, "results");
  std::thread keys = press_ctrl_c(lab.path(i) / "journal.wal", 1);
  const RunReport report = lab.run();
  keys.join();
  CHECK(report.exit_code() == 4);
  CHECK(report.runs[i].ending == Ending::interrupted);
  CHECK(report.runs[later].ending == Ending::interrupted);
  CHECK(lab.archive(i).state() == "interrupted");
  CHECK(decide(lab.plan, lab.plan.runs[i], lab.runs).action == Action::resume);
  CHECK(lab.run().exit_code() == 0);
  CHECK(lab.archive(i).output_digest() == undisturbed({{"steps", 200}}));
}

TEST_CASE("Ctrl-C twice: a run that does not listen is killed") {
  Lab lab;
  const size_t i = lab.add("hostile", "spin");
  std::thread keys = press_ctrl_c(lab.path(i) / "journal.wal", 2);
  const RunReport report = lab.run();
  keys.join();
  CHECK(report.exit_code() == 4);
  CHECK(report.runs[i].message == "hostile.spin was killed before it could stop");
  CHECK(report.seconds < 10);
}

TEST_CASE("--fail-fast starts nothing after a failure") {
  Lab lab;
  const size_t bad = lab.add("lab", "walk", {{"fail_at", 0}});
  const size_t other = lab.add("lab", "walk", {{"steps", 3}});
  lab.options.fail_fast = true;
  lab.options.jobs = 1;
  const RunReport report = lab.run();
  CHECK(report.runs[bad].ending == Ending::failed);
  CHECK(report.runs[other].ending == Ending::skipped);
  CHECK(report.runs[other].message == "a run failed, and --fail-fast was given");
  CHECK(report.exit_code() == 1);
}

TEST_CASE("a run that another process executes is waited for, not executed twice") {
  Lab lab;
  const size_t i = lab.add("lab", "walk");
  fs::create_directories(lab.path(i));
  auto lock = RunLock::take(lab.path(i));
  REQUIRE(lock.has_value());
  CHECK(decide(lab.plan, lab.plan.runs[i], lab.runs).reason ==
        fmt::format("is being run by {}", holder(lab.path(i))));
  CHECK(holder(lab.path(i)).starts_with("pid " + std::to_string(::getpid()) + " on "));
  std::thread other([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    lock.reset();
  });
  const RunReport report = lab.run();
  other.join();
  CHECK(report.runs[i].ending == Ending::complete);
  REQUIRE(lab.seen.notes.size() == 1);
  CHECK(lab.seen.notes[0].find("is being run by pid") != std::string::npos);
}

TEST_CASE("a failed run is tried again by the next command, unless it is told not to") {
  Lab lab;
  const size_t i = lab.add("lab", "walk", {{"fail_at", 2}});
  lab.run();
  CHECK(lab.run().runs[i].attempt == 2);
  lab.options.decide.retry_failed = false;
  const RunReport kept = lab.run();
  CHECK(kept.runs[i].ending == Ending::failed);
  CHECK(kept.runs[i].message == "failed before: lab.walk failed: the walker fell");
  CHECK(lab.seen.order.empty());
}

TEST_CASE("force executes a complete run again") {
  Lab lab;
  const size_t i = lab.add("lab", "walk");
  lab.run();
  const std::string before = lab.archive(i).output_digest();
  lab.options.decide.force.insert(lab.plan.runs[i].id);
  const RunReport again = lab.run();
  CHECK(again.runs[i].ending == Ending::complete);
  CHECK(again.runs[i].attempt == 2);
  CHECK(lab.archive(i).output_digest() == before);
}

TEST_CASE("nothing stays behind of a complete run but its archive, its log and its lock") {
  Lab lab;
  const size_t i = lab.add("lab", "walk");
  lab.run();
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(lab.path(i)))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{"lock", "log.txt", "run.h5"});
}

TEST_CASE("the archive says who ran what, where and with what") {
  Lab lab;
  const size_t i = lab.add("lab", "walk", {}, 11);
  lab.options.argv = {"assay", "run", "walks.toml"};
  lab.run();
  const Json p = lab.archive(i).attributes("provenance");
  CHECK(p["argv"] == "assay run walks.toml");
  CHECK(p["so_sha256"] == sha256_file(plugin_file("lab")));
  CHECK(p["isolate"] == "fork");
  CHECK(p["threads"] == 1);
  CHECK(p["attempt"] == 1);
  for (const char* key : {"host", "os", "cpu", "cores", "ram", "compiler", "host_version",
                          "started", "ended", "wall_seconds", "cpu_seconds", "max_rss"}) {
    CAPTURE(key);
    CHECK(p.contains(key));
  }
  CHECK(p["cpu_seconds"].get<double>() > 0);
  CHECK(p["max_rss"].get<int64_t>() > 1 << 20);
}

TEST_CASE("a runs folder that cannot be written is one clear failure") {
  Lab lab;
  lab.add("lab", "walk");
  std::ofstream(lab.runs.root()) << "a file";
  const std::string message = "cannot create the folder " + lab.runs.root().string();
  CHECK_THROWS_WITH_AS(lab.run(), doctest::Contains(message.c_str()), Failure);
}

TEST_CASE("a plugin that has been loaded for longer than loading may take does not hang") {
  Lab lab;
  lab.options.start_limit = 0.5;
  for (uint64_t seed = 0; seed < 800; ++seed) lab.add("lab", "train", {{"steps", 3}}, seed);
  const RunReport report = lab.run();
  CHECK(report.exit_code() == 0);
  CHECK(lab.seen.notes.empty());
}
