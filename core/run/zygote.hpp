// The process that has loaded one plugin and forks a process for each run. Started by the front
// process as `assay zygote LIBRARY` (the plugin is loaded once, before the forks) or `assay worker
// LIBRARY` (each run loads it anew: for CUDA, and for plugins that start threads when loaded).
#pragma once
#include <string>
#include <vector>

namespace assay {

/// Both speak JSON over descriptor 3 (wire.hpp):
///   front -> {"token","order","locked"}, with the descriptor of the run's lock if `locked`
///   zygote -> {"event":"ready","tasks"} once; then per run {"event":"started","token","pid"},
///   {"event":"stopped","token"}, {"event":"exited","token","status","cpu","rss","note"};
///   {"event":"broken","text"} when the plugin cannot be loaded.
/// When the front process goes away, every run is asked to stop, killed after 10 s, and unlocked.
int zygote_main(const std::vector<std::string>& arguments);
int worker_main(const std::vector<std::string>& arguments);

}  // namespace assay
