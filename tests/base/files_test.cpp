#include "core/base/error.hpp"
#include "core/base/files.hpp"
#include "core/base/sha256.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <unistd.h>

using namespace assay;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("assay_base_" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path); }
};

size_t entries(const fs::path& folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder), {}));
}

std::string failure(const std::function<void()>& action) {
  try {
    action();
  } catch (const Failure& f) {
    return f.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a file is replaced as a whole, and nothing else is left behind") {
  const Folder folder;
  const fs::path file = folder.path / "a";
  write_file(file, "one");
  write_file(file, std::string(100000, 'x') + '\0');
  CHECK(read_file(file).size() == 100001);
  CHECK(entries(folder.path) == 1);
}

TEST_CASE("a write that fails names the path and the reason, and changes nothing") {
  const Folder folder;
  const fs::path file = folder.path / "sub";
  make_folder(file);
  CHECK(failure([&] { write_file(file, "x"); }) ==
        "cannot write " + file.string() + ": Is a directory");
  CHECK(fs::is_directory(file));
  CHECK(entries(folder.path) == 1);
  CHECK(failure([&] { write_file(folder.path / "no" / "file", "x"); }) ==
        "cannot write " + (folder.path / "no" / "file").string() + ": No such file or directory");
  CHECK(failure([&] { read_file(folder.path / "none"); }) ==
        "cannot read " + (folder.path / "none").string() + ": No such file or directory");
}

TEST_CASE("a full disk is a failure, not a short file") {
  if (!fs::exists("/dev/full")) return;
  CHECK(failure([&] { write_file("/dev/full/x", "y"); }).find("cannot write /dev/full/x") == 0);
}

TEST_CASE("folders are made with their parents, and a file in the way is a failure") {
  const Folder folder;
  make_folder(folder.path / "a" / "b");
  make_folder(folder.path / "a" / "b");
  CHECK(fs::is_directory(folder.path / "a" / "b"));
  write_file(folder.path / "f", "");
  CHECK(failure([&] { make_folder(folder.path / "f"); }).find("cannot create the folder") == 0);
}

// FIPS 180-4 examples.
TEST_CASE("SHA-256 equals the published digests") {
  CHECK(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(hex(Sha256().add("a").add("bc").digest()) == sha256("abc"));
  CHECK(hex(std::string("\x00\xff\x10", 3)) == "00ff10");
}

TEST_CASE("the digest of a folder follows links to files, skips dot-files, knows names") {
  const Folder folder;
  const fs::path tree = folder.path / "tree";
  make_folder(tree / "b");
  make_folder(tree / ".git");
  write_file(tree / "b" / "x", "1");
  write_file(tree / ".git" / "y", "2");
  write_file(folder.path / "outside", "3");
  fs::create_symlink(folder.path / "outside", tree / "a");
  CHECK(sha256_tree(tree) == sha256(std::string("a\0", 2) + sha256("3") + "\n" +
                                    std::string("b/x\0", 4) + sha256("1") + "\n"));
  fs::rename(tree / "b" / "x", tree / "b" / "z");
  CHECK(sha256_tree(tree) != sha256_tree(tree / "b"));
  size_t asked = 0;
  sha256_tree(tree, [&](const fs::path&) { return ++asked, std::string("d"); });
  CHECK(asked == 2);
}
