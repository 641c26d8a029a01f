/* A plugin in plain C: every field of every descriptor that a C author meets. */
#include <assay/assay.h>

static const assay_param steps = {
    .struct_size = sizeof(assay_param),
    .name = "steps",
    .doc = "how many",
    .fallback = {.type = ASSAY_INT, .as = {.i = 10}},
    .min = {.type = ASSAY_INT, .as = {.i = 1}},
    .type = ASSAY_INT,
};
static const assay_param rate = {
    .struct_size = sizeof(assay_param),
    .name = "rate",
    .doc = "how fast",
    .unit = "1/step",
    .flags = ASSAY_OPEN_MIN,
    .fallback = {.type = ASSAY_REAL, .as = {.f = 1.0}},
    .min = {.type = ASSAY_REAL, .as = {.f = 0.0}},
    .type = ASSAY_REAL,
};
static const assay_param* const params[] = {&steps, &rate, NULL};

static const assay_port loss = {
    .struct_size = sizeof(assay_port),
    .flags = ASSAY_LOWER_IS_BETTER,
    .name = "loss",
    .doc = "a loss that falls as 1/n",
    .kind = ASSAY_SERIES,
};
static const assay_field step_field = {
    .struct_size = sizeof(assay_field), .name = "step", .doc = "n", .type = ASSAY_INT};
static const assay_field* const fields[] = {&step_field, NULL};
static const assay_port visited = {
    .struct_size = sizeof(assay_port),
    .name = "visited",
    .doc = "the steps, as a table",
    .fields = fields,
    .kind = ASSAY_TABLE,
};
static const assay_port* const outputs[] = {&loss, &visited, NULL};

static assay_status run(const assay_job* job) {
  const assay_host* host = job->host;
  const double fast = job->params[1].as.f;
  for (int64_t i = 0; i < job->params[0].as.i; ++i) {
    assay_status status = host->scalar(job->ctx, "loss", i, 1.0 / (fast * (double)(i + 1)));
    if (status != ASSAY_OK) return host->fail(job->ctx, status, host->error(job->ctx));
    const int64_t shape[] = {1};
    const assay_column column = {
        .name = "step",
        .data = {.data = &i,
                 .device = {ASSAY_CPU, 0},
                 .ndim = 1,
                 .dtype = {ASSAY_DT_INT, 64, 1},
                 .shape = shape},
    };
    status = host->rows(job->ctx, "visited", 1, &column);
    if (status != ASSAY_OK) return host->fail(job->ctx, status, host->error(job->ctx));
    if (host->poll(job->ctx) & ASSAY_STOP)
      return host->fail(job->ctx, ASSAY_CANCELLED, "cancelled");
  }
  return ASSAY_OK;
}

static const assay_method decay = {
    .struct_size = sizeof(assay_method),
    .flags = ASSAY_SEEDLESS,
    .name = "decay",
    .summary = "1/n",
    .params = params,
    .outputs = outputs,
    .identity = 1,
    .run = run,
};
static const assay_method* const methods[] = {&decay, NULL};
static const assay_plugin plugin = {
    .struct_size = sizeof(assay_plugin),
    .abi_major = ASSAY_ABI_MAJOR,
    .abi_minor = ASSAY_ABI_MINOR,
    .name = "decay",
    .version = "1.0",
    .summary = "A plugin in C",
    .build = "C",
    .methods = methods,
};

ASSAY_EXPORT const assay_plugin* assay_plugin_v0(const assay_host* host) {
  (void)host;
  return &plugin;
}
