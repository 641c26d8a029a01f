#include "core/archive/archive.hpp"
#include "tests/run/lab.hpp"

using namespace assay;
using namespace assay::testing;

TEST_CASE("a run that says it is done has a complete archive") {
  Lab lab;
  const size_t i = lab.add("lab", "walk", {{"steps", 20}});
  const RunReport report = lab.run();
  CHECK(report.runs[i].message == "");
  REQUIRE(report.runs[i].ending == Ending::complete);
  CHECK(report.exit_code() == 0);
  const Archive archive = lab.archive(i);
  CHECK(archive.state() == "complete");
  CHECK(archive.outcome() == "ok");
  CHECK(archive.read("metrics/position/value").rows() == 20);
  CHECK(archive.metric("steps_taken") == 20.0);
}

TEST_CASE("what is complete is not run again") {
  Lab lab;
  lab.add("lab", "walk");
  lab.add("lab", "walk", {{"drift", 0.5}});
  CHECK(lab.run().count(Ending::complete) == 2);
  const RunReport again = lab.run();
  CHECK(again.count(Ending::cached) == 2);
  CHECK(lab.seen.order.empty());
  CHECK(again.exit_code() == 0);
}

TEST_CASE("runs feed one another: whole runs, checkpoints, tables, arrays, artifacts") {
  Lab lab;
  const size_t a = lab.add("lab", "train", {{"steps", 10}}, 1);
  const size_t b = lab.add("lab", "train", {{"steps", 12}}, 2);
  const size_t all = lab.add("lab", "gather", {{"what", "runs"}});
  lab.feed(all, "runs", ASSAY_RUN, a, "results");
  lab.feed(all, "runs", ASSAY_RUN, b, "results");
  const size_t model = lab.add("lab", "gather", {{"what", "model"}});
  lab.feed(model, "model", ASSAY_CHECKPOINT, a, "state");
  const size_t table = lab.add("lab", "gather", {{"what", "table"}});
  lab.feed(table, "table", ASSAY_TABLE, a, "rows");
  const size_t array = lab.add("lab", "gather", {{"what", "array"}});
  lab.feed(array, "array", ASSAY_ARRAY, a, "weights");
  const size_t file = lab.add("lab", "gather", {{"what", "file"}});
  lab.feed(file, "file", ASSAY_FILE, a, "file");
  const RunReport report = lab.run();
  for (const auto& r : report.runs) CHECK(r.message == "");
  REQUIRE(report.exit_code() == 0);

  const double last_a = *lab.archive(a).metric("loss"), last_b = *lab.archive(b).metric("loss");
  CHECK(*lab.archive(all).metric("mean") == doctest::Approx((last_a + last_b) / 2).epsilon(1e-15));
  CHECK(*lab.archive(model).metric("mean") == last_a);
  CHECK(*lab.archive(array).metric("mean") == static_cast<float>(last_a));
  CHECK(lab.archive(table).metric("mean") == lab.archive(a).metric("loss", "step=0"));
  CHECK(lab.archive(file).text("text/seen") == "step 10\n");
  const std::string seen = lab.archive(all).text("text/seen");
  for (const char* key :
       {"metrics/loss\n", "metrics/loss/step\n", "tables/rows/value\n", "arrays/weights\n",
        "text/notes\n", "checkpoints/state/sum\n", "steps 10 seed 1\n", "steps 12 seed 2\n"}) {
    CAPTURE(key);
    CAPTURE(seen);
    CHECK(seen.find(key) != std::string::npos);
  }
  CHECK(lab.archive(model).text("text/seen") == "position\nstep\nsum\nat step 10\n");
}

TEST_CASE("a failed run's dependants are skipped and the others go on") {
  Lab lab;
  const size_t bad = lab.add("lab", "walk", {{"fail_at", 3}});
  const size_t needs = lab.add("lab", "gather");
  lab.feed(needs, "runs", ASSAY_RUN, bad, "results");
  const size_t good = lab.add("lab", "walk");
  const RunReport report = lab.run();
  CHECK(report.runs[bad].ending == Ending::failed);
  CHECK(report.runs[bad].kind == "error");
  CHECK(report.runs[bad].message == "lab.walk failed: the walker fell");
  CHECK(report.runs[needs].ending == Ending::skipped);
  CHECK(report.runs[needs].message == "it needs s0, which did not complete");
  CHECK(report.runs[good].ending == Ending::complete);
  CHECK(report.exit_code() == 1);
  CHECK(lab.archive(bad).state() == "failed");
}
