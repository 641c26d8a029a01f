// A config.json of a language model: read, or refused with a message; what is written of one that
// was read is read again.
#include "plugins/common/lm/config.hpp"

#include <cstdlib>
#include <stdexcept>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  assay::lm::Config config;
  try {
    config = assay::lm::read_config({reinterpret_cast<const char*>(data), size}, "config.json");
  } catch (const std::invalid_argument&) {
    return 0;
  }
  config.published.clear();
  const auto text = assay::lm::to_json(config);
  auto again = assay::lm::read_config(text, "written");
  again.published.clear();
  if (assay::lm::to_json(again) != text) std::abort();
  return 0;
}
