#include "core/base/error.hpp"
#include "core/base/sha256.hpp"
#include "core/base/text.hpp"
#include "core/run/context.hpp"
#include "core/run/host_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <time.h>
#include <unistd.h>

namespace assay {
namespace {

thread_local std::string last_error;

template <class... Kinds>
constexpr uint32_t kinds(Kinds... k) {
  return ((1u << static_cast<uint32_t>(k)) | ...);
}

/// Runs `body`, and turns what it throws into a status and the thread's error text.
template <class Body>
assay_status guarded(assay_ctx* ctx, Body&& body) noexcept {
  const auto failed = [&](assay_status status, const char* what) noexcept {
    try {
      last_error = what;
      if (status == ASSAY_CONTRACT && ctx) ctx->misuse(what);
    } catch (...) {
      // Out of memory: the status alone has to do.
    }
    return status;
  };
  if (!ctx) return failed(ASSAY_CONTRACT, "it calls the host without its context");
  try {
    body();
    return ASSAY_OK;
  } catch (const Refusal& e) {
    return failed(e.status(), e.what());
  } catch (const std::invalid_argument& e) {
    return failed(ASSAY_CONTRACT, e.what());
  } catch (const std::bad_alloc&) {
    return failed(ASSAY_OUT_OF_MEMORY, "out of memory");
  } catch (const Failure& e) {
    return failed(ASSAY_IO, e.what());
  } catch (const std::exception& e) {
    return failed(ASSAY_FAILED, e.what());
  }
}

void require(bool condition, const char* what) {
  if (!condition) throw Refusal(ASSAY_CONTRACT, what);
}

const void* extension(const assay_host*, const char*) noexcept { return nullptr; }

void log(assay_ctx* ctx, int32_t level, const char* message) noexcept {
  guarded(ctx, [&] {
    static constexpr const char* kNames[] = {"debug", "info", "warning", "error"};
    const char* name = kNames[std::clamp(level, int32_t{ASSAY_DEBUG}, int32_t{ASSAY_ERROR})];
    const time_t now = ::time(nullptr);
    tm local{};
    ::localtime_r(&now, &local);
    const std::string line = fmt::format("{:02}:{:02}:{:02} {}: {}\n", local.tm_hour, local.tm_min,
                                         local.tm_sec, name, message ? message : "");
    [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, line.data(), line.size());
    if (level >= ASSAY_WARN) ctx->journal.event(name, message ? message : "");
  });
}

assay_status fail(assay_ctx* ctx, assay_status status, const char* message) noexcept {
  guarded(ctx, [&] { ctx->fail(printable(message ? message : "")); });
  return status;
}

const char* error(assay_ctx*) noexcept { return last_error.c_str(); }

uint32_t poll(assay_ctx* ctx) noexcept { return ctx ? ctx->poll() : uint32_t{ASSAY_STOP}; }

void progress(assay_ctx* ctx, const char* phase, int64_t done, int64_t total,
              const char* note) noexcept {
  guarded(ctx, [&] { ctx->progress(phase, done, total, note); });
}

uint64_t stream(assay_ctx* ctx, const char* purpose) noexcept {
  uint64_t key = 0;
  guarded(ctx, [&] {
    require(purpose, "stream() needs a purpose");
    const uint64_t seed = ctx->order.seed;
    Sha256 hash;
    hash.add("assay-seed-1");
    hash.add({reinterpret_cast<const char*>(&seed), sizeof seed});
    hash.add(purpose);
    std::memcpy(&key, hash.digest().data(), sizeof key);
  });
  return key;
}

assay_status scalar(assay_ctx* ctx, const char* name, int64_t step, double value) noexcept {
  return guarded(ctx, [&] {
    require(step >= -1, "it writes a step below -1");
    const auto& out = ctx->output(name, step < 0 ? kinds(ASSAY_SCALAR) : kinds(ASSAY_SERIES));
    ctx->journal.scalar(out.name, step, value);
  });
}

assay_status array(assay_ctx* ctx, const char* name, int64_t step,
                   const assay_tensor* tensor) noexcept {
  return guarded(ctx, [&] {
    require(step >= -1, "it writes a step below -1");
    require(tensor, "it writes an array that is NULL");
    ctx->journal.array(ctx->output(name, kinds(ASSAY_ARRAY)).name, step, *tensor);
  });
}

/// A column's type as a table declares it; 0 for strings is ASSAY_STRING.
assay_type column_type(const assay_column& c) {
  if (c.strings) return ASSAY_STRING;
  if (c.data.dtype.code == ASSAY_DT_BOOL) return ASSAY_BOOL;
  const bool real = c.data.dtype.code == ASSAY_DT_FLOAT || c.data.dtype.code == ASSAY_DT_BFLOAT;
  return real ? ASSAY_REAL : ASSAY_INT;
}

/// A table that declares columns gets those columns and no other.
void check_columns(const assay_ctx::Output& table, size_t count, const assay_column* columns) {
  for (size_t i = 0; i < count; ++i) {
    require(columns[i].name, "it writes a column without a name");
    const std::string name = columns[i].name;
    const auto& fields = table.port->fields;
    if (fields.empty()) continue;
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&](const FieldSchema& f) { return f.name == name; });
    if (field == fields.end())
      throw Refusal(ASSAY_CONTRACT,
                    fmt::format("it writes the column \"{}\" of \"{}\", which it does not declare",
                                name, table.name));
    if (column_type(columns[i]) != field->type)
      throw Refusal(
          ASSAY_CONTRACT,
          fmt::format("it writes the column \"{}\" of \"{}\" as {}; it declares {}", name,
                      table.name, type_name(column_type(columns[i])), type_name(field->type)));
  }
}

