// Who a run is: the canonical bytes of what determines its results, and their digest.
#pragma once
#include "core/plan/plan.hpp"

#include <string>

namespace assay {

/// The canonical JSON of a run (RFC 8785 form: no blanks, keys sorted by their UTF-8 bytes, numbers
/// as ECMAScript prints them; numbers that are not finite are the strings "inf", "-inf", "nan"):
///   {"assay_identity":1,"identity":N,"inputs":{...},"method":"P.M","needs":[...],"params":{...},
///    "seed":N}
/// A parameter stands under its oldest name; cosmetic parameters and those equal to their neutral
/// value are left out. A real parameter of 1.0 is written 1: an int parameter of 1 has the same
/// bytes, and no parameter can be both. An upstream input is {"port","run"}, an external one
/// {"sha256"}, a gathered one a list of these, sorted. Resources, places, names of stages and axes
/// do not enter.
std::string canonical_json(const Run& run, const MethodSchema& method);

/// The first 32 hex digits of the SHA-256 of the canonical bytes.
std::string run_id(const std::string& canonical);

/// A string as canonical JSON.
std::string canonical_string(const std::string& text);

/// For people: the identity, the bytes it comes from, and what was left out.
std::string explain(const Run& run, const MethodSchema& method);

}  // namespace assay
