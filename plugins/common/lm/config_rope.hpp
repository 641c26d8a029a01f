// The rotary embedding that a config.json asks for.
#pragma once
#include "plugins/common/lm/config.hpp"
#include "plugins/common/lm/config_keys.hpp"

namespace assay::lm {

/// From "rope_parameters" (transformers 5), or "rope_theta" and "rope_scaling" and what else
/// transformers 4 and GPT-NeoX call them. `part` of each head's D dimensions turns unless the file
/// says otherwise. `context` is that of the config.
Rope read_rope(const Keys& keys, int64_t head_dim, int64_t context, double part);

}  // namespace assay::lm
