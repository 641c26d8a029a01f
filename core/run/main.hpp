// The commands that the program starts itself with.
#pragma once
#include <optional>

namespace assay {

/// Runs `PROGRAM probe|zygote|worker ...`; nullopt when the words are another command. The first
/// thing a program that uses this library does: /proc/self/exe is what it spawns.
std::optional<int> hidden_command(int argc, char** argv);

}  // namespace assay
