#include "core/base/error.hpp"
#include "core/base/process.hpp"
#include "core/base/sha256.hpp"
#include "core/base/text.hpp"
#include "core/run/elf.hpp"
#include "core/run/probe.hpp"

#include <fmt/format.h>

#include <sys/stat.h>

namespace assay {
namespace {

constexpr size_t kLargest = 16 << 20;  // bytes of a schema

/// The last line that the plugin printed, as a hint.
std::string last_words(const Outcome& outcome) {
  std::string_view text = outcome.errors;
  while (text.ends_with('\n')) text.remove_suffix(1);
  const size_t line = text.rfind('\n');
  if (line != std::string_view::npos) text.remove_prefix(line + 1);
  return text.empty() ? "" : "it printed: " + printable(text.substr(0, 300));
}

/// Throws unless the process ended by itself with exit code 0.
void require_alive(const Outcome& outcome, const std::string& what, const std::string& doing,
                   double seconds) {
  std::string how;
  if (outcome.timed_out)
    how = fmt::format("hangs when it {}: no answer after {}", doing, show_duration(seconds));
  else if (outcome.signal)
    how = fmt::format("crashes when it {} ({})", doing, signal_name(outcome.signal));
  else if (outcome.exit_code != 0 || outcome.extra.empty())
    how = fmt::format("leaves with exit({}) when it {}", outcome.exit_code, doing);
  if (!how.empty()) throw BadInput("E032", what + " " + how, last_words(outcome));
}

/// What the cache is keyed by: a library that is rebuilt or touched has another key.
std::string file_identity(const fs::path& library, const ElfLibrary& elf) {
  struct stat about {};
  if (::stat(library.c_str(), &about) != 0) throw Failure(why("cannot read", library));
  return fmt::format("{}\n{}\n{}.{:09}\n{}\n{}.{} {}", library.string(), about.st_size,
                     about.st_mtim.tv_sec, about.st_mtim.tv_nsec, elf.build_id, ASSAY_ABI_MAJOR,
                     ASSAY_ABI_MINOR, ASSAY_VERSION);
}

void store(const fs::path& cache, const fs::path& file, const std::string& content) {
  std::error_code ignored;
  if (cache.empty() || !fs::is_directory(cache.parent_path(), ignored)) return;
  try {
    make_folder(file.parent_path());
    write_file(file, content);
  } catch (const Failure&) {
    // A cache that cannot be written costs time, nothing else.
  }
}

Json load(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return nullptr;
  try {
    return Json::parse(read_file(file), nullptr, false);
  } catch (const Failure&) {
    return nullptr;
  }
}

PluginSchema ask(const fs::path& library, double seconds) {
  const std::string name = library.filename().string();
  const Outcome outcome = run_process({.argv = {"/proc/self/exe", "probe", library.string()},
                                       .folder = {},
                                       .input = {},
                                       .env = {},
                                       .timeout = seconds,
                                       .most = kLargest + 1,
                                       .extra_fd = 3});
  require_alive(outcome, name, "is loaded", seconds);
  if (outcome.extra.size() > kLargest)
    throw BadInput("E032", name + " describes itself in more than 16 MiB");
  const Json document = Json::parse(outcome.extra, nullptr, false);
  if (document.is_object() && document.contains("error"))
    throw BadInput("E032", document["error"].value("text", name + " is no plugin"),
                   document["error"].value("help", ""));
  try {
    return plugin_schema(document.is_object() ? document.value("schema", Json()) : Json());
  } catch (const BadInput&) {
    throw BadInput("E032", name + " wrote something else than its schema when it was loaded",
                   last_words(outcome));
  }
}

Json question_json(const Question& q) { return {{"method", q.method}, {"params", q.params}}; }

/// Answers, one a line, in the order of the questions; fewer when the process died on one.
std::vector<Json> answers(const PluginSchema& plugin, const Json& questions, double seconds) {
  const std::string name = fs::path(plugin.path).filename().string();
  const Outcome outcome = run_process({.argv = {"/proc/self/exe", "probe", plugin.path, "--check"},
                                       .folder = {},
                                       .input = questions.dump(),
                                       .env = {},
                                       .timeout = seconds,
                                       .most = 64 << 20,
                                       .extra_fd = 3});
  std::vector<Json> out;
  std::string_view rest = outcome.extra;
  for (size_t end; (end = rest.find('\n')) != std::string_view::npos; rest.remove_prefix(end + 1))
    out.push_back(Json::parse(rest.substr(0, end), nullptr, false));
  if (out.size() >= questions.size()) return out;
  const auto& asked = questions[out.size()];
  const std::string doing = fmt::format("checks the parameters of {}.{}", plugin.name,
                                        asked["method"].get<std::string>());
  try {
    require_alive(outcome, name, doing, seconds);
  } catch (const BadInput& e) {
    throw BadInput("E032", e.what(), "with " + asked["params"].dump());
  }
  throw BadInput("E032", name + " wrote something else than verdicts when it " + doing);
}

}  // namespace

PluginSchema probe(const fs::path& given, const fs::path& cache, double seconds) {
  std::error_code error;
  const fs::path library = fs::canonical(given, error);
  if (error)
    throw BadInput("E030",
                   fmt::format("there is no plugin {}: {}", given.string(), error.message()));
  const ElfLibrary elf = read_elf(library);
  require_plugin(library, elf);
  const std::string identity = file_identity(library, elf);
  const fs::path file = cache / "schemas" /
                        (library.stem().string() + "-" + sha256(identity).substr(0, 16) + ".json");
  if (!cache.empty()) {
    const Json known = load(file);
    if (known.is_object() && known.value("identity", "") == identity) {
      try {
        return plugin_schema(known.value("schema", Json()));
      } catch (const BadInput&) {
        // Left by another version of this program: asked again.
      }
    }
  }
  PluginSchema schema = ask(library, seconds);
  schema.path = library.string();
  schema.sha256 = sha256_file(library);
  store(cache, file, Json{{"identity", identity}, {"schema", to_json(schema)}}.dump());
  return schema;
}

std::vector<Answer> check(const PluginSchema& plugin, const std::vector<Question>& questions,
                          const fs::path& cache, double seconds) {
  const fs::path file =
      cache / "verdicts" / (plugin.name + "-" + plugin.sha256.substr(0, 16) + ".json");
  Json known = cache.empty() ? Json() : load(file);
  if (!known.is_object()) known = Json::object();
  std::vector<std::string> keys;
  Json open = Json::array();
  std::vector<std::string> open_keys;
  for (const auto& q : questions) {
    const Json asked = question_json(q);
    keys.push_back(sha256(asked.dump()).substr(0, 32));
    if (known.contains(keys.back())) continue;
    open.push_back(asked);
    open_keys.push_back(keys.back());
  }
  if (!open.empty()) {
    const auto said = answers(plugin, open, seconds);
    for (size_t i = 0; i < open.size(); ++i) known[open_keys[i]] = said[i];
    store(cache, file, known.dump());
  }
  std::vector<Answer> out;
  for (const auto& key : keys) {
    const Json& v = known[key];
    if (!v.is_object())
      throw BadInput("E032", plugin.name + ".so wrote something else than a verdict");
    out.push_back({v.value("status", ASSAY_FAILED), v.value("why", ""), v.value("seconds", 0.0),
                   v.value("bytes", 0.0)});
  }
  return out;
}

}  // namespace assay
