// Private, writable mappings: a tensor that borrows from one can be trained in place.
#include "plugins/common/weights/layout.hpp"
#include "plugins/common/weights/mapping.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace assay::weights {

Mapping::Mapping(std::string path) : path_(std::move(path)) {
  const int file = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat about {};
  if (file < 0 || ::fstat(file, &about) != 0) {
    const std::string why = std::strerror(errno);
    if (file >= 0) ::close(file);
    refuse(path_, "cannot be read: " + why);
  }
  if (!S_ISREG(about.st_mode) || about.st_size == 0) {
    ::close(file);
    refuse(path_, S_ISREG(about.st_mode) ? "is empty" : "is no file");
  }
  size_ = static_cast<size_t>(about.st_size);
  at_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, file, 0);
  const std::string why = at_ == MAP_FAILED ? std::strerror(errno) : "";
  ::close(file);
  if (!why.empty()) {
    at_ = nullptr;
    refuse(path_, "cannot be mapped: " + why);
  }
  ::madvise(at_, size_, MADV_WILLNEED);
}

Mapping::~Mapping() {
  if (at_) ::munmap(at_, size_);
}

}  // namespace assay::weights
