#include "plugins/common/text/tokenizer.hpp"
#include "plugins/common/text/tokenizer_state.hpp"
#include "plugins/common/weights/gguf_metadata.hpp"

namespace assay::text {

Tokenizer Tokenizer::from_gguf(const weights::GgufMetadata& metadata) {
  return make_tokenizer(read_gguf_vocabulary(metadata), metadata.path());
}

}  // namespace assay::text
