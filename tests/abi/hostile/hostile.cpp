// A plugin whose methods do what a plugin must never do, one each. The runner contains them all.
#include <assay/assay.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

using Run = assay_status (*)(const assay_job*);

assay_status segfault(const assay_job*) {
  std::puts("about to write to address zero");
  std::fflush(stdout);
  *static_cast<volatile int*>(nullptr) = 1;
  return ASSAY_OK;
}
assay_status aborts(const assay_job*) { std::abort(); }
__attribute__((noinline)) int deeper(int n, volatile char* above) {
  volatile char frame[4096];
  frame[0] = static_cast<char>(n);
  if (n == -1) return above[0];
  return deeper(n + 1, frame) + frame[0];
}
assay_status overflow(const assay_job*) {
  volatile char start[1] = {0};
  return deeper(0, start) ? ASSAY_OK : ASSAY_FAILED;
}
assay_status spin(const assay_job*) {
  for (volatile uint64_t i = 0;; i = i + 1) {
  }
}
assay_status leaves(const assay_job*) { std::exit(0); }
assay_status hog(const assay_job*) {
  std::vector<char*> all;
  for (int i = 0; i < 4096; ++i) {
    all.push_back(static_cast<char*>(std::malloc(8 << 20)));
    std::memset(all.back(), 1, 8 << 20);
    ::usleep(20'000);
  }
  return ASSAY_OK;
}
assay_status deaf(const assay_job*) {
  std::signal(SIGTERM, SIG_IGN);
  for (;;) ::pause();
}
assay_status freezes(const assay_job*) {
  ::raise(SIGSTOP);
  for (;;) ::pause();
}
/// Closes every descriptor that its process has, then goes on as if nothing had happened.
assay_status close_all(const assay_job* job, int64_t before) {
  for (int64_t i = 0; i < 1000; ++i) {
    if (i == before)
      for (int fd = 0; fd < 1024; ++fd) ::close(fd);
    const auto status = job->host->scalar(job->ctx, "x", i, static_cast<double>(i));
    if (status) return job->host->fail(job->ctx, status, job->host->error(job->ctx));
  }
  return ASSAY_OK;
}
assay_status closes(const assay_job* job) { return close_all(job, 0); }
assay_status closes_late(const assay_job* job) { return close_all(job, 10); }
/// Leaves a process behind that keeps every descriptor open, in a session of its own.
assay_status grandchild(const assay_job* job) {
  if (::fork() == 0) {
    ::setsid();
    ::signal(SIGTERM, SIG_IGN);
    ::sleep(20);
    ::_exit(0);
  }
  return job->host->scalar(job->ctx, "x", 0, 1);
}
assay_status throws(const assay_job*) { throw std::runtime_error("thrown across the boundary"); }
assay_status undeclared(const assay_job* job) {
  job->host->scalar(job->ctx, "secret", -1, 1);
  return ASSAY_OK;  // although the host has refused
}
assay_status floods(const assay_job*) {
  std::vector<char> line(1 << 20, 'x');
  line.back() = '\n';
  for (int i = 0; i < 200; ++i) {
    if (::write(1, line.data(), line.size()) < 0) return ASSAY_IO;
    ::usleep(5'000);
  }
  return ASSAY_OK;
}
assay_status kills_itself(const assay_job*) {
  ::raise(SIGKILL);
  return ASSAY_OK;
}
assay_status strange_status(const assay_job*) { return 4711; }
assay_status refuses(const assay_job* job) {
  return job->host->fail(job->ctx, ASSAY_INVALID_ARGUMENT, "the data set is empty");
}
assay_status says_nothing(const assay_job*) { return ASSAY_FAILED; }
assay_status cancels(const assay_job*) { return ASSAY_CANCELLED; }
assay_status nulls(const assay_job* job) {
  job->host->scalar(job->ctx, nullptr, 0, 1);
  job->host->array(job->ctx, "x", 0, nullptr);
  job->host->rows(job->ctx, "x", 3, nullptr);
  job->host->open(job->ctx, nullptr, 0, nullptr);
  job->host->read(nullptr, 0, nullptr);
  job->host->close(nullptr);
  job->host->log(nullptr, 99, nullptr);
  return ASSAY_OK;
}
assay_status honest(const assay_job* job) { return job->host->scalar(job->ctx, "x", 0, 1); }

const assay_port x = {sizeof(assay_port), 0, "x", "anything", nullptr, nullptr, nullptr,
                      ASSAY_SERIES,       0};
const assay_port* const outputs[] = {&x, nullptr};

/// The compiler checks that a method does not throw; this plugin takes that check away.
assay_method method(const char* name, Run run) {
  assay_method m{};
  m.struct_size = sizeof m;
  m.name = name;
  m.summary = "hostile";
  m.outputs = outputs;
  m.identity = 1;
  std::memcpy(&m.run, &run, sizeof run);
  return m;
}

const assay_method all[] = {method("segfault", segfault),
                            method("aborts", aborts),
                            method("overflow", overflow),
                            method("spin", spin),
                            method("leaves", leaves),
                            method("hog", hog),
                            method("deaf", deaf),
                            method("freezes", freezes),
                            method("closes", closes),
                            method("closes_late", closes_late),
                            method("grandchild", grandchild),
                            method("throws", throws),
                            method("undeclared", undeclared),
                            method("floods", floods),
                            method("kills_itself", kills_itself),
                            method("strange_status", strange_status),
                            method("refuses", refuses),
                            method("says_nothing", says_nothing),
                            method("cancels", cancels),
                            method("nulls", nulls),
                            method("honest", honest)};

}  // namespace

extern "C" ASSAY_EXPORT const assay_plugin* assay_plugin_v0(const assay_host*) noexcept {
  static const assay_method* list[std::size(all) + 1] = {};
  for (size_t i = 0; i < std::size(all); ++i) list[i] = &all[i];
  static assay_plugin p{};
  p.struct_size = sizeof p;
  p.abi_major = ASSAY_ABI_MAJOR;
  p.abi_minor = ASSAY_ABI_MINOR;
  p.name = "hostile";
  p.version = "1";
  p.summary = "what a plugin must never do";
  p.build = "test";
  p.methods = list;
  return &p;
}
