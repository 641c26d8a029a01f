// The key-value pairs of a GGUF file. They stay in the mapped file and are decoded when asked for;
// a missing key or one of another type is one sentence that names the file and the key.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::weights {

/// The value types of GGUF, with its own numbers.
enum class GgufType : uint32_t {
  u8,
  i8,
  u16,
  i16,
  u32,
  i32,
  f32,
  boolean,
  string,
  array,
  u64,
  i64,
  f64
};

/// A value where it lies in the file. `bytes` are the number, the characters of the string, or the
/// elements of the array one after another.
struct GgufValue {
  GgufType type = GgufType::u8;
  GgufType element = GgufType::u8;  // of an array
  uint64_t count = 0;               // likewise
  std::span<const uint8_t> bytes;
};

class GgufMetadata {
 public:
  GgufMetadata(std::string path, std::map<std::string, GgufValue, std::less<>> values)
      : path_(std::move(path)), values_(std::move(values)) {}

  const std::string& path() const { return path_; }
  bool has(std::string_view key) const { return values_.find(key) != values_.end(); }
  std::vector<std::string> keys() const;

  /// The value of that key: any width of whole number, any width of real or whole number.
  /// std::invalid_argument if it is missing or of another type.
  std::string string(std::string_view key) const;
  int64_t integer(std::string_view key) const;
  double number(std::string_view key) const;
  bool boolean(std::string_view key) const;

  /// The same, `fallback` if the key is missing.
  std::string string(std::string_view key, const std::string& fallback) const;
  int64_t integer(std::string_view key, int64_t fallback) const;
  double number(std::string_view key, double fallback) const;
  bool boolean(std::string_view key, bool fallback) const;

  /// Arrays. The characters of `strings` live as long as the file is open.
  std::vector<std::string_view> strings(std::string_view key) const;
  std::vector<int64_t> integers(std::string_view key) const;
  std::vector<float> numbers(std::string_view key) const;
  std::vector<bool> booleans(std::string_view key) const;

 private:
  const GgufValue& at(std::string_view key) const;
  [[noreturn]] void wrong_type(std::string_view key, const GgufValue& is, const char* wanted) const;
  const GgufValue& array(std::string_view key, const char* wanted) const;
  int64_t whole(std::string_view key, GgufType type, const uint8_t* at, const char* wanted,
                const GgufValue& value) const;

  std::string path_;
  std::map<std::string, GgufValue, std::less<>> values_;
};

}  // namespace assay::weights
