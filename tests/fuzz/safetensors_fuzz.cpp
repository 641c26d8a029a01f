// A safetensors file.
#include "tests/fuzz/tensor_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fuzz::check_tensors(
      [&] {
        return assay::weights::parse_safetensors({data, size}, "f");
      },
      {data, size});
}
