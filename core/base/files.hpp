// Files as a whole: read, and replace so that a reader sees the old or the new one, never a part.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

namespace assay {
namespace fs = std::filesystem;

/// The whole file. Throws Failure with the path and the system's reason.
std::string read_file(const fs::path& path);

/// Writes `content` beside `path`, fsyncs, renames over `path`, fsyncs the folder.
/// Throws Failure ("cannot write PATH: No space left on device"); `path` is then untouched.
void write_file(const fs::path& path, std::string_view content);

/// fsyncs `from`, renames it to `to` in the same folder, fsyncs the folder. Throws Failure.
void publish_file(const fs::path& from, const fs::path& to);

/// Creates a folder and its parents. Throws Failure with the path and the reason.
void make_folder(const fs::path& path);

/// "cannot write PATH: reason", from errno.
std::string why(const std::string& what, const fs::path& path);

}  // namespace assay
