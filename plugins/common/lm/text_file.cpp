#include "plugins/common/lm/text_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace assay::lm {
namespace {

constexpr uintmax_t kLongest = uintmax_t{256} << 20;

[[noreturn]] void refuse(const std::string& path, const std::string& what) {
  throw std::invalid_argument(path + ": " + what);
}

}  // namespace

std::string read_text(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) refuse(path, "cannot be read: " + error.message());
  if (size > kLongest)
    refuse(path, "has " + std::to_string(size) + " bytes; at most " + std::to_string(kLongest) +
                     " are read");
  std::string text(size, '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(text.data(), static_cast<std::streamsize>(size)))
    refuse(path, "cannot be read: " + std::string(std::strerror(errno)));
  return text;
}

void write_text(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  if (!file) refuse(path, "cannot be written: " + std::string(std::strerror(errno)));
}

}  // namespace assay::lm
