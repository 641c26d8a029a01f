// TorchScript modules that a user saved from Python, as parts of LibTorch modules of ours.
#pragma once
#include "plugins/common/torch.hpp"

#include <torch/script.h>

#include <string>

namespace assay::nn {

/// From the bytes of the file at the method's input `network`. std::invalid_argument if they are
/// none, or not a TorchScript module; `option` is the choice that asks for it, as "model".
torch::jit::Module parse_torchscript(const std::string& bytes, const std::string& option);

/// Registers the module's parameters and buffers with `root`, under the names that they have.
void adopt(torch::nn::Module& root, const torch::jit::Module& module);

}  // namespace assay::nn
