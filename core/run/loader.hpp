// Loading a plugin's library: only ever in a process of its own, never in the user's.
#pragma once
#include "core/base/files.hpp"

#include <assay/assay.h>

namespace assay {

/// Loads `library` with RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE, for the rest of the process, and
/// asks it for its descriptor. `host` may carry a table of which the plugin uses only `extension`.
/// Throws BadInput (E032) when it cannot be loaded, has no entry point, or refuses.
const assay_plugin* load_plugin(const fs::path& library, const assay_host* host);

}  // namespace assay
