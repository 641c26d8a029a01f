// The header dictionary of .npy, read strictly, and values of any width.
#include "plugins/common/data/npy.hpp"

#include <charconv>
#include <cmath>
#include <cstring>

namespace assay::data {
namespace {

/// A cursor over the header's dictionary: 'descr', 'fortran_order' and 'shape' in any order.
class Header {
 public:
  Header(std::string_view text, const std::string& path) : text_(text), path_(path) {}

  void parse() {
    expect('{');
    while (!accept('}')) {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr") {
        if (peek() == '[') malformed(path_, "holds records, not plain numbers");
        descr = quoted();
        has_descr = true;
      } else if (key == "fortran_order") {
        fortran = boolean();
      } else if (key == "shape") {
        tuple();
        has_shape = true;
      } else {
        wrong();
      }
      if (!accept(',') && peek() != '}') wrong();
    }
    if (!has_descr || !has_shape) wrong();
  }

  std::string_view descr;
  bool fortran = false, has_descr = false, has_shape = false;
  std::vector<int64_t> shape;

 private:
  [[noreturn]] void wrong() const { malformed(path_, "has a malformed .npy header"); }
  char peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) wrong();
  }
  std::string_view quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') wrong();
    const size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) wrong();
    const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return inside;
  }
  bool boolean() {
    peek();
    for (const std::string_view word : {"True", "False"})
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return word == "True";
      }
    wrong();
  }
  void tuple() {
    expect('(');
    while (!accept(')')) {
      peek();
      int64_t extent = 0;
      const char* begin = text_.data() + at_;
      const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), extent);
      if (error != std::errc() || extent < 0) wrong();
      at_ += static_cast<size_t>(end - begin);
      shape.push_back(extent);
      if (shape.size() > 8) wrong();
      if (!accept(',') && peek() != ')') wrong();
    }
  }

  std::string_view text_;
  const std::string& path_;
  size_t at_ = 0;
};

/// "<f4" -> kind and item size; refuses what is no plain little-endian number.
void set_dtype(NpyArray& array, std::string_view descr, const std::string& path) {
  if (descr.size() == 3) {
    const char order = descr[0], kind = descr[1];
    const int64_t item = descr[2] - '0';
    const bool plain =
        (kind == 'b' && item == 1) ||
        ((kind == 'u' || kind == 'i') && (item == 1 || item == 2 || item == 4 || item == 8)) ||
        (kind == 'f' && (item == 2 || item == 4 || item == 8));
    if (plain && order == '>' && item > 1)
      malformed(path, "holds big-endian numbers; save it as little-endian, e.g. x.astype('<" +
                          std::string(descr.substr(1)) + "')");
    if (plain && (order == '<' || order == '|' || order == '=' || order == '>')) {
      array.kind = kind;
      array.item = item;
      return;
    }
  }
  malformed(path, "has the unsupported dtype " + std::string(descr.substr(0, 40)) +
                      "; use integers, bool or floats of at most 64 bits");
}

/// IEEE 754 binary16.
float half(uint16_t bits) {
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  float value = NAN;
  if (exponent == 0)
    value = std::ldexp(static_cast<float>(mantissa), -24);
  else if (exponent < 31)
    value = std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
  else if (mantissa == 0)
    value = INFINITY;
  return bits >> 15 != 0 ? -value : value;
}

/// The integer at i; unsigned values above int64 read as its maximum.
int64_t integer_at(const NpyArray& array, size_t i) {
  const auto at = i * static_cast<size_t>(array.item);
  const bool is_signed = array.kind == 'i';
  switch (array.item) {
    case 1: {
      const uint8_t v = array.values[at];
      return is_signed ? static_cast<int8_t>(v) : int64_t{v};
    }
    case 2: {
      const uint16_t v = little16(array.values, at);
      return is_signed ? static_cast<int16_t>(v) : int64_t{v};
    }
    case 4: {
      const uint32_t v = little32(array.values, at);
      return is_signed ? static_cast<int32_t>(v) : int64_t{v};
    }
    default: {
      const uint64_t v = little64(array.values, at);
      return !is_signed && v > INT64_MAX ? INT64_MAX : static_cast<int64_t>(v);
    }
  }
}
}  // namespace

