// weights_floats IN OUT.safetensors: every tensor of IN as floats, for the comparison with PyPI
// `gguf` and `safetensors`. What cannot be read is one sentence and exit status 1.
#include "plugins/common/weights/tensor_file.hpp"

#include <cstdio>
#include <exception>

using namespace assay::weights;

int main(int argc, char** argv) try {
  if (argc != 3) return 2;
  const TensorFile file(argv[1]);
  std::vector<std::vector<float>> floats;
  std::vector<Entry> out;
  for (const auto& entry : file.entries()) {
    auto& values = floats.emplace_back(static_cast<size_t>(entry.count()));
    to_float(entry, 0, entry.count(), values.data());
    out.push_back({.name = entry.name,
                   .type = Type::f32,
                   .shape = entry.shape,
                   .bytes = {reinterpret_cast<const uint8_t*>(values.data()), values.size() * 4}});
  }
  write_safetensors(argv[2], out);
  return 0;
} catch (const std::exception& e) {
  std::printf("%s\n", e.what());
  return 1;
}
