#include "core/base/error.hpp"
#include "core/base/sha256.hpp"
#include "core/run/elf.hpp"

#include <assay/assay.h>

#include <algorithm>
#include <cstring>
#include <elf.h>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>

namespace assay {
namespace {

constexpr std::string_view kEntry = "assay_plugin_v";

[[noreturn]] void refuse(const fs::path& file, const std::string& why) {
  throw BadInput("E032", file.filename().string() + " is no plugin: " + why,
                 "the file is " + file.string());
}

/// The bytes of a file, read where they are asked for: neither a damaged library nor one that is
/// rewritten meanwhile makes a read go past the end.
class Bytes {
 public:
  explicit Bytes(const fs::path& file) : fd_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {
    struct stat about {};
    if (fd_ < 0 || ::fstat(fd_, &about) != 0) throw Failure(why("cannot read", file));
    size_ = static_cast<uint64_t>(about.st_size);
  }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
  ~Bytes() { ::close(fd_); }

  template <class T>
  std::optional<T> at(uint64_t offset) const {
    T value;
    if (::pread(fd_, &value, sizeof value, static_cast<off_t>(offset)) != sizeof value)
      return std::nullopt;
    return value;
  }
  std::string range(uint64_t offset, uint64_t size) const {
    if (offset > size_ || size_ - offset < size) return "";
    std::string out(size, '\0');
    const ssize_t n = ::pread(fd_, out.data(), size, static_cast<off_t>(offset));
    out.resize(n < 0 ? 0 : static_cast<size_t>(n));
    return out;
  }

 private:
  int fd_;
  uint64_t size_ = 0;
};

#if defined(__x86_64__)
constexpr uint16_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr uint16_t kMachine = EM_AARCH64;
#else
#error "the machine of this host is not known here"
#endif

void read_symbols(const Bytes& bytes, const Elf64_Shdr& symbols, const Elf64_Shdr& names,
                  ElfLibrary& out) {
  const std::string strings = bytes.range(names.sh_offset, names.sh_size);
  const std::string table = bytes.range(symbols.sh_offset, symbols.sh_size);
  for (size_t at = 0; at + sizeof(Elf64_Sym) <= table.size(); at += sizeof(Elf64_Sym)) {
    Elf64_Sym symbol;
    std::memcpy(&symbol, table.data() + at, sizeof symbol);
    if (symbol.st_shndx == SHN_UNDEF || symbol.st_name >= strings.size()) continue;
    const std::string name(strings.c_str() + symbol.st_name);
    if (name.empty() || ELF64_ST_TYPE(symbol.st_info) == STT_SECTION) continue;
    out.exports.push_back(name);
    const std::string digits = name.starts_with(kEntry) ? name.substr(kEntry.size()) : "";
    if (!digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos)
      out.entries.push_back(name);
  }
}

/// The content of the GNU build-id note, as hex.
std::string read_build_id(const Bytes& bytes, const Elf64_Shdr& section) {
  uint64_t at = section.sh_offset;
  while (at < section.sh_offset + section.sh_size) {
    const auto note = bytes.at<Elf64_Nhdr>(at);
    if (!note) break;
    const auto pad = [](uint64_t n) { return (n + 3) & ~uint64_t{3}; };
    const uint64_t name = at + sizeof *note, description = name + pad(note->n_namesz);
    if (note->n_type == NT_GNU_BUILD_ID && bytes.range(name, 4) == std::string_view("GNU\0", 4))
      return hex(bytes.range(description, note->n_descsz));
    at = description + pad(note->n_descsz);
  }
  return "";
}

}  // namespace

ElfLibrary read_elf(const fs::path& file) {
  const Bytes bytes(file);
  const auto header = bytes.at<Elf64_Ehdr>(0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
    refuse(file, "it is not an ELF shared library");
  if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
      header->e_machine != kMachine)
    refuse(file, "it was built for another machine");
  if (header->e_type != ET_DYN) refuse(file, "it is not a shared library");
  ElfLibrary out;
  for (uint16_t i = 0; i < header->e_shnum; ++i) {
    const auto section = bytes.at<Elf64_Shdr>(header->e_shoff + uint64_t{i} * header->e_shentsize);
    if (!section) refuse(file, "its section table is damaged");
    if (section->sh_type == SHT_NOTE && out.build_id.empty())
      out.build_id = read_build_id(bytes, *section);
    if (section->sh_type != SHT_DYNSYM) continue;
    const auto names =
        bytes.at<Elf64_Shdr>(header->e_shoff + uint64_t{section->sh_link} * header->e_shentsize);
    if (!names) refuse(file, "its symbol table is damaged");
    read_symbols(bytes, *section, *names, out);
  }
  return out;
}

void require_plugin(const fs::path& file, const ElfLibrary& library) {
  const std::string wanted = std::string(kEntry) + std::to_string(ASSAY_ABI_MAJOR);
  if (std::find(library.entries.begin(), library.entries.end(), wanted) != library.entries.end())
    return;
  if (library.entries.empty()) refuse(file, "it exports no " + wanted);
  const std::string major = library.entries.front().substr(kEntry.size());
  throw BadInput("E032",
                 file.filename().string() + " speaks ABI " + major + "; this host speaks " +
                     std::to_string(ASSAY_ABI_MAJOR),
                 "build it with Assay " + std::to_string(ASSAY_ABI_MAJOR) +
                     ".x, or use the assay that speaks ABI " + major);
}

}  // namespace assay
