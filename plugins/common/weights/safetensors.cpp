// safetensors: eight bytes with the length N of a JSON header, the header, the data.
//   {"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, "__metadata__": {...}}
#include "plugins/common/weights/layout.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <unordered_set>

namespace assay::weights {
namespace {

constexpr uint64_t kLongestHeader = 100'000'000;  // as in the format's own reader

struct Dtype {
  std::string_view name;
  Type type;
  int64_t bytes;  // 0: not known, or no whole number
};
constexpr std::array kDtypes = {
    Dtype{"F64", Type::f64, 8},   Dtype{"F32", Type::f32, 4},
    Dtype{"F16", Type::f16, 2},   Dtype{"BF16", Type::bf16, 2},
    Dtype{"I64", Type::i64, 8},   Dtype{"I32", Type::i32, 4},
    Dtype{"I16", Type::i16, 2},   Dtype{"I8", Type::i8, 1},
    Dtype{"U8", Type::u8, 1},     Dtype{"BOOL", Type::boolean, 1},
    Dtype{"U64", Type::other, 8}, Dtype{"U32", Type::other, 4},
    Dtype{"U16", Type::other, 2}, Dtype{"F8_E4M3", Type::other, 1},
    Dtype{"C64", Type::other, 8}, Dtype{"F8_E5M2", Type::other, 1},
    Dtype{"", Type::other, 0},
};

const Dtype& dtype_of(std::string_view name) {
  for (const auto& dtype : kDtypes)
    if (dtype.name == name) return dtype;
  return kDtypes.back();
}

/// A tensor as the header describes it.
struct Described {
  std::string name, dtype;
  std::vector<int64_t> shape;
  std::vector<uint64_t> offsets;
  bool has_dtype = false, has_shape = false, has_offsets = false;
};

/// Reads the header event by event: nothing but the three levels that the format has is accepted,
/// so that neither depth nor unknown content costs memory.
class HeaderReader {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  explicit HeaderReader(std::string_view path) : path_(path) {}

  bool null() { return wrong("null"); }
  bool boolean(bool) { return wrong("a truth value"); }
  bool number_integer(number_integer_t) { return wrong("a negative number"); }
  bool number_float(number_float_t, const string_t&) { return wrong("a fraction"); }
  bool binary(binary_t&) { return wrong("bytes"); }
  bool number_unsigned(number_unsigned_t value) {
    if (list_ == "shape") {
      if (value > INT64_MAX) return wrong("a number of 2^63 or more");
      now().shape.push_back(static_cast<int64_t>(value));
      if (now().shape.size() > 64) refuse(path_, here() + " has more than 64 dimensions");
      return true;
    }
    if (list_ != "data_offsets") return wrong("a number");
    now().offsets.push_back(value);
    return now().offsets.size() <= 2 || wrong("a third number");
  }
  bool string(string_t& value) {
    if (depth_ == 2 && in_metadata_) return true;
    if (depth_ != 2 || key_ != "dtype" || !list_.empty()) return wrong("a string");
    now().dtype = value;
    now().has_dtype = true;
    return true;
  }
  bool key(string_t& value) {
    key_ = value;
    if (depth_ == 1) {
      in_metadata_ = value == "__metadata__";
      if (!names_.insert(value).second)
        refuse(path_, "the header names " + show_name(value) + " twice");
      if (!in_metadata_) tensors.push_back({.name = value});
    } else if (!in_metadata_ && value != "dtype" && value != "shape" && value != "data_offsets") {
      refuse(path_, here() + " has the unknown key " + show_name(value) +
                        "; dtype, shape and data_offsets are allowed");
    } else if (!in_metadata_ &&
               ((value == "dtype" && now().has_dtype) || (value == "shape" && now().has_shape) ||
                (value == "data_offsets" && now().has_offsets))) {
      refuse(path_, here() + " gives " + value + " twice");
    }
    return true;
  }
  bool start_object(size_t) {
    if (depth_ == 2 || !list_.empty()) return wrong("an object");
    ++depth_;
    return true;
  }
  bool end_object() {
    if (depth_-- == 2 && !in_metadata_ &&
        !(now().has_dtype && now().has_shape && now().offsets.size() == 2))
      refuse(path_, here() + " lacks dtype, shape or two data_offsets");
    return true;
  }
  bool start_array(size_t) {
    if (depth_ != 2 || in_metadata_ || !list_.empty() || key_ == "dtype") return wrong("an array");
    list_ = key_;
    (list_ == "shape" ? now().has_shape : now().has_offsets) = true;
    return true;
  }
  bool end_array() {
    list_.clear();
    return true;
  }
  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) {
    refuse(path_, "the header is no JSON: it breaks off at byte " + std::to_string(7 + position));
  }

