#include "core/archive/archive.hpp"
#include "core/run/catalog.hpp"
#include "tests/run/lab.hpp"

using namespace assay;
using namespace assay::testing;

TEST_CASE("the plugin in C runs, and its numbers are those of the formula") {
  Lab lab;
  const size_t i = lab.add("decay", "decay", {{"steps", 4}, {"rate", 2.0}});
  const RunReport report = lab.run();
  CHECK(report.runs[i].message == "");
  const Archive archive = lab.archive(i);
  CHECK(archive.read("metrics/loss/value").numbers() ==
        std::vector<double>{0.5, 0.25, 1.0 / 6, 0.125});
  CHECK(archive.read("tables/visited/step").numbers() == std::vector<double>{0, 1, 2, 3});
}

TEST_CASE("a plugin by another compiler gives the same output digest") {
  const fs::path other = fs::path(ASSAY_TEST_PLUGINS) / "other" / "lab.so";
  if (!fs::exists(other))
    return;  // there is no other compiler here, or this is a sanitizer's build
  std::vector<std::string> digests;
  for (const fs::path& library : {plugin_file("lab"), other}) {
    Lab lab;
    lab.plan.plugins.push_back(probe(library, ""));
    const size_t walk = lab.add("lab", "walk", {{"drift", 0.125}}, 7);
    const size_t train = lab.add("lab", "train", Json::object(), 7);
    REQUIRE(lab.run().exit_code() == 0);
    digests.push_back(lab.archive(walk).output_digest() + lab.archive(train).output_digest());
  }
  CHECK(digests[0].size() >= 64);
  CHECK(digests[0] == digests[1]);
}

TEST_CASE("a forked run and a run in a fresh process give the same output digest") {
  std::vector<std::string> digests;
  for (const bool fresh : {false, true}) {
    Lab lab;
    const size_t i = lab.add("lab", "train", Json::object(), 3);
    lab.plan.runs[i].isolate_exec = fresh;
    REQUIRE(lab.run().exit_code() == 0);
    digests.push_back(lab.archive(i).output_digest());
  }
  CHECK(digests[0] == digests[1]);
}
