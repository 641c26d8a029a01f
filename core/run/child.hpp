// The process of one run: it sets itself up, calls the method, says how that ended, and leaves.
#pragma once
#include "core/plan/schema.hpp"
#include "core/run/order.hpp"

#include <atomic>
#include <sys/types.h>

namespace assay {

struct LoadedPlugin {
  const assay_plugin* descriptor = nullptr;
  PluginSchema schema;
};

/// A page that a run shares with its parent.
struct SharedPage {
  std::atomic<uint32_t> go{0};  // the parent has announced the run
  char note[4000] = {};         // why it could not record how it ended: "could not begin: ..."
};

/// Never returns. `plugin` is nullptr when the run has to load `library` itself; `parent` is the
/// process that forked this one. Waits until the parent says go. How the run ended is the END
/// record of its journal; the exit code is 0 even then.
[[noreturn]] void run_child(const Order& order, const LoadedPlugin* plugin, const fs::path& library,
                            pid_t parent, SharedPage& page) noexcept;

}  // namespace assay
