// Where tensors lie, and how to refuse a file.
#include "plugins/common/weights/layout.hpp"

#include <algorithm>
#include <stdexcept>

namespace assay::weights {

void refuse(std::string_view path, const std::string& what) {
  throw std::invalid_argument(std::string(path) + ": " + what);
}

std::string show_name(std::string_view name) {
  std::string text = "\"";
  for (const char c : name.substr(0, 80)) text += c < ' ' && c >= 0 ? '?' : c;
  return text + (name.size() > 80 ? "...\"" : "\"");
}

std::string show_shape(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t extent : shape) text += (text.empty() ? "" : " x ") + std::to_string(extent);
  return text.empty() ? "()" : text;
}

Block block_of(Type type) {
  switch (type) {
    case Type::f64:
    case Type::i64: return {1, 8};
    case Type::f32:
    case Type::i32: return {1, 4};
    case Type::f16:
    case Type::bf16:
    case Type::i16: return {1, 2};
    case Type::i8:
    case Type::u8:
    case Type::boolean: return {1, 1};
    case Type::q4_0: return {32, 18};
    case Type::q4_1: return {32, 20};
    case Type::q5_0: return {32, 22};
    case Type::q5_1: return {32, 24};
    case Type::q8_0: return {32, 34};
    case Type::q4_k: return {256, 144};
    case Type::q6_k: return {256, 210};
    case Type::other: break;
  }
  return {1, 0};
}

int64_t Entry::count() const {
  int64_t product = 1;
  for (const int64_t extent : shape) product *= extent;
  return product;
}

uint64_t gguf_size(GgufType type) {
  switch (type) {
    case GgufType::u8:
    case GgufType::i8:
    case GgufType::boolean: return 1;
    case GgufType::u16:
    case GgufType::i16: return 2;
    case GgufType::u32:
    case GgufType::i32:
    case GgufType::f32: return 4;
    case GgufType::u64:
    case GgufType::i64:
    case GgufType::f64: return 8;
    case GgufType::string:
    case GgufType::array: break;
  }
  return 0;
}

uint64_t bytes_of(std::string_view path, const std::string& name, const std::vector<int64_t>& shape,
                  Block block, const std::string& type_name) {
  int64_t product = 1, bytes = 0;
  bool fits = true;
  // A 0 among the dimensions hides no overflow of the others.
  for (const int64_t extent : shape)
    fits = fits && extent >= 0 &&
           !__builtin_mul_overflow(product, std::max<int64_t>(extent, 1), &product);
  fits = fits && !__builtin_mul_overflow(product, std::max<int64_t>(block.bytes, 1), &bytes);
  if (!fits)
    refuse(path, "the tensor " + show_name(name) + " claims the impossible shape " +
                     show_shape(shape) + "; its bytes must be fewer than 2^63");
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return 0;
  const int64_t row = shape.empty() ? 1 : shape.back();
  if (row % block.weights != 0)
    refuse(path, "the tensor " + show_name(name) + " has rows of " + std::to_string(row) +
                     " weights; in " + type_name + " they must be a multiple of " +
                     std::to_string(block.weights));
  return static_cast<uint64_t>(product / block.weights * block.bytes);
}

void check_extents(std::string_view path, std::vector<Extent> extents, uint64_t size, bool gaps) {
  std::erase_if(extents, [](const Extent& e) { return e.begin == e.end; });
  std::sort(extents.begin(), extents.end(),
            [](const Extent& a, const Extent& b) { return a.begin < b.begin; });
  uint64_t end = 0;
  const std::string* before = nullptr;
  for (const auto& e : extents) {
    if (e.begin < end)
      refuse(path, "the tensors " + show_name(*before) + " and " + show_name(*e.name) +
                       " overlap at byte " + std::to_string(e.begin) + " of the data");
    if (e.begin > end && !gaps)
      refuse(path, "no tensor holds the bytes " + std::to_string(end) + " to " +
                       std::to_string(e.begin) + " of the data, before " + show_name(*e.name));
    end = e.end;
    before = e.name;
  }
  if (end != size && !gaps)
    refuse(path, "the tensors end at byte " + std::to_string(end) + " of the data, which has " +
                     std::to_string(size));
}

}  // namespace assay::weights
