// Small files of a model's folder.
#pragma once
#include <string>

namespace assay::lm {

/// std::invalid_argument if the file cannot be read or has more than 256 MiB.
std::string read_text(const std::string& path);
void write_text(const std::string& path, const std::string& text);

}  // namespace assay::lm
