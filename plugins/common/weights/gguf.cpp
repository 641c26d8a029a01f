// GGUF, versions 2 and 3 (little-endian): magic, version, counts, key-value pairs, a list of
// tensors with their types and offsets, then the data, aligned.
#include "plugins/common/weights/layout.hpp"

#include <array>
#include <unordered_set>

namespace assay::weights {
namespace {

constexpr int kDeepestArray = 4;         // arrays of arrays
constexpr uint32_t kMostDimensions = 4;  // as in ggml

struct GgmlType {
  uint32_t number;
  const char* name;
  Type type;
  Block block;
};
constexpr std::array kTypes = {
    GgmlType{0, "F32", Type::f32, {1, 4}},
    GgmlType{1, "F16", Type::f16, {1, 2}},
    GgmlType{2, "Q4_0", Type::q4_0, {32, 18}},
    GgmlType{3, "Q4_1", Type::q4_1, {32, 20}},
    GgmlType{6, "Q5_0", Type::q5_0, {32, 22}},
    GgmlType{7, "Q5_1", Type::q5_1, {32, 24}},
    GgmlType{8, "Q8_0", Type::q8_0, {32, 34}},
    GgmlType{9, "Q8_1", Type::other, {32, 40}},
    GgmlType{10, "Q2_K", Type::other, {256, 84}},
    GgmlType{11, "Q3_K", Type::other, {256, 110}},
    GgmlType{12, "Q4_K", Type::q4_k, {256, 144}},
    GgmlType{13, "Q5_K", Type::other, {256, 176}},
    GgmlType{14, "Q6_K", Type::q6_k, {256, 210}},
    GgmlType{15, "Q8_K", Type::other, {256, 292}},
    GgmlType{16, "IQ2_XXS", Type::other, {256, 66}},
    GgmlType{17, "IQ2_XS", Type::other, {256, 74}},
    GgmlType{18, "IQ3_XXS", Type::other, {256, 98}},
    GgmlType{19, "IQ1_S", Type::other, {256, 50}},
    GgmlType{20, "IQ4_NL", Type::other, {32, 18}},
    GgmlType{21, "IQ3_S", Type::other, {256, 110}},
    GgmlType{22, "IQ2_S", Type::other, {256, 82}},
    GgmlType{23, "IQ4_XS", Type::other, {256, 136}},
    GgmlType{24, "I8", Type::i8, {1, 1}},
    GgmlType{25, "I16", Type::i16, {1, 2}},
    GgmlType{26, "I32", Type::i32, {1, 4}},
    GgmlType{27, "I64", Type::i64, {1, 8}},
    GgmlType{28, "F64", Type::f64, {1, 8}},
    GgmlType{29, "IQ1_M", Type::other, {256, 56}},
    GgmlType{30, "BF16", Type::bf16, {1, 2}},
    GgmlType{34, "TQ1_0", Type::other, {256, 54}},
    GgmlType{35, "TQ2_0", Type::other, {256, 66}},
    GgmlType{39, "MXFP4", Type::other, {32, 17}},
};

/// A place in the file; reads what is there, or says that the file ends.
class Cursor {
 public:
  Cursor(Bytes file, std::string_view path) : file_(file), path_(path) {}

  uint64_t at() const { return at_; }
  uint64_t left() const { return file_.size() - at_; }
  void within(std::string what) { what_ = std::move(what); }

  Bytes take(uint64_t bytes) {
    if (bytes > left())
      refuse(path_, "ends in the middle of " + what_ + ", which needs " + std::to_string(bytes) +
                        " bytes at byte " + std::to_string(at_) + " where " +
                        std::to_string(left()) + " are left");
    at_ += bytes;
    return file_.subspan(at_ - bytes, bytes);
  }
  template <class T>
  T number() {
    return read_as<T>(take(sizeof(T)).data());
  }
  Bytes string() { return take(number<uint64_t>()); }

