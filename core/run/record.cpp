#include "core/base/error.hpp"
#include "core/base/process.hpp"
#include "core/base/text.hpp"
#include "core/run/record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

namespace assay {
namespace {

std::string git(const std::vector<std::string>& words, size_t most) {
  std::vector<std::string> argv{"git", "-c", "core.fsmonitor=false", "-c", "core.pager=cat"};
  argv.insert(argv.end(), words.begin(), words.end());
  const Outcome out = run_process({.argv = argv,
                                   .folder = {},
                                   .input = {},
                                   .env = {{"GIT_OPTIONAL_LOCKS", "0"}, {"LC_ALL", "C"}},
                                   .timeout = 5,
                                   .most = most});
  return out.ok() ? out.output : "";
}

/// The commit of the working folder, and what was changed since.
void add_git(Json& out) {
  std::string commit = git({"rev-parse", "HEAD"}, 100);
  while (commit.ends_with('\n')) commit.pop_back();
  if (commit.empty()) return;
  constexpr size_t kMost = 1 << 20;
  out["git_commit"] = commit;
  const std::string diff = git({"diff", "--no-ext-diff", "--no-textconv", "HEAD"}, kMost);
  out["git_dirty"] = !diff.empty();
  if (!diff.empty()) out["git_diff"] = printable(diff);
}

std::string cpu_model() {
  std::ifstream in("/proc/cpuinfo");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("model name"))
      return line.substr(std::min(line.size(), line.find(':') + 2));
  return "";
}

std::string os_name() {
  std::ifstream in("/etc/os-release");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("PRETTY_NAME=\"")) return line.substr(13, line.size() - 14);
  return "";
}

Json record_inputs(const Run& run) {
  Json out = Json::object();
  for (const auto& input : run.inputs) {
    Json items = Json::array();
    for (const auto& s : input.items)
      items.push_back(s.run.empty() ? Json{{"sha256", s.sha256}, {"path", s.path}}
                                    : Json{{"run", s.run}, {"port", s.port}});
    out[input.name] = std::move(items);
  }
  return out;
}

Json record_schema(const MethodSchema& method) {
  Json out = Json::object();
  for (const auto& port : method.outputs)
    out[port.name] = {{"unit", port.unit},
                      {"doc", port.doc},
                      {"direction", port.flags & ASSAY_LOWER_IS_BETTER    ? "min"
                                    : port.flags & ASSAY_HIGHER_IS_BETTER ? "max"
                                                                          : ""}};
  return out;
}

std::string utc_now() {
  const time_t now = ::time(nullptr);
  tm utc{};
  ::gmtime_r(&now, &utc);
  char text[32];
  ::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

}  // namespace

Json common_provenance(const std::vector<std::string>& argv) {
  Json out = Json::object();
  add_git(out);
  utsname system{};
  ::uname(&system);
  out["host"] = system.nodename;
  out["os"] =
      fmt::format("{}, {} {} {}", os_name(), system.sysname, system.release, system.machine);
  out["cpu"] = cpu_model();
  out["cores"] = ::sysconf(_SC_NPROCESSORS_ONLN);
  out["ram"] = static_cast<int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
  out["host_version"] = ASSAY_VERSION;
  out["compiler"] = __VERSION__;
  out["argv"] = join(argv, " ");
  return out;
}

RunRecord starting_record(const Plan& plan, const Run& run, const Json& common, int attempt) {
  const PluginSchema& plugin = plan.plugin(run);
  const MethodSchema& method = plan.schema(run);
  RunRecord r;
  r.id = run.id;
  r.plugin = run.plugin;
  r.method = run.method;
  r.canonical = run.canonical;
  r.identity = method.identity;
  r.params = run.params;
  r.seed = run.seed;
  r.inputs = record_inputs(run);
  r.schema = record_schema(method);
  r.experiment_toml = plan.flat_toml;
  r.provenance = common;
  r.provenance["attempt"] = attempt;
  r.provenance["so_sha256"] = plugin.sha256;
  r.provenance["plugin_version"] = plugin.version;
  r.provenance["plugin_build"] = plugin.build;
  r.provenance["plugin_abi"] = fmt::format("{}.{}", plugin.abi_major, plugin.abi_minor);
  r.provenance["threads"] = std::max(1, static_cast<int>(run.resources.cpus));
  r.provenance["gpus"] = run.resources.gpus;
  r.provenance["isolate"] = run.isolate_exec || run.resources.gpus > 0 ? "exec" : "fork";
  r.provenance["started"] = utc_now();
  r.state = "interrupted";
  r.message = "the program that ran it ended before it did";
  return r;
}

void finish_record(RunRecord& record, const RunResult& result) {
  record.provenance["ended"] = utc_now();
  record.provenance["wall_seconds"] = result.wall;
  record.provenance["cpu_seconds"] = result.cpu;
  record.provenance["max_rss"] = result.max_rss;
  record.message = result.message;
  switch (result.ending) {
    case Ending::complete:
    case Ending::diverged: record.state = "complete"; break;
    case Ending::interrupted: record.state = "interrupted"; break;
    default: record.state = "failed"; record.provenance["failure"] = result.kind;
  }
}

Order make_order(const Plan& plan, const Run& run, const RunsFolder& folder,
                 const Decision& decision) {
  Order o;
  o.id = run.id;
  o.method = run.method;
  o.folder = fs::absolute(decision.folder);
  o.attempt = decision.attempt;
  o.params = run.params;
  o.seed = run.seed;
  o.threads = std::max(1, static_cast<int>(run.resources.cpus));
  o.checkpoint_every = run.checkpoint_every;
  for (const auto& input : run.inputs) {
    OrderInput& in = o.inputs.emplace_back();
    in.name = input.name;
    for (const auto& source : input.items) {
      OrderItem& item = in.items.emplace_back();
      item.path = source.path;
      item.port = source.port;
      const Run* upstream = source.run.empty() ? nullptr : plan.find(source.run);
      if (!upstream) continue;
      item.archive =
          fs::absolute(folder.folder(upstream->plugin, upstream->method, upstream->id) / "run.h5");
      const auto* output =
          plan.schema(*upstream).output(source.port.substr(0, source.port.find('@')));
      item.port_kind = output ? output->kind : assay_kind{ASSAY_RUN};
    }
  }
  return o;
}

std::string log_tail(const fs::path& run_folder, size_t lines) {
  std::ifstream in(run_folder / "log.txt", std::ios::binary | std::ios::ate);
  if (!in) return "";
  const auto size = static_cast<int64_t>(in.tellg());
  const int64_t from = std::max<int64_t>(0, size - 8192);
  in.seekg(from);
  std::string text(static_cast<size_t>(size - from), '\0');
  in.read(text.data(), size - from);
  std::vector<std::string> kept;
  std::string_view rest = text;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const auto line = rest.substr(0, end);
    if (line.starts_with("--- attempt "))
      kept.clear();
    else if (!line.empty())
      kept.push_back(printable(line.substr(0, 500)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (kept.size() > lines) kept.erase(kept.begin(), kept.end() - static_cast<long>(lines));
  return join(kept, "\n");
}

}  // namespace assay