assay_status rows(assay_ctx* ctx, const char* table, size_t count,
                  const assay_column* columns) noexcept {
  return guarded(ctx, [&] {
    const auto& out = ctx->output(table, kinds(ASSAY_TABLE));
    require(columns && count > 0, "it writes rows without columns");
    check_columns(out, count, columns);
    ctx->journal.rows(out.name, count, columns);
  });
}

assay_status text(assay_ctx* ctx, const char* name, int64_t step, const char* data,
                  size_t size) noexcept {
  return guarded(ctx, [&] {
    require(step >= -1, "it writes a step below -1");
    require(data || size == 0, "it writes a text that is NULL");
    const std::string_view content(data ? data : "", size);
    if (!valid_utf8(content))
      throw Refusal(ASSAY_INVALID_ARGUMENT,
                    fmt::format("the text \"{}\" is not valid UTF-8", name ? name : ""));
    ctx->journal.text(ctx->output(name, kinds(ASSAY_TEXT)).name, step, content);
  });
}

assay_status file(assay_ctx* ctx, const char* name, const char* path) noexcept {
  return guarded(ctx, [&] {
    require(path, "it writes a file without a path");
    const auto& out = ctx->output(name, kinds(ASSAY_ARTIFACT));
    std::error_code error;
    if (!fs::is_regular_file(path, error))
      throw Refusal(ASSAY_NOT_FOUND,
                    fmt::format("there is no file {} for the artifact \"{}\"", path, out.name));
    ctx->journal.file(out.name, path);
  });
}

assay_status save(assay_ctx* ctx, const char* checkpoint, int64_t step, size_t count,
                  const assay_column* columns) noexcept {
  return guarded(ctx, [&] {
    require(step >= 0, "it saves a checkpoint at a negative step");
    require(columns || count == 0, "it saves columns that are NULL");
    const auto& out = ctx->output(checkpoint, kinds(ASSAY_CHECKPOINT));
    ctx->journal.save(out.name, step, count, columns);
    ctx->saved();
  });
}

size_t inputs(assay_ctx* ctx, const char* name) noexcept {
  size_t n = 0;
  guarded(ctx, [&] {
    const auto* given = ctx->input(name);
    n = given ? given->items.size() : 0;
  });
  return n;
}

const char* path(assay_ctx* ctx, const char* name, size_t index) noexcept {
  const char* out = nullptr;
  guarded(ctx, [&] { out = ctx->path(name, index); });
  return out;
}

assay_status open(assay_ctx* ctx, const char* name, size_t index, assay_reader** out) noexcept {
  return guarded(ctx, [&] {
    require(out, "it opens an input into NULL");
    *out = nullptr;
    *out = ctx->open(name, index);
  });
}

/// A reader function knows no context: misuse through a reader fails the call, not the run.
template <class Body>
assay_status reading(assay_reader* reader, Body&& body) noexcept {
  try {
    if (!reader) throw Refusal(ASSAY_CONTRACT, "it reads from NULL");
    body();
    return ASSAY_OK;
  } catch (const Refusal& e) {
    last_error = e.what();
    return e.status();
  } catch (const std::bad_alloc&) {
    last_error = "out of memory";
    return ASSAY_OUT_OF_MEMORY;
  } catch (const std::exception& e) {
    last_error = e.what();
    return ASSAY_IO;
  }
}

size_t count(assay_reader* reader) noexcept { return reader ? reader->count() : 0; }

assay_status item(assay_reader* reader, size_t i, const char** key, assay_tensor* about) noexcept {
  return reading(reader, [&] { reader->item(i, key, about); });
}

assay_status read(assay_reader* reader, size_t i, const assay_tensor* into) noexcept {
  return reading(reader, [&] { reader->read(i, into); });
}

const char* const* strings(assay_reader* reader, size_t i) noexcept {
  const char* const* out = nullptr;
  reading(reader, [&] { out = reader->strings(i); });
  return out;
}

assay_status params(assay_reader* reader, const char* name, assay_value* out) noexcept {
  return reading(reader, [&] {
    if (!name || !out) throw Refusal(ASSAY_CONTRACT, "it asks for a parameter with NULL");
    *out = reader->param(name);
  });
}

void close(assay_reader* reader) noexcept { delete reader; }

}  // namespace

const assay_host* host_table() {
  static const assay_host table{sizeof(assay_host),
                                ASSAY_ABI_MAJOR,
                                ASSAY_ABI_MINOR,
                                "assay",
                                ASSAY_VERSION,
                                extension,
                                log,
                                fail,
                                error,
                                poll,
                                progress,
                                stream,
                                scalar,
                                array,
                                rows,
                                text,
                                file,
                                save,
                                inputs,
                                path,
                                open,
                                count,
                                item,
                                read,
                                strings,
                                params,
                                close};
  return &table;
}

}  // namespace assay
