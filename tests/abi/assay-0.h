/* assay/assay.h - the Assay plugin ABI, major version 0 (a draft of version 1).
 *
 * C11 and C++17. Needs nothing but stdint.h and stddef.h.
 *
 * Three kinds of struct, and the kind never changes:
 *   VALUE      frozen (layout asserted below); may sit in arrays.
 *   DESCRIPTOR begins with struct_size; grows at its end; always reached through a pointer,
 *              never through an array of structs. Zero means "as before the field existed".
 *   TABLE      function pointers; frozen. More functions come as extensions, by id.
 *
 * Ownership: whoever allocates frees. An argument is borrowed for the call. What the host hands
 * out lives until run() returns; what a reader hands out lives until its close().
 * Threads: every host function may be called from any thread while run() is on the stack, and
 * never afterwards. run() is not entered twice at once in one process.
 * Errors: assay_status; zero is success. No C++ exception crosses in either direction.
 * Strings: UTF-8, NUL-terminated, borrowed.
 * Names: plugins, methods, parameters, inputs match [a-z][a-z0-9_]{0,62}. The name of an output
 * may nest with '/'; a declared output may end in "/" and a star, which allows the whole family.
 * Keys of a checkpoint may also contain '.', '-' and capitals.
 */
#ifndef ASSAY_ASSAY_H
#define ASSAY_ASSAY_H

#include <stddef.h>
#include <stdint.h>

#define ASSAY_ABI_MAJOR 0
/* The minor version to compile against. A field added in minor N sits inside `#if ASSAY_ABI_MINOR
 * >= N`, so that -DASSAY_ABI_MINOR=0 gives back the first layout exactly. */
#ifndef ASSAY_ABI_MINOR
#define ASSAY_ABI_MINOR 0
#endif

#define ASSAY_EXPORT __attribute__((visibility("default")))

