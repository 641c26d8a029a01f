#include "core/base/sha256.hpp"
#include "core/plan/catalog.hpp"
#include "core/plan/digests.hpp"
#include "core/plan/toml_reader.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <sys/stat.h>
#include <unistd.h>

using namespace assay;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("assay_catalog_" + std::to_string(::getpid()));
  Folder() {
    fs::remove_all(path);
    fs::create_directories(path / "tree" / "sub");
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path); }
};

void age(const fs::path& file) {
  fs::last_write_time(file, fs::last_write_time(file) - std::chrono::hours(1));
}

}  // namespace

TEST_CASE("the shipped catalog is well-formed, and its entries say where they come from") {
  Catalog catalog;
  catalog.read(ASSAY_SOURCE "/experiments/catalog.toml");
  const CatalogEntry* fashion = catalog.find("dataset", "fashion-mnist");
  REQUIRE(fashion);
  CHECK(fashion->files.size() == 4);
  CHECK(fashion->bytes() == 30878551);
  CHECK(fashion->sources[0].package == "dataset-fashion-mnist");
  for (const auto& entry : catalog.entries()) {
    CAPTURE(entry.name);
    CHECK_FALSE(entry.files.empty());
    CHECK_FALSE(entry.sources.empty());
    CHECK_FALSE(entry.licence.empty());
  }
}

TEST_CASE("the digest of an entry equals the digest of its folder") {
  const Folder folder;
  write_file(folder.path / "tree" / "b", "beta");
  write_file(folder.path / "tree" / "sub" / "a", "alpha");
  write_file(folder.path / "tree" / ".hidden", "not counted");
  CatalogEntry entry;
  entry.files = {{"sub/a", sha256("alpha"), 5}, {"b", sha256("beta"), 4}};
  CHECK(entry.tree_digest() == sha256_tree(folder.path / "tree"));
  CachedDigests digests(folder.path / "cache.json");
  CHECK(digests.tree(folder.path / "tree") == entry.tree_digest());
}

TEST_CASE("a later catalog replaces entries of the same name") {
  Catalog catalog;
  Findings findings;
  catalog.add(parse_toml("[dataset.a]\ntitle = \"1\"\n[model.a]\ntitle = \"m\"\n", "f"), findings);
  catalog.add(parse_toml("[dataset.a]\ntitle = \"2\"\n", "g"), findings);
  CHECK(findings.errors() == 0);
  CHECK(catalog.entries().size() == 2);
  CHECK(catalog.find("dataset", "a")->title == "2");
  CHECK(catalog.find("model", "a")->title == "m");
}

TEST_CASE("a catalog cannot name files outside the entry's folder") {
  for (const std::string path : {"../x", "/etc/passwd", "a/../../x", "", ".hidden", "a/.b"}) {
    CAPTURE(path);
    Catalog catalog;
    Findings findings;
    catalog.add(parse_toml("[dataset.a]\nfiles = [{ path = \"" + path + "\", sha256 = \"" +
                               std::string(64, '0') + "\", bytes = 1 }]\n",
                           "f"),
                findings);
    CHECK(findings.errors() == 1);
  }
}

TEST_CASE("digests are remembered for files that have settled, and forgotten when they change") {
  const Folder folder;
  const fs::path file = folder.path / "data", cache = folder.path / "cache" / "digests.json";
  write_file(file, "one");
  {
    CachedDigests digests(cache);
    CHECK(digests.file(file) == sha256("one"));
    digests.save();
    CHECK_FALSE(fs::exists(cache));  // too young to be trusted
  }
  // ctime cannot be set: an entry under the file's own key stands for an old one.
  age(file);
  struct stat s {};
  REQUIRE(::stat(file.c_str(), &s) == 0);
  const auto ns = [](const timespec& t) { return t.tv_sec * 1000000000LL + t.tv_nsec; };
  const std::string key =
      fmt::format("{}:{}:{}:{}:{}", s.st_dev, s.st_ino, s.st_size, ns(s.st_mtim), ns(s.st_ctim));
  make_folder(cache.parent_path());
  write_file(cache, Json({{key, "remembered"}}).dump());
  CHECK(CachedDigests(cache).file(file) == "remembered");
  write_file(file, "two");
  CHECK(CachedDigests(cache).file(file) == sha256("two"));
  write_file(cache, "{ damaged");
  CHECK(CachedDigests(cache).file(file) == sha256("two"));
}

TEST_CASE("the data root follows ASSAY_DATA, then the cache folder") {
  ::setenv("ASSAY_DATA", "/data/assay", 1);
  CHECK(dataset_folder("x") == fs::path("/data/assay/datasets/x"));
  CHECK(model_folder("y") == fs::path("/data/assay/models/y"));
  ::unsetenv("ASSAY_DATA");
  ::setenv("XDG_CACHE_HOME", "/cache", 1);
  CHECK(data_root() == fs::path("/cache/assay"));
  ::unsetenv("XDG_CACHE_HOME");
}
