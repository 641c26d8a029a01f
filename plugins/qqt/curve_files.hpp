// Curves in files of one's own: JSON, TOML or CSV.
#pragma once
#include "plugins/qqt/curves.hpp"

#include <string>
#include <vector>

namespace qqt {

/// Reads the curves of a file by the ending of its name:
///   .json, .toml  pools = [{name, N, role?, quality_id?, members?, points = [[n, error, sd?,
///   seed?],
///                 ...]}, ...]; a list whose sd is unknown but whose seed is known has null (JSON)
///                 or nan (TOML) as sd
///   .csv          a header, then pool,N,n,error[,seed][,sd][,role][,quality_id][,members] in any
///                 order of columns; members are ranks joined by +, as 0+1; fields may be in quotes
/// Pools without `members` get their rank in the file, in order of appearance.
/// std::invalid_argument with the path, and the line or the pool, about anything else.
std::vector<Curve> read_curve_file(const std::string& path);

/// The JSON text of a TOML text; std::invalid_argument with the path and the line if it is none.
std::string toml_to_json(const std::string& text, const std::string& path);

}  // namespace qqt
