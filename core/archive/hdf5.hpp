// HDF5 behind handles that close themselves and errors that are sentences. Private to core/archive.
#pragma once
#include "core/archive/tensor.hpp"
#include "core/base/files.hpp"

#include <hdf5.h>

#include <string>
#include <utility>

namespace assay::h5 {

/// An HDF5 id with the function that closes it.
class Handle {
 public:
  Handle() = default;
  Handle(hid_t id, herr_t (*closer)(hid_t)) : id_(id), close_(closer) {}
  Handle(Handle&& o) noexcept : id_(std::exchange(o.id_, -1)), close_(o.close_) {}
  Handle& operator=(Handle&& o) noexcept {
    std::swap(id_, o.id_);
    std::swap(close_, o.close_);
    return *this;
  }
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  operator hid_t() const { return id_; }  // NOLINT: what every call of the library takes
  /// Closes now and says whether that worked: for a file, whether it is written.
  bool close() { return id_ < 0 || close_(std::exchange(id_, -1)) >= 0; }

 private:
  hid_t id_ = -1;
  herr_t (*close_)(hid_t) = nullptr;
};

/// The library is not thread-safe: every use of it in this folder holds this, so that one thread
/// may publish while another reads.
class Guard {
 public:
  Guard();
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
};

/// Once per process: no messages on stderr, no filters from plugins.
void prepare();

/// The innermost reason of the last error: the system's, where there is one ("No space left on
/// device"), else the library's.
std::string reason();

/// Throws Failure("WHAT: reason()") when an id or a return value is negative.
hid_t check(hid_t result, const std::string& what);
inline void check_call(herr_t result, const std::string& what) { check(result, what); }

/// The file's type for an element; bf16 and f16 are described, bool is an enum {FALSE, TRUE}.
Handle type_of(assay_dtype dtype);
Handle string_type();  // variable-length UTF-8
/// The element type that a file's type stands for; bits == 0 for strings. False for others.
bool dtype_of(hid_t type, assay_dtype& dtype);

/// Transfer properties whose conversion buffer is no larger than `elements` need: the library
/// clears all of it, by default 1 MiB, for each call that converts.
Handle transfer_for(size_t elements);

Handle space_of(const std::vector<int64_t>& shape);
std::vector<int64_t> shape_of(hid_t space);

}  // namespace assay::h5