  std::vector<Described> tensors;

 private:
  Described& now() { return tensors.back(); }
  std::string here() const {
    return tensors.empty() ? "the header" : "the tensor " + show_name(tensors.back().name);
  }
  [[noreturn]] bool wrong(const char* is) {
    if (depth_ == 0) refuse(path_, std::string("the header is ") + is + "; it must be an object");
    if (depth_ == 1)
      refuse(path_, "the header's " + show_name(key_) + " is " + is + "; it must be an object");
    if (in_metadata_)
      refuse(path_, "the metadata's " + show_name(key_) + " is " + is + "; it must be a string");
    refuse(path_, here() + " has " + is + " as its " + key_ +
                      "; dtype is a string, shape and data_offsets are lists of whole numbers");
  }

  std::string_view path_;
  std::string key_, list_;  // the key read last; the list that is being read
  int depth_ = 0;
  bool in_metadata_ = false;
  std::unordered_set<std::string> names_;
};

Entry entry_of(const Described& tensor, Bytes data, std::string_view path) {
  const auto& dtype = dtype_of(tensor.dtype);
  const uint64_t begin = tensor.offsets[0], end = tensor.offsets[1];
  if (begin > end || end > data.size())
    refuse(path, "the tensor " + show_name(tensor.name) + " lies at bytes " +
                     std::to_string(begin) + " to " + std::to_string(end) +
                     " of the data, which has " + std::to_string(data.size()) + " bytes");
  const uint64_t need = bytes_of(path, tensor.name, tensor.shape, {1, dtype.bytes}, tensor.dtype);
  if (dtype.bytes != 0 && need != end - begin)
    refuse(path, "the tensor " + show_name(tensor.name) + " of shape " + show_shape(tensor.shape) +
                     " needs " + std::to_string(need) + " bytes in " + tensor.dtype + " and has " +
                     std::to_string(end - begin));
  return {.name = tensor.name,
          .type = dtype.type,
          .shape = tensor.shape,
          .bytes = data.subspan(begin, end - begin),
          .type_name = tensor.dtype,
          .path = path};
}

}  // namespace

std::vector<Entry> parse_safetensors(Bytes file, std::string_view path) {
  if (file.size() < 8)
    refuse(path, "has " + std::to_string(file.size()) +
                     " bytes; a safetensors file begins with the eight of its header's length");
  const auto length = read_as<uint64_t>(file.data());
  if (length > file.size() - 8 || length > kLongestHeader)
    refuse(path, "claims a header of " + std::to_string(length) + " bytes; " +
                     std::to_string(std::min<uint64_t>(file.size() - 8, kLongestHeader)) +
                     " are possible");
  const auto header = as_text(file.subspan(8, length));
  HeaderReader reader(path);
  nlohmann::json::sax_parse(header.begin(), header.end(), &reader);

  const Bytes data = file.subspan(8 + length);
  std::vector<Entry> entries;
  std::vector<Extent> extents;
  entries.reserve(reader.tensors.size());
  for (const auto& tensor : reader.tensors) {
    entries.push_back(entry_of(tensor, data, path));
    extents.push_back({tensor.offsets[0], tensor.offsets[1], &tensor.name});
  }
  check_extents(path, std::move(extents), data.size(), false);
  return entries;
}

}  // namespace assay::weights
