#include "plugins/common/weights/tensor_file.hpp"
#include "tests/plugins/weights/sample_files.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace assay::weights;
using sample::raw;

namespace {

Entry entry_of(const std::string& bytes, Type type, std::vector<int64_t> shape) {
  return {.name = "w",
          .type = type,
          .shape = std::move(shape),
          .bytes = {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()},
          .type_name = "IQ2_XS",
          .path = "f.gguf"};
}

std::vector<float> floats(const Entry& entry) {
  std::vector<float> out(static_cast<size_t>(entry.count()));
  to_float(entry, 0, entry.count(), out.data());
  return out;
}

}  // namespace

TEST_CASE("a Q4_1 block is d q + m, low halves first") {
  // d = 0.5 (fp16 0x3800), m = -1 (0xbc00); byte j holds q_j = j and q_{j + 16} = 15 - j.
  std::string block = raw<uint16_t>(0x3800) + raw<uint16_t>(0xbc00);
  for (int j = 0; j < 16; ++j) block += static_cast<char>(j | (15 - j) << 4);
  const auto w = floats(entry_of(block, Type::q4_1, {1, 32}));
  CHECK(w[0] == -1.0f);        // 0.5 * 0 - 1
  CHECK(w[3] == 0.5f);         // 0.5 * 3 - 1
  CHECK(w[15] == 6.5f);        // 0.5 * 15 - 1
  CHECK(w[16] == 6.5f);        // 0.5 * 15 - 1: the high half of byte 0
  CHECK(w[16 + 14] == -0.5f);  // 0.5 * 1 - 1
}

TEST_CASE("halves keep zeros, subnormal numbers, infinities and signs") {
  const auto w = floats(entry_of(
      sample::numbers<uint16_t>({0x0000, 0x8000, 0x0001, 0x83ff, 0x0400, 0x7bff, 0x7c00, 0xfc00}),
      Type::f16, {8}));
  CHECK(w[0] == 0.0f);
  CHECK(std::signbit(w[1]));
  CHECK(w[2] == 0x1p-24f);
  CHECK(w[3] == -1023 * 0x1p-24f);
  CHECK(w[4] == 0x1p-14f);
  CHECK(w[5] == 65504.0f);
  CHECK(w[6] == INFINITY);
  CHECK(w[7] == -INFINITY);
}

TEST_CASE("a part of a tensor is the same part of the whole") {
  std::string blocks;
  for (int i = 0; i < 3 * 34; ++i) blocks += static_cast<char>(i * 37 % 50);
  const auto entry = entry_of(blocks, Type::q8_0, {3, 32});
  const auto whole = floats(entry);
  std::vector<float> part(32);
  to_float(entry, 32, 32, part.data());
  CHECK(part == std::vector<float>(whole.begin() + 32, whole.begin() + 64));
}

TEST_CASE("elements outside the tensor or across blocks are refused") {
  const std::string blocks(2 * 20, '\0');
  const auto entry = entry_of(blocks, Type::q4_1, {2, 32});
  std::vector<float> out(64);
  const auto said = [&](int64_t first, int64_t count) {
    return sample::refusal([&] { to_float(entry, first, count, out.data()); });
  };
  CHECK(said(0, 64) == "");
  CHECK(said(32, 64) == "elements 32 to 96 of \"w\" were asked for, which has 64 in blocks of 32");
  CHECK(said(16, 32) != "");
  CHECK(said(-32, 32) != "");
  CHECK(said(32, INT64_MAX) != "");
}

TEST_CASE("a tensor of a type that is not decoded is named with what is") {
  const auto entry = entry_of("", Type::other, {0});
  float out = 0;
  CHECK(sample::refusal([&] { to_float(entry, 0, 0, &out); }) ==
        "f.gguf: the tensor \"w\" is stored as IQ2_XS; what is read is F64, F32, F16, BF16, I64, "
        "I32, I16, I8, U8, BOOL, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K and Q6_K");
}
