/* Plugins that misbehave while they are loaded; -DHOW=n chooses. */
#include <assay/assay.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SEGFAULT = 1, ABORT, HANG, EXIT, ENTRY_SEGFAULT, REFUSE, GARBAGE, THREAD };

static assay_status run(const assay_job* job) { return job->host->scalar(job->ctx, "x", 0, 1); }
static const assay_port x = {sizeof(assay_port), 0, "x", "", NULL, NULL, NULL, ASSAY_SERIES, 0};
static const assay_port* const outputs[] = {&x, NULL};
static const assay_method only = {
    sizeof(assay_method), 0, "only", "", "", NULL, NULL, outputs, 1, 0, run, NULL, NULL};
static const assay_method* const methods[] = {&only, NULL};
static const assay_plugin plugin = {sizeof(assay_plugin),
                                    ASSAY_ABI_MAJOR,
                                    ASSAY_ABI_MINOR,
                                    NAME,
                                    "1",
                                    "",
                                    "",
                                    "",
                                    NULL,
                                    methods,
                                    NULL};

static void* idle(void* unused) {
  for (;;) pause();
  return unused;
}

__attribute__((constructor)) static void load(void) {
  if (HOW == SEGFAULT) {
    fprintf(stderr, "first line\nthe static constructor dies now\n");
    *(volatile int*)0 = 1;
  }
  if (HOW == ABORT) abort();
  if (HOW == HANG)
    for (;;) pause();
  if (HOW == EXIT) exit(0);
  if (HOW == GARBAGE) {
    for (int fd = 3; fd < 200; ++fd) dprintf(fd, "{\"schema\":17}");
    _exit(0);
  }
  if (HOW == THREAD) {
    pthread_t thread;
    pthread_create(&thread, NULL, idle, NULL);
  }
}

ASSAY_EXPORT const assay_plugin* assay_plugin_v0(const assay_host* host) {
  (void)host;
  if (HOW == ENTRY_SEGFAULT) *(volatile int*)0 = 1;
  return HOW == REFUSE ? NULL : &plugin;
}