float npy_float(const uint8_t* at, int64_t item) {
  if (item == 2) return half(static_cast<uint16_t>(at[0] | at[1] << 8));
  if (item == 4) {
    float value = 0;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  double value = 0;
  std::memcpy(&value, at, sizeof value);
  return static_cast<float>(value);
}

std::string NpyArray::dtype() const {
  if (kind == 'b') return "bool";
  const std::string bits = std::to_string(item * 8);
  return (kind == 'u' ? "uint" : kind == 'i' ? "int" : "float") + bits;
}

NpyHeader parse_npy_header(View bytes, const std::string& path) {
  static constexpr std::string_view kMagic = "\x93NUMPY";
  if (bytes.size() < 10 || as_text(bytes.first(kMagic.size())) != kMagic)
    malformed(path, "is not a .npy file");
  const int version = bytes[6];
  if (version < 1 || version > 3)
    malformed(path, "is a .npy file of the unknown version " + std::to_string(version));
  const size_t start = version == 1 ? 10 : 12;
  if (bytes.size() < start) malformed(path, "ends in the middle of its .npy header");
  const size_t length = version == 1 ? little16(bytes, 8) : little32(bytes, 8);
  if (length > bytes.size() - start) malformed(path, "ends in the middle of its .npy header");
  Header header(as_text(bytes.subspan(start, length)), path);
  header.parse();
  NpyHeader found;
  set_dtype(found.array, header.descr, path);
  if (header.fortran && header.shape.size() > 1)
    malformed(path, "is stored in Fortran order; save np.ascontiguousarray(x)");
  found.array.shape = header.shape;
  found.values_at = start + length;
  return found;
}

void check_npy_size(const NpyArray& array, uint64_t bytes, const std::string& path) {
  const int64_t promised = byte_count(path, array.shape, array.item);
  if (static_cast<uint64_t>(promised) != bytes)
    malformed(path, "promises " + show_shape(array.shape) + " values of " + array.dtype() + " (" +
                        std::to_string(promised) + " bytes) and holds " + std::to_string(bytes) +
                        " bytes");
}

NpyArray parse_npy(View bytes, const std::string& path) {
  auto [array, values_at] = parse_npy_header(bytes, path);
  array.values = bytes.subspan(values_at);
  check_npy_size(array, array.values.size(), path);
  return array;
}

std::vector<int32_t> whole_numbers(const NpyArray& array, int64_t limit, const std::string& what,
                                   const std::string& path) {
  if (array.kind == 'f')
    malformed(path, what + " has dtype " + array.dtype() + "; it must be whole numbers: save " +
                        what + ".astype('int64')");
  if (array.shape.size() != 1)
    malformed(path,
              what + " has the shape " + show_shape(array.shape) + "; it must have one dimension");
  std::vector<int32_t> values(static_cast<size_t>(array.shape[0]));
  for (size_t i = 0; i < values.size(); ++i) {
    const int64_t v = integer_at(array, i);
    if (v < 0 || v >= limit)
      malformed(path, what + "[" + std::to_string(i) + "] is " + std::to_string(v) +
                          "; it must be from 0 to " + std::to_string(limit - 1));
    values[i] = static_cast<int32_t>(v);
  }
  return values;
}

std::vector<float> finite_floats(const NpyArray& array, const std::string& what,
                                 const std::string& path) {
  std::vector<float> values(array.values.size() / static_cast<size_t>(array.item));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = npy_float(array.values.data() + i * static_cast<size_t>(array.item), array.item);
    if (!std::isfinite(values[i]))
      malformed(path, what + " holds a value that is not a finite 32-bit float, at flat index " +
                          std::to_string(i));
  }
  return values;
}

}  // namespace assay::data
