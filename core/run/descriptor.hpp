// The descriptor tree that a loaded plugin hands out, checked and copied into a PluginSchema.
#pragma once
#include "core/plan/schema.hpp"

#include <string>

namespace assay {

/// Reads the tree with every check of docs/abi.md; `name` is the library's file name without
/// ".so". Throws BadInput (E032) with one sentence that names the descriptor that is wrong. Reads
/// only memory that the descriptors' own struct_size covers. `path` and `sha256` stay empty.
PluginSchema read_descriptor(const assay_plugin* plugin, const std::string& name);

/// The method of a tree that read_descriptor() accepted; nullptr when it has none of that name.
const assay_method* find_method(const assay_plugin* plugin, const std::string& name);

}  // namespace assay
