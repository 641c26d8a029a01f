#include "core/archive/journal.hpp"
#include "core/base/error.hpp"
#include "core/run/child.hpp"
#include "core/run/context.hpp"
#include "core/run/descriptor.hpp"
#include "core/run/host_table.hpp"
#include "core/run/loader.hpp"
#include "core/run/values.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

extern "C" {
__attribute__((weak)) int __llvm_profile_write_file(void);
__attribute__((weak)) void __gcov_dump(void);
}

namespace assay {
namespace {

pid_t parent_process = 0;

/// SIGTERM: the host wants the run to stop; or the parent died, and then a run that does not stop
/// within 10 s is killed by SIGALRM.
void on_terminate(int) {
  request(ASSAY_STOP);
  if (::getppid() != parent_process) ::alarm(10);
}
void on_save(int) { request(ASSAY_SAVE_NOW); }

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(signal, &action, nullptr);
}

void write_line(const char* path, const char* text) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return;
  [[maybe_unused]] const ssize_t n = ::write(fd, text, std::strlen(text));
  ::close(fd);
}

/// stdin from nowhere; stdout and stderr at the end of log.txt.
void redirect(const fs::path& folder, int attempt) {
  const int null = ::open("/dev/null", O_RDONLY);
  ::dup2(null, STDIN_FILENO);
  ::close(null);
  const fs::path file = folder / "log.txt";
  const int log = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  if (log < 0) throw Failure(why("cannot write", file));
  const time_t now = ::time(nullptr);
  tm utc{};
  ::gmtime_r(&now, &utc);
  char stamp[32];
  ::strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &utc);
  ::dprintf(log, "--- attempt %d, %s\n", attempt, stamp);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::close(log);
}

/// Waits until the front process is told of this one. Until then it dies with its parent, so that
/// no run ever executes that nobody knows of.
void wait_for_go(SharedPage& page, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  while (!page.go) {
    const timespec soon{0, 100'000'000};
    ::syscall(SYS_futex, &page.go, FUTEX_WAIT, 0, &soon, nullptr, 0);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
}

void set_up(const Order& order, pid_t parent) {
  parent_process = parent;
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  handle(SIGTERM, on_terminate);
  handle(SIGUSR1, on_save);
  write_line("/proc/self/oom_score_adj", "500");
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (!order.cores.empty()) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    for (const int core : order.cores) CPU_SET(static_cast<size_t>(core), &cores);
    ::sched_setaffinity(0, sizeof cores, &cores);
  }
  ::setenv("CUDA_VISIBLE_DEVICES", order.gpus.c_str(), 1);
  redirect(order.folder, order.attempt);
}

fs::path fresh_folder(const fs::path& path) {
  std::error_code ignored;
  fs::remove_all(path, ignored);
  make_folder(path);
  return path;
}

/// Runs the method and records how it ended.
void perform(const Order& order, const LoadedPlugin* given, const fs::path& library,
             JournalWriter& journal) {
  LoadedPlugin plugin;
  if (given) plugin = *given;
  try {
    if (!given) {
      plugin.descriptor = load_plugin(library, host_table());
      plugin.schema = read_descriptor(plugin.descriptor, library.stem().string());
    }
    const MethodSchema* schema = plugin.schema.method(order.method);
    if (!schema) throw Failure("the plugin has no method \"" + order.method + "\" any more");
    const Values values(*schema, order.params);
    const std::string scratch = fresh_folder(order.folder / "scratch").string();
    const std::string work = (order.folder / "work").string();
    make_folder(work);
    assay_ctx context(order, *schema, journal);
    assay_job job{};
    job.struct_size = sizeof job;
    job.param_count = values.size();
    job.host = host_table();
    job.ctx = &context;
    job.params = values.data();
    job.seed = order.seed;
    job.device = {order.gpus.empty() ? ASSAY_CPU : ASSAY_CUDA, 0};
    job.threads = order.threads;
    job.attempt = order.attempt;
    job.scratch = scratch.c_str();
    job.work = work.c_str();
    const assay_status returned = find_method(plugin.descriptor, order.method)->run(&job);
    const auto [status, message] = context.verdict(returned);
    journal.end(status, message);
  } catch (const BadInput& e) {
    journal.end(ASSAY_FAILED, e.what());
  } catch (const Failure& e) {
    journal.end(ASSAY_IO, e.what());
  }
}

}  // namespace

void run_child(const Order& order, const LoadedPlugin* plugin, const fs::path& library,
               pid_t parent, SharedPage& page) noexcept {
  const char* failed = "could not begin: ";
  try {
    wait_for_go(page, parent);
    set_up(order, parent);
    JournalWriter journal(order.folder, order.id, order.attempt);
    failed = "could not write its journal: ";
    perform(order, plugin, library, journal);
  } catch (const std::exception& e) {
    std::snprintf(page.note, sizeof page.note, "%s%s", failed, e.what());
  }
  std::fflush(nullptr);
  if (__llvm_profile_write_file) __llvm_profile_write_file();
  if (__gcov_dump) __gcov_dump();
  ::_exit(0);
}

}  // namespace assay
