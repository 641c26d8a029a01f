// The process that loads a plugin to ask it something: its schema, or its verdicts on parameters.
#include "core/base/error.hpp"
#include "core/base/text.hpp"
#include "core/run/descriptor.hpp"
#include "core/run/host_table.hpp"
#include "core/run/loader.hpp"
#include "core/run/probe.hpp"
#include "core/run/values.hpp"

#include <array>
#include <cmath>
#include <fcntl.h>
#include <unistd.h>

namespace assay {
namespace {

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n <= 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

std::string read_all(int fd) {
  std::string out;
  char buffer[1 << 16];
  for (ssize_t n; (n = ::read(fd, buffer, sizeof buffer)) > 0;)
    out.append(buffer, static_cast<size_t>(n));
  return out;
}

Json verdict(const assay_method* method, const MethodSchema& schema, const Json& params) {
  const Values values(schema, params);
  Json out{{"status", ASSAY_OK}};
  if (schema.has_check) {
    std::array<char, 4096> why{};
    const assay_status status = method->check(values.data(), why.data(), why.size());
    why.back() = '\0';
    out["status"] = status;
    out["why"] = printable(why.data());
  }
  if (schema.has_estimate && out["status"] == ASSAY_OK) {
    assay_estimate estimate{};
    const bool said = method->estimate(values.data(), &estimate) == ASSAY_OK;
    const auto known = [&](double x) { return said && std::isfinite(x) && x > 0 ? x : 0.0; };
    out["seconds"] = known(estimate.seconds);
    out["bytes"] = known(estimate.bytes);
  }
  return out;
}

}  // namespace

int probe_main(const std::vector<std::string>& arguments) {
  // The plugin finds descriptor 3 closed: what it writes there by accident is lost.
  const int out = ::fcntl(3, F_DUPFD_CLOEXEC, 100);
  if (out < 0 || arguments.empty()) return 2;
  ::close(3);
  const fs::path library = arguments[0];
  try {
    const bool checks = arguments.size() > 1 && arguments[1] == "--check";
    const Json questions = checks ? Json::parse(read_all(STDIN_FILENO)) : Json();
    const assay_plugin* plugin = load_plugin(library, host_table());
    const PluginSchema schema = read_descriptor(plugin, library.stem().string());
    if (!checks) {
      write_all(out, Json{{"schema", to_json(schema)}}.dump());
    } else {
      for (const auto& q : questions) {
        const std::string name = q.at("method");
        const Json answer =
            verdict(find_method(plugin, name), *schema.method(name), q.at("params"));
        write_all(out, answer.dump() + "\n");
      }
    }
  } catch (const BadInput& e) {
    const auto& m = e.messages().front();
    write_all(out, Json{{"error", {{"text", m.text}, {"help", m.help}}}}.dump());
  } catch (const std::exception& e) {
    write_all(out, Json{{"error", {{"text", e.what()}, {"help", ""}}}}.dump());
  }
  ::_exit(0);
}

}  // namespace assay
