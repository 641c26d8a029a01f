// The table of functions that a plugin calls.
#pragma once
#include <assay/assay.h>

namespace assay {

/// One for the whole process; every function is filled in. An exception never leaves it.
const assay_host* host_table();

}  // namespace assay