  /// A count of things of at least `least` bytes each.
  uint64_t count(uint64_t least) {
    const auto n = number<uint64_t>();
    if (n > left() / least)
      refuse(path_, "claims " + std::to_string(n) + " elements in " + what_ + "; the " +
                        std::to_string(left()) + " bytes that are left hold at most " +
                        std::to_string(left() / least));
    return n;
  }
  GgufType type() {
    const auto number_of = number<uint32_t>();
    if (number_of > static_cast<uint32_t>(GgufType::f64))
      refuse(path_,
             what_ + " has the unknown type " + std::to_string(number_of) + "; types are 0 to 12");
    return static_cast<GgufType>(number_of);
  }
  /// Passes `n` values of that type, checking each.
  void pass(GgufType type, uint64_t n, int depth) {
    if (type == GgufType::string) {
      while (n-- > 0) string();
    } else if (type == GgufType::array) {
      if (depth == kDeepestArray)
        refuse(path_,
               what_ + " has arrays within arrays deeper than " + std::to_string(kDeepestArray));
      while (n-- > 0) {
        const auto element = this->type();
        pass(element, count(least_size(element)), depth + 1);
      }
    } else {
      const auto values = take(n * gguf_size(type));
      if (type == GgufType::boolean)
        for (const uint8_t value : values)
          if (value > 1)
            refuse(path_,
                   what_ + " has the truth value " + std::to_string(value) + "; it must be 0 or 1");
    }
  }
  static uint64_t least_size(GgufType type) {
    return type == GgufType::string ? 8 : type == GgufType::array ? 12 : gguf_size(type);
  }

