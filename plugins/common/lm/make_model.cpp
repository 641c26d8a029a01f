#include "plugins/common/lm/architectures.hpp"

#include <stdexcept>

namespace assay::lm {

std::unique_ptr<Model> make_model(const Config& config, Source& source) {
  const auto& a = config.architecture;
  if (a == "llama" || a == "mistral" || a == "qwen2") return make_llama(config, source);
  throw std::invalid_argument("no architecture \"" + a + "\"");
}

}  // namespace assay::lm
