// A GGUF file, its metadata read as every type.
#include "tests/fuzz/tensor_fuzz.hpp"

using assay::weights::GgufMetadata;

namespace {

/// A getter may refuse, with the path first.
template <class Get>
void ask(Get&& get) {
  try {
    get();
  } catch (const std::invalid_argument& e) {
    if (e.what()[0] != 'f') std::abort();
  }
}

void read_all(const GgufMetadata& m) {
  for (const auto& key : m.keys()) {
    ask([&] { (void)m.string(key); });
    ask([&] { (void)m.integer(key); });
    ask([&] { (void)m.number(key); });
    ask([&] { (void)m.boolean(key); });
    ask([&] { (void)m.integers(key); });
    ask([&] { (void)m.numbers(key); });
    ask([&] { (void)m.booleans(key); });
    ask([&] {
      size_t total = 0;
      for (const auto word : m.strings(key)) total += word.empty() ? 0 : word.back() != 0;
      if (total > (size_t{1} << 40)) std::abort();
    });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::check_tensors(
      [&] {
        auto gguf = assay::weights::parse_gguf({data, size}, "f");
        read_all(gguf.metadata);
        return std::move(gguf.entries);
      },
      {data, size});
}
