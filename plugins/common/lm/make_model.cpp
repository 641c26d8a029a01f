#include "plugins/common/lm/architectures.hpp"

#include <stdexcept>

namespace assay::lm {

std::unique_ptr<Model> make_model(const Config& config, Source& source) {
  const auto& a = config.architecture;
  if (a == "gpt2") return make_gpt2(config, source);
  if (a == "gpt_neo") return make_gpt_neo(config, source);
  if (a == "gpt_neox") return make_gpt_neox(config, source);
  if (a == "bert") return make_bert(config, source);
  if (a == "roberta") return make_roberta(config, source);
  if (a == "llama" || a == "mistral" || a == "qwen2") return make_llama(config, source);
  if (a == "phi") return make_phi(config, source);
  throw std::invalid_argument("no architecture \"" + a + "\"");
}

}  // namespace assay::lm
