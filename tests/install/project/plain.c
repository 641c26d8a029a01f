/* The smallest plugin in C11: one method, one parameter, one output. */
#include <assay/assay.h>

static assay_status run(const assay_job* job) {
  const double x = job->params[0].as.f;
  return job->host->scalar(job->ctx, "square", -1, x * x);
}

static const assay_param x = {.struct_size = sizeof(assay_param),
                              .name = "x",
                              .doc = "what to square",
                              .type = ASSAY_REAL,
                              .fallback = {.type = ASSAY_REAL, .as = {.f = 3.0}}};
static const assay_param* const params[] = {&x, NULL};
static const assay_port square = {
    .struct_size = sizeof(assay_port), .name = "square", .doc = "x times x", .kind = ASSAY_SCALAR};
static const assay_port* const inputs[] = {NULL};
static const assay_port* const outputs[] = {&square, NULL};
static const assay_method method = {.struct_size = sizeof(assay_method),
                                    .flags = ASSAY_SEEDLESS,
                                    .name = "square",
                                    .summary = "Squares a number",
                                    .params = params,
                                    .inputs = inputs,
                                    .outputs = outputs,
                                    .identity = 1,
                                    .run = run};
static const assay_method* const methods[] = {&method, NULL};
static const assay_plugin plugin = {.struct_size = sizeof(assay_plugin),
                                    .abi_major = ASSAY_ABI_MAJOR,
                                    .abi_minor = ASSAY_ABI_MINOR,
                                    .name = "plain",
                                    .version = "1.0.0",
                                    .summary = "Squares a number",
                                    .methods = methods};

/* A helper with external linkage must stay inside the library. */
int plain_helper(void) { return 42; }

ASSAY_EXPORT const assay_plugin* assay_plugin_v0(const assay_host* host) {
  (void)host;
  return &plugin;
}
