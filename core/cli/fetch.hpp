// Getting a data set or model with the package manager it is published through, without root, and
// checking every file's digest before it is kept.
#pragma once
#include "core/base/files.hpp"
#include "core/plan/catalog.hpp"

namespace assay::cli {

/// Makes `folder` hold exactly the files that `entry` lists. Tries the entry's sources in order;
/// the folder appears only when every digest agrees. Throws Failure with what each source said.
void fetch(const CatalogEntry& entry, const fs::path& folder);

}  // namespace assay::cli
