// The plugin in a host in memory, and files in a folder that goes away.
#pragma once
#include "tests/plugins/fake_host.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace qqt_test {

inline const fake::Host& host() {
  static const fake::Host h(ASSAY_QQT);
  return h;
}

class Files {
 public:
  Files() {
    std::string pattern = (std::filesystem::temp_directory_path() / "qqt_XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  ~Files() { std::filesystem::remove_all(path_); }
  Files(const Files&) = delete;
  Files& operator=(const Files&) = delete;
  const std::string& path() const { return path_; }
  void write(const std::string& name, const std::string& text) const {
    const auto to = std::filesystem::path(path_) / name;
    std::filesystem::create_directories(to.parent_path());
    std::ofstream(to) << text;
  }

 private:
  std::string path_;
};

}  // namespace qqt_test
