// assay log: what a run printed and logged.
#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/cli/commands.hpp"
#include "core/cli/select.hpp"
#include "core/cli/workspace.hpp"

#include <fmt/format.h>

namespace assay::cli {

int run_log(const Arguments& arguments) {
  const RunsFolder runs(runs_root(arguments));
  const fs::path folder = select_run(runs, arguments.positional[0]);
  const fs::path log = folder / "log.txt";
  if (!fs::exists(log)) {
    fmt::print("(this run printed nothing)\n");
    return 0;
  }
  std::string text = printable(read_file(log));
  if (const long lines = arguments.number("lines", 0, 1); lines > 0) {
    size_t from = text.size();
    for (long i = 0; i <= lines && from != std::string::npos && from > 0; ++i)
      from = text.rfind('\n', from - 1);
    if (from != std::string::npos && from > 0) text = text.substr(from + 1);
  }
  fmt::print("{}{}", text, text.empty() || text.back() == '\n' ? "" : "\n");
  return 0;
}

}  // namespace assay::cli
