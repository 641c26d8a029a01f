// A temporary folder that goes with its test.
#pragma once
#include "core/base/error.hpp"
#include "core/base/files.hpp"

#include <stdlib.h>

namespace assay::test {

struct Folder {
  fs::path path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "assay-test-XXXXXX").string();
    if (!::mkdtemp(name.data())) throw Failure(why("cannot create", name));
    path = name;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

}  // namespace assay::test
