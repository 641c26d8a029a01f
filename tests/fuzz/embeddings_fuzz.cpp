// Word vectors as text or JSON.
#include "plugins/common/data/embeddings.hpp"
#include "tests/fuzz/text_fuzz.hpp"

#include <cmath>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace assay::data;
  return fuzz::check_text([&] {
    TextSource source(open_bytes(View(data, size), "f"), "f");
    const Embeddings e = read_embeddings(source);
    if (e.values.size() != e.words.size() * static_cast<size_t>(e.dimensions)) std::abort();
    for (size_t i = 0; i < e.words.size(); ++i)
      if (e.find(e.words[i]) != static_cast<int64_t>(i)) std::abort();
    for (const float v : e.values)
      if (!std::isfinite(v)) std::abort();
  });
}
