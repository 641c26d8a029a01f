#include "core/run/main.hpp"
#include "core/run/probe.hpp"
#include "core/run/zygote.hpp"

#include <string_view>

namespace assay {

std::optional<int> hidden_command(int argc, char** argv) {
  if (argc < 3) return std::nullopt;
  const std::string_view command = argv[1];
  const std::vector<std::string> rest(argv + 2, argv + argc);
  if (command == "probe") return probe_main(rest);
  if (command == "zygote") return zygote_main(rest);
  if (command == "worker") return worker_main(rest);
  return std::nullopt;
}

}  // namespace assay
