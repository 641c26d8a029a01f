// Asking a plugin what it is, in a process of its own: loaded once, its schema written as JSON.
#pragma once
#include "core/base/files.hpp"
#include "core/plan/schema.hpp"

#include <string>
#include <vector>

namespace assay {

/// The plugin's schema with its path and the SHA-256 of the library. Loads the library in a child
/// process for at most `seconds`, or takes what an earlier call left in `cache` for the same path,
/// size, time, build id and host. `cache` may be empty; nothing is written unless its parent
/// exists. Throws BadInput (E032) with one sentence when the library crashes, hangs, leaves, or
/// describes itself wrongly.
PluginSchema probe(const fs::path& library, const fs::path& cache, double seconds = 10);

/// What check() and estimate() of a method say of one set of parameters.
struct Answer {
  assay_status status = ASSAY_OK;
  std::string why;                // of a refusal: the plugin's sentence
  double seconds = 0, bytes = 0;  // 0: unknown
};

struct Question {
  std::string method;
  Json params;
};

/// Asks for all verdicts in one child process. Verdicts are kept in `cache` by (digest of the
/// library, method, parameters); no process starts when every one is known. Throws BadInput (E032)
/// when the plugin crashes or hangs on one of them.
std::vector<Answer> check(const PluginSchema& plugin, const std::vector<Question>& questions,
                          const fs::path& cache, double seconds = 10);

/// `assay probe LIBRARY [--check]`, the process that loads it; writes to descriptor 3.
int probe_main(const std::vector<std::string>& arguments);

}  // namespace assay
