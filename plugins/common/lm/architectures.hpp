// One function an architecture: a model whose parameters come from `source`.
#pragma once
#include "plugins/common/lm/model.hpp"

namespace assay::lm {

std::unique_ptr<Model> make_llama(const Config& config, Source& source);  // Mistral and Qwen2 too

}  // namespace assay::lm
