// Running another program to its end: no shell, output captured, a time limit.
#pragma once
#include "core/base/files.hpp"

#include <string>
#include <utility>
#include <vector>

namespace assay {

struct Command {
  std::vector<std::string> argv;                         // argv[0] is looked up in PATH
  fs::path folder;                                       // working folder; empty: ours
  std::string input;                                     // what it reads from its stdin
  std::vector<std::pair<std::string, std::string>> env;  // set on top of ours
  double timeout = 0;                                    // seconds until SIGKILL; 0: none
  bool capture = true;                                   // false: its stdout and stderr are ours
  size_t most = 256 << 20;  // bytes kept of each text; what comes after is dropped
  int extra_fd = -1;        // 3: what it writes to descriptor 3 is captured too
};

struct Outcome {
  int exit_code = -1;                       // -1: it did not exit by itself
  int signal = 0;                           // that ended it
  bool timed_out = false, missing = false;  // missing: no such program
  std::string output, errors, extra;        // stdout, stderr, descriptor 3
  bool ok() const { return exit_code == 0; }
};

/// Waits for the program to end. Throws Failure only when the system is out of processes or files.
Outcome run_process(const Command& command);

/// "SIGSEGV", "SIGKILL", ... or "signal 42".
std::string signal_name(int signal);

}  // namespace assay
