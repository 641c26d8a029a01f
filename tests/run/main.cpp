// The test program; also the program that the runner spawns as probe, zygote and worker, and the
// one that the kill test drives: `run_tests drive ROOT` executes a plan, `run_tests recover ROOT`
// publishes what a killed one left.
#define DOCTEST_CONFIG_IMPLEMENT
#include "core/run/main.hpp"
#include "tests/run/lab.hpp"

#include <cstdio>

namespace {

using namespace assay;

/// Three resumable runs, one of them in a fresh process, and one that reads them all.
void fill(testing::Lab& lab) {
  const Json params{{"steps", 300}, {"pause", 2}, {"save_every", 25}, {"acknowledge", true}};
  for (uint64_t seed = 0; seed < 3; ++seed) lab.add("lab", "train", params, seed);
  lab.plan.runs[2].isolate_exec = true;
  const size_t all = lab.add("lab", "gather");
  for (size_t i = 0; i < 3; ++i) lab.feed(all, "runs", ASSAY_RUN, i, "results");
}

int drive(const fs::path& root) {
  testing::Lab lab(root);
  fill(lab);
  const RunReport report = lab.run();
  for (const auto& note : lab.seen.notes) fmt::print("note: {}\n", note);
  for (size_t i = 0; i < report.runs.size(); ++i) fmt::print("{} {}\n", i, report.runs[i].message);
  return report.exit_code();
}

int recover(const fs::path& root) {
  testing::Lab lab(root);
  fill(lab);
  lab.runs.recover();
  for (size_t i = 0; i < lab.plan.runs.size(); ++i) {
    if (!fs::exists(lab.path(i) / "run.h5")) continue;
    const Archive archive = lab.archive(i);
    fmt::print("{} {} {}\n", lab.path(i).string(), archive.state(), archive.output_digest());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto code = assay::hidden_command(argc, argv)) return *code;
  const std::string word = argc == 3 ? argv[1] : "";
  if (word == "drive") return drive(argv[2]);
  if (word == "recover") return recover(argv[2]);
  return doctest::Context(argc, argv).run();
}
