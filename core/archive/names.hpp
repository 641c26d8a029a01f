// Names of outputs and keys of checkpoints, as the journal accepts them.
#pragma once
#include <string>
#include <string_view>

namespace assay {

/// Components of [A-Za-z0-9_.-], joined by '/', none empty, "." or "..", at
/// most 400 bytes in all. Returns why `name` is none, or "".
std::string name_error(std::string_view name);

/// Is `parent` a folder above `name` ("a" of "a/b")?
bool is_above(std::string_view parent, std::string_view name);

/// Valid UTF-8 without NUL, as HDF5's strings need it: bad bytes become U+FFFD.
std::string storable(std::string_view text);

}  // namespace assay
