// One function an architecture: a model whose parameters come from `source`.
#pragma once
#include "plugins/common/lm/model.hpp"

namespace assay::lm {

std::unique_ptr<Model> make_bert(const Config& config, Source& source);
std::unique_ptr<Model> make_gpt2(const Config& config, Source& source);
std::unique_ptr<Model> make_gpt_neo(const Config& config, Source& source);
std::unique_ptr<Model> make_gpt_neox(const Config& config, Source& source);
std::unique_ptr<Model> make_llama(const Config& config, Source& source);  // Mistral and Qwen2 too
std::unique_ptr<Model> make_phi(const Config& config, Source& source);
std::unique_ptr<Model> make_roberta(const Config& config, Source& source);

}  // namespace assay::lm
