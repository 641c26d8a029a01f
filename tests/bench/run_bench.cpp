// What a run costs beside its work: 200 no-op runs under the host, two at a time, everything
// included (planning data, zygote, journal, archive), against a program that is started anew for
// each, loads the same plugin, calls the same method and stores nothing.
//
// Usage: run_bench      (the plugins lie beside the program)
#include "core/base/sha256.hpp"
#include "core/run/loader.hpp"
#include "core/run/main.hpp"
#include "core/run/probe.hpp"
#include "core/run/scheduler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

extern char** environ;

using namespace assay;

namespace {

constexpr int kRuns = 200, kJobs = 2, kRepeats = 3;

/// CPU seconds of this process and of the descendants that were waited for.
double cpu_seconds() {
  double total = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage used{};
    ::getrusage(who, &used);
    for (const timeval& t : {used.ru_utime, used.ru_stime})
      total += static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  }
  return total;
}

Plan make_plan(const fs::path& library) {
  Plan plan;
  plan.name = "noop";
  plan.plugins.push_back(probe(library, ""));
  plan.stages.push_back(
      {.name = "noop", .title = "", .plugin = plan.plugins[0].name, .method = "noop"});
  for (int i = 0; i < kRuns; ++i) {
    Run run;
    run.plugin = plan.plugins[0].name;
    run.method = "noop";
    run.seed = static_cast<uint64_t>(i);
    run.params = Json::object();
    run.canonical = fmt::format("{{\"n\":{}}}", i);
    run.id = sha256(run.canonical).substr(0, 32);
    plan.points.push_back({"noop", Axes{}, plan.runs.size()});
    plan.runs.push_back(run);
  }
  return plan;
}

/// Under the host; in a folder that is removed again.
void with_host(const Plan& plan) {
  std::string name = (fs::current_path() / "run_bench.XXXXXX").string();
  const fs::path folder = ::mkdtemp(name.data());
  Observer silent;
  ExecuteOptions options;
  options.jobs = kJobs;
  const RunReport report = execute(plan, RunsFolder(folder / "runs"), options, silent);
  if (report.count(Ending::complete) != kRuns)
    fmt::print("NOT ALL RUNS COMPLETED: {}\n", report.runs[0].message);
  fs::remove_all(folder);
}

/// The peer: `run_bench bare LIBRARY` for each run, two at a time.
void bare(const fs::path& library) {
  std::string path = library.string();
  char program[] = "/proc/self/exe", word[] = "bare";
  char* argv[] = {program, word, path.data(), nullptr};
  int running = 0;
  for (int i = 0; i < kRuns; ++i) {
    if (running == kJobs) ::wait(nullptr), --running;
    pid_t pid = -1;
    if (::posix_spawn(&pid, program, nullptr, nullptr, argv, environ) == 0) ++running;
  }
  while (running-- > 0) ::wait(nullptr);
}

assay_status accept(assay_ctx*, const char*, int64_t, double) noexcept { return ASSAY_OK; }

int bare_main(const fs::path& library) {
  assay_host host{};
  host.struct_size = sizeof host;
  host.scalar = accept;
  const assay_plugin* plugin = load_plugin(library, &host);
  assay_job job{};
  job.struct_size = sizeof job;
  job.host = &host;
  job.threads = 1;
  const assay_status status = plugin->methods[0]->run(&job);
  ::_exit(status);
}

template <class F>
void measure(const char* what, F&& f, double& median) {
  std::vector<double> cpu, wall;
  for (int i = 0; i < kRepeats; ++i) {
    const double before = cpu_seconds();
    const auto start = std::chrono::steady_clock::now();
    f();
    wall.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    cpu.push_back(1000 * (cpu_seconds() - before) / kRuns);
  }
  std::sort(cpu.begin(), cpu.end());
  std::sort(wall.begin(), wall.end());
  median = cpu[kRepeats / 2];
  fmt::print("  {:<30} {:7.2f} ms CPU a run ({:.2f} to {:.2f}); {:.1f} s for {} runs\n", what,
             median, cpu.front(), cpu.back(), wall[kRepeats / 2], kRuns);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto code = hidden_command(argc, argv)) return *code;
  if (argc == 3 && std::string(argv[1]) == "bare") return bare_main(argv[2]);
  const fs::path here = fs::read_symlink("/proc/self/exe").parent_path();
  for (const char* name : {"noop", "noop_torch"}) {
    const fs::path library = here / (std::string(name) + ".so");
    if (!fs::exists(library)) {
      fmt::print("{}: not built here\n", name);
      continue;
    }
    fmt::print("{} no-op runs of {}, {} at a time\n", kRuns, name, kJobs);
    const Plan plan = make_plan(library);
    double host = 0, peer = 0;
    measure(
        "assay, archive included", [&] { with_host(plan); }, host);
    measure(
        "fork + exec, nothing stored", [&] { bare(library); }, peer);
    fmt::print("  ratio {:.2f}x\n", peer / host);
  }
}
