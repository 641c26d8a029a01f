// LibTorch for plugins: the one precompiled header that all of them share.
#pragma once
#include <assay/torch.hpp>

#include <torch/torch.h>
