// What an ELF library says of itself without being loaded.
#pragma once
#include "core/base/files.hpp"

#include <string>
#include <vector>

namespace assay {

struct ElfLibrary {
  std::vector<std::string> entries;  // exported functions named assay_plugin_v<digits>
  std::vector<std::string> exports;  // every defined dynamic symbol
  std::string build_id;              // hex, or ""
};

/// Reads the dynamic symbol table of `file`. Throws BadInput (E032) when the file is not a 64-bit
/// ELF shared library for this machine; Failure when it cannot be read.
ElfLibrary read_elf(const fs::path& file);

/// Throws BadInput (E032) unless the library exports the entry point of this host's ABI:
/// "mylab.so speaks ABI 2; this host speaks 0", "mylab.so is no plugin: ...".
void require_plugin(const fs::path& file, const ElfLibrary& library);

}  // namespace assay
