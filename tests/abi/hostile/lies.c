/* Plugins whose descriptors lie; -DLIE=n chooses. Each is one sentence of the probe. */
#include <assay/assay.h>

#include <math.h>
#include <string.h>

enum {
  NULL_NAME = 1,
  NULL_METHODS,
  SIZE_0,
  SIZE_3,
  SIZE_HUGE,
  NO_TERMINATOR,
  DUPLICATE,
  DEFAULT_RANGE,
  NOT_UTF8,
  RESERVED,
  FOREIGN_FLAGS,
  WRONG_NAME,
  UNKNOWN_TYPE,
  UNKNOWN_EXTENSION,
  BAD_CHOICE,
  REQUIRED_DEFAULT,
  NO_DEFAULT,
  NOT_FINITE,
  BAD_KIND,
  NO_RUN,
  IDENTITY_0,
  LONG_STRING,
  BAD_METHOD_NAME,
  EMPTY_RANGE,
  OTHER_MAJOR,
  MANY_OUTPUT,
  NEWER
};

static assay_status run(const assay_job* job) { return job->host->scalar(job->ctx, "x", 0, 1); }

static assay_port x = {sizeof(assay_port), 0, "x", "", NULL, NULL, NULL, ASSAY_SERIES, 0};
static const assay_port* outputs[] = {&x, NULL};
static const char* choices[] = {"a", "b", NULL};
static assay_param n, word;
static const assay_param* params[] = {&n, &word, NULL};
static const assay_method* methods[70000];
static const char* required[] = {"assay.arrow/1", NULL};
static char long_string[70000];

/* A descriptor of a later minor version: the fields of today, then more. */
struct newer_method {
  assay_method today;
  const char* tomorrow;
  void* later[3];
};
static struct newer_method only;
static assay_plugin plugin;

static void fill(void) {
  n.struct_size = word.struct_size = sizeof(assay_param);
  n.name = "n", n.doc = "a number", n.type = ASSAY_INT;
  n.fallback.type = n.min.type = n.max.type = ASSAY_INT;
  n.fallback.as.i = 5, n.min.as.i = 1, n.max.as.i = 10;
  word.name = "word", word.doc = "a word", word.type = ASSAY_STRING;
  word.fallback.type = ASSAY_STRING, word.fallback.as.s = "a", word.choices = choices;
  only.today.struct_size = sizeof(assay_method);
  only.today.name = "only", only.today.summary = "", only.today.params = params;
  only.today.outputs = outputs, only.today.identity = 1, only.today.run = run;
  methods[0] = &only.today;
  plugin.struct_size = sizeof plugin;
  plugin.abi_major = ASSAY_ABI_MAJOR, plugin.abi_minor = ASSAY_ABI_MINOR;
  plugin.name = NAME, plugin.version = "1", plugin.methods = methods;
}

static void lie(void) {
  switch (LIE) {
    case NULL_NAME: n.name = NULL; break;
    case NULL_METHODS: plugin.methods = NULL; break;
    case SIZE_0: n.struct_size = 0; break;
    case SIZE_3: only.today.struct_size = 3; break;
    case SIZE_HUGE: plugin.struct_size = 1u << 31; break;
    case NO_TERMINATOR:
      for (int i = 0; i < 69999; ++i) methods[i] = &only.today;
      break;
    case DUPLICATE: word.name = "n"; break;
    case DEFAULT_RANGE: n.fallback.as.i = 11; break;
    case NOT_UTF8: n.doc = "caf\xe9"; break;
    case RESERVED: n.name = "threads"; break;
    case FOREIGN_FLAGS: n.flags = ASSAY_RESUMABLE; break;
    case WRONG_NAME: plugin.name = "other"; break;
    case UNKNOWN_TYPE: n.type = 9; break;
    case UNKNOWN_EXTENSION: plugin.required = required; break;
    case BAD_CHOICE: word.fallback.as.s = "c"; break;
    case REQUIRED_DEFAULT: n.flags = ASSAY_REQUIRED; break;
    case NO_DEFAULT: n.fallback.type = 0; break;
    case NOT_FINITE:
      n.type = ASSAY_REAL, n.fallback.type = ASSAY_REAL, n.fallback.as.f = NAN;
      n.min.type = n.max.type = 0;
      break;
    case BAD_KIND: x.kind = ASSAY_DIR; break;
    case NO_RUN: only.today.run = NULL; break;
    case IDENTITY_0: only.today.identity = 0; break;
    case LONG_STRING:
      memset(long_string, 'x', sizeof long_string - 1);
      n.doc = long_string;
      break;
    case BAD_METHOD_NAME: only.today.name = "Only One"; break;
    case EMPTY_RANGE: n.min.as.i = 20, n.fallback.as.i = 20; break;
    case OTHER_MAJOR: plugin.abi_major = 7; break;
    case MANY_OUTPUT: x.flags = ASSAY_MANY; break;
    case NEWER: /* no lie: a later minor version, which this host reads without its tail */
      only.today.struct_size = sizeof only, only.tomorrow = "unheard of";
      plugin.abi_minor = 99;
      break;
  }
}

ASSAY_EXPORT const assay_plugin* assay_plugin_v0(const assay_host* host) {
  /* A host that has an extension this plugin could use: it does not have to. */
  (void)host->extension(host, "assay.not-yet/1");
  fill();
  lie();
  return &plugin;
}
