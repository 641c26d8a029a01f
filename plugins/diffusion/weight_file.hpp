// Weights that somebody else saved: named arrays in an NPZ file, or in a file of torch.save.
#pragma once
#include "plugins/common/torch.hpp"

#include <map>
#include <string>

namespace diffusion {

using NamedTensors = std::map<std::string, at::Tensor>;

/// Tensors by name, as float. A .pt file may hold them in a dictionary of their own or under
/// "model"; LibTorch reads plain dictionaries alone. std::invalid_argument if neither works: how to
/// export the file.
NamedTensors read_weight_file(const std::string& path);

}  // namespace diffusion