 private:
  Bytes file_;
  std::string_view path_;
  uint64_t at_ = 0;
  std::string what_ = "its beginning";
};

GgufValue read_value(Cursor& cursor, Bytes file) {
  GgufValue value{.type = cursor.type()};
  if (value.type == GgufType::string) {
    value.bytes = cursor.string();
    return value;
  }
  if (value.type == GgufType::array) {
    value.element = cursor.type();
    value.count = cursor.count(Cursor::least_size(value.element));
  }
  const uint64_t begin = cursor.at();
  if (value.type == GgufType::array)
    cursor.pass(value.element, value.count, 1);
  else
    cursor.pass(value.type, 1, 1);
  value.bytes = file.subspan(begin, cursor.at() - begin);
  return value;
}

GgufMetadata read_metadata(Cursor& cursor, uint64_t pairs, Bytes file, std::string_view path) {
  std::map<std::string, GgufValue, std::less<>> values;
  for (uint64_t i = 0; i < pairs; ++i) {
    cursor.within("the key of pair " + std::to_string(i));
    std::string key(as_text(cursor.string()));
    cursor.within("the metadata's " + show_name(key));
    const auto value = read_value(cursor, file);
    if (!values.emplace(key, value).second)
      refuse(path, "the metadata has " + show_name(key) + " twice");
  }
  return {std::string(path), std::move(values)};
}

/// A tensor as the list describes it.
struct Described {
  Entry entry;
  uint64_t offset = 0, bytes = 0;
  bool known = true;  // the size of its type is
};

Described read_tensor(Cursor& cursor, uint64_t index, std::string_view path) {
  Described tensor;
  auto& entry = tensor.entry;
  entry.path = path;
  cursor.within("the name of tensor " + std::to_string(index));
  entry.name = std::string(as_text(cursor.string()));
  cursor.within("the description of the tensor " + show_name(entry.name));
  const auto dimensions = cursor.number<uint32_t>();
  if (dimensions > kMostDimensions)
    refuse(path, "the tensor " + show_name(entry.name) + " claims " + std::to_string(dimensions) +
                     " dimensions; at most " + std::to_string(kMostDimensions) + " are possible");
  entry.shape.resize(dimensions);
  for (uint32_t d = 0; d < dimensions; ++d) {  // the file's order is innermost first
    const auto extent = cursor.number<uint64_t>();
    if (extent > INT64_MAX)
      refuse(path, "the tensor " + show_name(entry.name) + " claims a dimension of " +
                       std::to_string(extent) + "; it must be below 2^63");
    entry.shape[dimensions - 1 - d] = static_cast<int64_t>(extent);
  }
  const auto number = cursor.number<uint32_t>();
  tensor.offset = cursor.number<uint64_t>();
  Block block{1, 0};
  entry.type = Type::other;
  entry.type_name = "type " + std::to_string(number);
  tensor.known = false;
  for (const auto& type : kTypes)
    if (type.number == number) {
      entry.type = type.type;
      entry.type_name = type.name;
      block = type.block;
      tensor.known = true;
    }
  tensor.bytes = bytes_of(path, entry.name, entry.shape, block, entry.type_name);
  if (!tensor.known) tensor.bytes = 0;
  return tensor;
}

uint64_t alignment_of(const GgufMetadata& metadata, std::string_view path) {
  const int64_t alignment = metadata.integer("general.alignment", 32);
  if (alignment < 8 || alignment > 1 << 20 || (alignment & (alignment - 1)) != 0)
    refuse(path, "general.alignment is " + std::to_string(alignment) +
                     "; it must be a power of two from 8 to 1048576");
  return static_cast<uint64_t>(alignment);
}

/// Finds the bytes of each tensor, which lie after `end`, the end of their list.
void place(std::vector<Described>& tensors, uint64_t end, uint64_t alignment, Bytes file,
           std::string_view path) {
  const uint64_t begin = (end + alignment - 1) / alignment * alignment;
  const uint64_t size = begin > file.size() ? 0 : file.size() - begin;
  std::vector<Extent> extents;
  for (auto& tensor : tensors) {
    const auto& name = tensor.entry.name;
    if (tensor.offset % alignment != 0)
      refuse(path, "the tensor " + show_name(name) + " lies at byte " +
                       std::to_string(tensor.offset) + " of the data, which is no multiple of " +
                       std::to_string(alignment));
    if (tensor.offset > size || tensor.bytes > size - tensor.offset)
      refuse(path, "the tensor " + show_name(name) + " needs " + std::to_string(tensor.bytes) +
                       " bytes at byte " + std::to_string(tensor.offset) +
                       " of the data, which has " + std::to_string(size));
    if (tensor.bytes > 0) tensor.entry.bytes = file.subspan(begin + tensor.offset, tensor.bytes);
    extents.push_back({tensor.offset, tensor.offset + tensor.bytes, &name});
  }
  check_extents(path, std::move(extents), size, true);
}

}  // namespace

Gguf parse_gguf(Bytes file, std::string_view path) {
  Cursor cursor(file, path);
  if (as_text(cursor.take(4)) != "GGUF")
    refuse(path, "is no GGUF file: it does not begin with \"GGUF\"");
  const auto version = cursor.number<uint32_t>();
  if (version != 2 && version != 3)
    refuse(path, version % 65536 == 0 ? "is a big-endian GGUF file; little-endian ones are read"
                                      : "is a GGUF file of version " + std::to_string(version) +
                                            "; versions 2 and 3 are read");
  cursor.within("the list of tensors");
  const uint64_t count = cursor.count(24);
  cursor.within("the metadata");
  const uint64_t pairs = cursor.count(13);
  auto metadata = read_metadata(cursor, pairs, file, path);

  std::vector<Described> tensors;
  std::unordered_set<std::string> names;
  for (uint64_t i = 0; i < count; ++i) {
    tensors.push_back(read_tensor(cursor, i, path));
    const auto& name = tensors.back().entry.name;
    if (!names.insert(name).second) refuse(path, "lists the tensor " + show_name(name) + " twice");
  }
  place(tensors, cursor.at(), alignment_of(metadata, path), file, path);

  Gguf out{std::move(metadata), {}};
  out.entries.reserve(tensors.size());
  for (auto& tensor : tensors) out.entries.push_back(std::move(tensor.entry));
  return out;
}

}  // namespace assay::weights