#ifdef __cplusplus
#define ASSAY_NOEXCEPT noexcept
#define ASSAY_STATIC_ASSERT(c, m) static_assert(c, m)
extern "C" {
#else
#define ASSAY_NOEXCEPT
#define ASSAY_STATIC_ASSERT(c, m) _Static_assert(c, m)
#endif

/* True if `field` lies inside what the other side filled in. */
#define ASSAY_HAS(ptr, type, field) \
  ((ptr)->struct_size >= offsetof(type, field) + sizeof((ptr)->field))

/* --- VALUES ------------------------------------------------------------------------------- */

typedef int32_t assay_status;
enum {
  ASSAY_OK = 0,
  ASSAY_CANCELLED = 1,        /* the plugin stopped because it was asked to */
  ASSAY_INVALID_ARGUMENT = 2, /* the user's parameters or inputs are wrong */
  ASSAY_NOT_FOUND = 3,
  ASSAY_UNSUPPORTED = 4, /* not by this host, device, or build */
  ASSAY_IO = 5,
  ASSAY_OUT_OF_MEMORY = 6,
  ASSAY_DIVERGED = 7, /* a legitimate scientific outcome: NaN, no convergence */
  ASSAY_FAILED = 8,   /* anything else, with a message */
  ASSAY_CONTRACT = 9  /* this ABI was misused: a bug, not a result */
};

enum { ASSAY_DEBUG = 0, ASSAY_INFO = 1, ASSAY_WARN = 2, ASSAY_ERROR = 3 };

typedef int32_t assay_type;
enum {
  ASSAY_BOOL = 1,
  ASSAY_INT = 2,
  ASSAY_REAL = 3,
  ASSAY_STRING = 4,
  ASSAY_BOOLS = 17,
  ASSAY_INTS = 18,
  ASSAY_REALS = 19,
  ASSAY_STRINGS = 20
};

typedef struct assay_value {
  assay_type type; /* 0: absent */
  int32_t count;   /* of a list; else 0 */
  union {
    int64_t i; /* ASSAY_BOOL (0 or 1), ASSAY_INT */
    double f;
    const char* s;
    const int64_t* is; /* ASSAY_BOOLS, ASSAY_INTS */
    const double* fs;
    const char* const* ss;
  } as;
} assay_value;

/* A DLTensor (DLPack 1.x) with const shape and strides. Strides count elements; NULL: row-major.
 * `data` may be NULL when the tensor has no elements. */
typedef struct assay_dtype {
  uint8_t code, bits;
  uint16_t lanes;
} assay_dtype;
typedef struct assay_device {
  int32_t type, index;
} assay_device;
typedef struct assay_tensor {
  void* data;
  assay_device device;
  int32_t ndim;
  assay_dtype dtype;
  const int64_t* shape;
  const int64_t* strides;
  uint64_t byte_offset;
} assay_tensor;
enum {
  ASSAY_DT_INT = 0,
  ASSAY_DT_UINT = 1,
  ASSAY_DT_FLOAT = 2,
  ASSAY_DT_BFLOAT = 4,
  ASSAY_DT_BOOL = 6
};
enum { ASSAY_CPU = 1, ASSAY_CUDA = 2 };

/* One column of a table, or one entry of a checkpoint: a tensor whose first dimension counts the
 * rows (of a checkpoint entry: any tensor), or `strings`, of which there are data.shape[0], none
 * of them NULL. With strings, only data.ndim (1) and data.shape are read. */
typedef struct assay_column {
  const char* name;
  assay_tensor data;
  const char* const* strings;
} assay_column;

typedef struct assay_estimate {
  double seconds; /* of one core; 0: unknown */
  double bytes;   /* of anonymous memory at the peak; 0: unknown */
} assay_estimate;

/* --- DESCRIPTORS: what the plugin says of itself, without running ------------------------------
 * Flag bits of different descriptors are disjoint; a foreign bit is refused when probed. */

enum {
  ASSAY_REQUIRED = 1u << 0, /* no default */
  ASSAY_OPEN_MIN = 1u << 1, /* min itself is excluded */
  ASSAY_OPEN_MAX = 1u << 2,
  ASSAY_COSMETIC = 1u << 3 /* cannot change results: left out of the run's identity */
};

typedef struct assay_param {
  uint32_t struct_size;
  uint32_t flags;
  const char* name;
  const char* doc;
  const char* unit;           /* or NULL */
  assay_value fallback;       /* the default; absent with ASSAY_REQUIRED */
  assay_value min, max;       /* absent: unbounded; of a list: of each element. INT or REAL */
  const char* const* choices; /* NULL-terminated, or NULL; of a list: for each element */
  assay_type type;
  int32_t since;              /* the method's `identity` when the parameter was added, or 0 */
  assay_value neutral;        /* left out of the identity when equal to this; or absent */
  const char* const* aliases; /* earlier names, oldest first, NULL-terminated, or NULL. The oldest
                                 name is the one that enters the identity */
} assay_param;

typedef int32_t assay_kind;
enum {
  /* outputs */
  ASSAY_SCALAR = 1,     /* a number, once a run */
  ASSAY_SERIES = 2,     /* a number by step */
  ASSAY_TABLE = 3,      /* columns of equal length */
  ASSAY_ARRAY = 4,      /* a tensor, once or by step */
  ASSAY_TEXT = 5,       /* strings, once or by step */
  ASSAY_CHECKPOINT = 6, /* named tensors and strings, by step */
  ASSAY_ARTIFACT = 7,   /* a file */
  /* inputs only; an input may also be a TABLE, an ARRAY or a CHECKPOINT */
  ASSAY_RUN = 17,  /* everything of an upstream run */
  ASSAY_FILE = 18, /* a path to a file; an ARTIFACT feeds it */
  ASSAY_DIR = 19   /* a path to a folder, or to a single file where the user names one */
};
enum {
  ASSAY_OPTIONAL = 1u << 8,
  ASSAY_MANY = 1u << 9, /* an input: a gathered list */
  ASSAY_LOWER_IS_BETTER = 1u << 10,
  ASSAY_HIGHER_IS_BETTER = 1u << 11,
  ASSAY_HEADLINE = 1u << 12 /* shown first */
};

typedef struct assay_field { /* a column that a table or a checkpoint declares */
  uint32_t struct_size;
  uint32_t flags; /* none yet */
  const char* name;
  const char* doc;
  const char* unit;
  assay_type type; /* BOOL, INT, REAL or STRING: of one element */
  int32_t reserved;
} assay_field;

typedef struct assay_port { /* an input or an output */
  uint32_t struct_size;
  uint32_t flags;
  const char* name;
  const char* doc;
  const char* unit;
  const char* format;               /* "images", "scores", ...; NULL: any */
  const assay_field* const* fields; /* NULL-terminated, or NULL */
  assay_kind kind;
  int32_t reserved;
} assay_port;

typedef struct assay_job assay_job;

enum {
  ASSAY_RESUMABLE = 1u << 16,        /* continues from its own checkpoint, to the same bits */
  ASSAY_SEEDLESS = 1u << 17,         /* draws nothing: seeds do not multiply its runs */
  ASSAY_NONDETERMINISTIC = 1u << 18, /* equal seeds need not give equal bits */
  ASSAY_USES_GPU = 1u << 19          /* can use one */
};

typedef struct assay_method {
  uint32_t struct_size;
  uint32_t flags;
  const char* name;
  const char* summary;              /* one line */
  const char* doc;                  /* Markdown */
  const assay_param* const* params; /* NULL-terminated, as are all arrays of descriptors */
  const assay_port* const* inputs;
  const assay_port* const* outputs;
  int32_t identity; /* >= 1; raised when the meaning of its results changes */
  int32_t reserved;
  assay_status (*run)(const assay_job* job) ASSAY_NOEXCEPT;
  /* Optional: refuses combinations that ranges cannot express; one sentence into `why`. `values`
   * are in the schema's order. Called in a process of its own, many times, before any run. */
  assay_status (*check)(const assay_value* values, char* why, size_t why_size) ASSAY_NOEXCEPT;
  /* Optional: what one run will take. */
  assay_status (*estimate)(const assay_value* values, assay_estimate* out) ASSAY_NOEXCEPT;
} assay_method;

typedef struct assay_host assay_host;

typedef struct assay_plugin {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor; /* of the header it was compiled with */
  const char* name;              /* equals the file's name without ".so" */
  const char* version;
  const char* summary;
  const char* citation;
  const char* build;           /* compiler, LibTorch, commit: recorded with every result */
  const char* const* required; /* extension ids without which it cannot run; or NULL */
  const assay_method* const* methods;
  const void* (*extension)(const char* id)ASSAY_NOEXCEPT; /* or NULL */
} assay_plugin;

/* --- what the host gives to one run -------------------------------------------------------- */

typedef struct assay_ctx assay_ctx;       /* the host's own */
typedef struct assay_reader assay_reader; /* the host's own */

struct assay_job {
  uint32_t struct_size;
  uint32_t param_count;
  const assay_host* host;
  assay_ctx* ctx;
  const assay_value* params; /* validated, defaults filled in, in the schema's order */
  uint64_t seed;             /* the run's seed; draw from host->stream() */
  assay_device device;
  int32_t threads;
  int32_t attempt;     /* 1 for the first execution of this run */
  const char* scratch; /* an empty folder, gone afterwards */
  const char* work;    /* a folder that survives attempts of this run */
};

enum {
  ASSAY_STOP = 1u << 0,    /* leave soon: save what is needed to resume, return ASSAY_CANCELLED */
  ASSAY_SAVE_NOW = 1u << 1 /* write a checkpoint soon; reading the bit clears it */
};

struct assay_host { /* TABLE */
  uint32_t struct_size;
  uint16_t abi_major, abi_minor;
  const char* name;
  const char* version;
  const void* (*extension)(const assay_host* host, const char* id)ASSAY_NOEXCEPT;

  void (*log)(assay_ctx*, int32_t level, const char* message) ASSAY_NOEXCEPT;
  /* Records why the run ends; returns `status`. Call it once, then return its value. */
  assay_status (*fail)(assay_ctx*, assay_status status, const char* message) ASSAY_NOEXCEPT;
  const char* (*error)(assay_ctx*)ASSAY_NOEXCEPT; /* of this thread's last failed host call */
  uint32_t (*poll)(assay_ctx*) ASSAY_NOEXCEPT;    /* ASSAY_STOP, ASSAY_SAVE_NOW; cheap */
  /* `total` <= 0: unknown. `note` may be NULL. Throttled by the host, which computes the ETA. */
  void (*progress)(assay_ctx*, const char* phase, int64_t done, int64_t total,
                   const char* note) ASSAY_NOEXCEPT;
  /* A 64-bit key: the first 8 bytes (little-endian) of SHA-256("assay-seed-1" | seed as 8 bytes
   * little-endian | purpose). Equal across methods for equal seed and purpose. */
  uint64_t (*stream)(assay_ctx*, const char* purpose) ASSAY_NOEXCEPT;

  /* Writing. A step of -1 means "the run as a whole". An output that was not declared is
   * ASSAY_CONTRACT. When a call returns, SIGKILL cannot lose what it wrote. */
  assay_status (*scalar)(assay_ctx*, const char* name, int64_t step, double value) ASSAY_NOEXCEPT;
  assay_status (*array)(assay_ctx*, const char* name, int64_t step,
                        const assay_tensor*) ASSAY_NOEXCEPT;
  /* Appends rows. The first call fixes the table's columns, their types and inner shapes. */
  assay_status (*rows)(assay_ctx*, const char* table, size_t count,
                       const assay_column* columns) ASSAY_NOEXCEPT;
  assay_status (*text)(assay_ctx*, const char* name, int64_t step, const char* data,
                       size_t size) ASSAY_NOEXCEPT;
  assay_status (*file)(assay_ctx*, const char* name, const char* path) ASSAY_NOEXCEPT;
  /* Copies the columns before it returns; one writer thread makes them durable. The latest
   * checkpoint of each name is kept. */
  assay_status (*save)(assay_ctx*, const char* checkpoint, int64_t step, size_t count,
                       const assay_column* columns) ASSAY_NOEXCEPT;

  /* Reading. */
  size_t (*inputs)(assay_ctx*, const char* name) ASSAY_NOEXCEPT; /* how many; 0: not given */
  const char* (*path)(assay_ctx*, const char* name, size_t index)ASSAY_NOEXCEPT; /* FILE, DIR */
  /* Opens an input that is a RUN, CHECKPOINT, TABLE or ARRAY, or a file that is HDF5; or "@name",
   * the run's own latest checkpoint `name` (ASSAY_NOT_FOUND when there is none). */
  assay_status (*open)(assay_ctx*, const char* name, size_t index, assay_reader**) ASSAY_NOEXCEPT;
  size_t (*count)(assay_reader*) ASSAY_NOEXCEPT;
  /* Key, dtype and shape of item `i`; `about->data` stays NULL. Strings: dtype.bits == 0, ndim 1.
   * Keys: of a TABLE its columns; of an ARRAY "value" (and "step" of a series); of a CHECKPOINT
   * its entries; of a RUN "metrics/M", "metrics/M/step", "tables/T/C", "arrays/A", "text/X" and
   * "checkpoints/N/KEY" (the latest step); of an HDF5 file the paths of its datasets. */
  assay_status (*item)(assay_reader*, size_t i, const char** key,
                       assay_tensor* about) ASSAY_NOEXCEPT;
  /* Fills `into`, whose dtype and shape must equal the item's and which must be row-major. */
  assay_status (*read)(assay_reader*, size_t i, const assay_tensor* into) ASSAY_NOEXCEPT;
  const char* const* (*strings)(assay_reader*, size_t i)ASSAY_NOEXCEPT; /* NULL: not strings */
  /* A parameter of the run behind the reader by its name; also "seed" (INT), "method", "run"
   * (STRING), and "step" (INT) of a checkpoint. Lists and strings live until close(). */
  assay_status (*params)(assay_reader*, const char* name, assay_value* out) ASSAY_NOEXCEPT;
  void (*close)(assay_reader*) ASSAY_NOEXCEPT;
};

/* The one symbol a plugin exports. The major version is in its name. Called once, before anything
 * else, possibly in a process that will never run the plugin: it must be cheap and touch nothing.
 * Returns NULL to refuse. */
typedef const assay_plugin* (*assay_plugin_v0_fn)(const assay_host* host)ASSAY_NOEXCEPT;
ASSAY_EXPORT const assay_plugin* assay_plugin_v0(const assay_host* host) ASSAY_NOEXCEPT;

#define ASSAY_LAYOUT(type, size) ASSAY_STATIC_ASSERT(sizeof(type) == (size), #type " changed size")
#define ASSAY_AT(type, field, offset) \
  ASSAY_STATIC_ASSERT(offsetof(type, field) == (offset), #type "." #field " moved")
#if UINTPTR_MAX == 0xffffffffffffffffu
ASSAY_STATIC_ASSERT(ASSAY_CANCELLED == 1 && ASSAY_IO == 5 && ASSAY_CONTRACT == 9,
                    "status renumbered");
ASSAY_STATIC_ASSERT(ASSAY_BOOL == 1 && ASSAY_STRING == 4 && ASSAY_STRINGS == 20,
                    "types renumbered");
ASSAY_STATIC_ASSERT(ASSAY_SCALAR == 1 && ASSAY_ARTIFACT == 7 && ASSAY_RUN == 17 && ASSAY_DIR == 19,
                    "kinds renumbered");
ASSAY_STATIC_ASSERT(ASSAY_COSMETIC == 8 && ASSAY_HEADLINE == 4096 && ASSAY_USES_GPU == 524288,
                    "flags renumbered");
ASSAY_LAYOUT(assay_value, 16);
ASSAY_LAYOUT(assay_tensor, 48);
ASSAY_LAYOUT(assay_column, 64);
ASSAY_LAYOUT(assay_estimate, 16);
ASSAY_LAYOUT(assay_host, 200);
ASSAY_AT(assay_tensor, byte_offset, 40);
ASSAY_AT(assay_param, fallback, 32);
ASSAY_AT(assay_param, type, 88);
ASSAY_AT(assay_param, aliases, 112);
ASSAY_AT(assay_field, type, 32);
ASSAY_AT(assay_port, kind, 48);
ASSAY_AT(assay_method, identity, 56);
ASSAY_AT(assay_method, run, 64);
ASSAY_AT(assay_plugin, methods, 56);
ASSAY_AT(assay_job, params, 24);
ASSAY_AT(assay_job, scratch, 56);
#endif

#ifdef __cplusplus
}
#endif
#endif
