#include "core/archive/archive.hpp"
#include "core/run/catalog.hpp"
#include "tests/run/lab.hpp"

#include <chrono>

using namespace assay;
using namespace assay::testing;

namespace {

/// Runs one hostile method beside an honest run, with a third that needs the hostile one.
struct Containment {
  explicit Containment(const std::string& method) {
    bad = lab.add("hostile", method);
    needs = lab.add("lab", "gather");
    lab.feed(needs, "runs", ASSAY_RUN, bad, "results");
    good = lab.add("lab", "walk", {{"steps", 5}});
    lab.options.grace = 0.5;
    lab.options.memory_grace = 0.5;
  }
  const RunResult& run() {
    report = lab.run();
    CHECK(report.runs[good].ending == Ending::complete);
    if (report.runs[bad].ending == Ending::failed) {
      CHECK(report.runs[needs].ending == Ending::skipped);
      CHECK(report.exit_code() == 1);
      CHECK(lab.archive(bad).state() == "failed");
      CHECK(lab.archive(bad).attributes().value("message", "") == report.runs[bad].message);
    }
    return report.runs[bad];
  }
  Lab lab;
  size_t bad = 0, needs = 0, good = 0;
  RunReport report;
};

}  // namespace

TEST_CASE("a run that dies is one sentence, and nobody else's failure") {
  const std::vector<std::tuple<std::string, std::string, std::string>> expected{
      {"segfault", "crash", "hostile.segfault crashed (SIGSEGV)"},
      {"aborts", "crash", "hostile.aborts aborted (SIGABRT)"},
      {"overflow", "crash", "hostile.overflow crashed (SIGSEGV)"},
      {"leaves", "crash", "hostile.leaves left with exit(0) before it was done"},
      {"throws", "crash", "hostile.throws aborted (SIGABRT)"},
      {"kills_itself", "crash", "hostile.kills_itself was killed (SIGKILL)"},
      {"undeclared", "error",
       "hostile.undeclared breaks the plugin contract: it writes \"secret\", which it does not "
       "declare"},
      {"strange_status", "error", "hostile.strange_status failed: it did not say why"},
      {"refuses", "error",
       "hostile.refuses refuses its parameters or inputs: the data set is empty"},
      {"says_nothing", "error", "hostile.says_nothing failed: it did not say why"},
      {"cancels", "error", "hostile.cancels failed: it stopped without being asked to"},
      {"nulls", "error",
       "hostile.nulls breaks the plugin contract: it writes an output whose name is NULL"}};
  for (const auto& [method, kind, message] : expected) {
    CAPTURE(method);
    Containment c(method);
    const RunResult& result = c.run();
    CHECK(result.ending == Ending::failed);
    CHECK(result.kind == kind);
    CHECK(result.message == message);
  }
}

TEST_CASE("the last lines of a run that died are kept beside the sentence") {
  Containment crash("segfault");
  CHECK(crash.run().log_tail == "about to write to address zero");
  Containment thrown("throws");
  CHECK(thrown.run().log_tail.find("thrown across the boundary") != std::string::npos);
}

TEST_CASE("a run that loops for ever, or ignores SIGTERM, ends at its time limit") {
  for (const std::string method : {"spin", "deaf"}) {
    CAPTURE(method);
    Containment c(method);
    c.lab.plan.runs[c.bad].resources.time = 0.5;
    const RunResult& result = c.run();
    CHECK(result.kind == "timeout");
    CHECK(result.message ==
          "hostile." + method + " ran longer than its limit of 0.5 s, and ignored SIGTERM");
    CHECK(result.wall < 5);
  }
}

TEST_CASE("a run that stops itself does not stop the others for ever") {
  Containment c("freezes");
  CHECK(c.run().message == "hostile.freezes stopped itself (SIGSTOP) and did not go on");
}

TEST_CASE("a run that eats memory ends at its limit") {
  Containment c("hog");
  c.lab.plan.runs[c.bad].resources.mem = 64 << 20;
  const RunResult& result = c.run();
  CHECK(result.kind == "oom");
  CAPTURE(result.message);
  CHECK(result.message.starts_with("hostile.hog used "));
  CHECK(result.message.ends_with(" of memory; its limit is 64.0 MiB"));
}

TEST_CASE(
    "a run that closes every descriptor fails cleanly, and loses nothing that it has written") {
  Containment at_once("closes");
  const std::string message = at_once.run().message;
  CAPTURE(message);
  CHECK(message.starts_with("hostile.closes could not write its journal: disk full or failing: "));
  CHECK(message.ends_with("journal.wal: Bad file descriptor"));

  Containment late("closes_late");
  late.run();
  CHECK(late.lab.archive(late.bad).read("metrics/x/value").rows() == 1000);
}

TEST_CASE("a grandchild that survives holds no lock") {
  Containment c("grandchild");
  CHECK(c.run().ending == Ending::complete);
  CHECK(RunLock::take(c.lab.path(c.bad)).has_value());
  CHECK(c.report.runs[c.needs].ending != Ending::skipped);
}

TEST_CASE("a run that floods its output is complete, and its log is bounded") {
  Containment c("floods");
  CHECK(c.run().ending == Ending::complete);
  CHECK(fs::file_size(c.lab.path(c.bad) / "log.txt") < (150u << 20));
}

TEST_CASE("a plugin that starts a thread when it is loaded runs, each time loaded anew") {
  Lab lab;
  const size_t i = lab.add("threaded", "only"), j = lab.add("threaded", "only");
  const RunReport report = lab.run();
  CHECK(report.runs[i].ending == Ending::complete);
  CHECK(report.runs[j].ending == Ending::complete);
  REQUIRE_FALSE(lab.seen.notes.empty());
  CHECK(lab.seen.notes[0] ==
        "threaded.so starts threads when it is loaded; each of its runs loads it anew");
}
