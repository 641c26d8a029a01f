// Files of named tensors, memory-mapped: safetensors (one file, or shards under an index) and GGUF.
// A tensor is looked at where it lies; what it holds is turned into floats only when asked for.
// Files are untrusted: every size, offset, overlap and count is checked when a file is opened.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assay::weights {

/// How numbers are stored: plain types, and the blocks of GGUF (32 weights a block, q4_k and q6_k
/// 256).
enum class Type {
  f64,
  f32,
  f16,
  bf16,
  i64,
  i32,
  i16,
  i8,
  u8,
  boolean,
  q4_0,
  q4_1,
  q5_0,
  q5_1,
  q8_0,
  q4_k,
  q6_k
};

/// One tensor of a file. `bytes` live as long as the file is open.
struct Entry {
  std::string name;
  Type type = Type::f32;
  std::vector<int64_t> shape;  // outermost dimension first, whatever the file's own order
  std::span<const uint8_t> bytes;

  int64_t count() const;
};

/// Elements [first, first + count) of a tensor, row-major, as floats. Blocks are decoded as GGUF
/// defines them; `first` and `count` are multiples of the block's length.
void to_float(const Entry& entry, int64_t first, int64_t count, float* out);

class TensorFile {
 public:
  /// Opens X.safetensors, X.safetensors.index.json, X.gguf, or a folder that has one of them
  /// (model.safetensors, model.safetensors.index.json, or exactly one *.gguf). What is malformed is
  /// std::invalid_argument: file, what, where, what would be allowed.
  explicit TensorFile(const std::string& path);
  ~TensorFile();
  TensorFile(const TensorFile&) = delete;
  TensorFile& operator=(const TensorFile&) = delete;

  const std::string& path() const;
  /// In the order of the file.
  const std::vector<Entry>& entries() const;
  /// Null if the file has none of this name.
  const Entry* find(const std::string& name) const;

  /// GGUF's metadata; null for safetensors.
  const class GgufMetadata* gguf() const;

  /// Keeps the mapping alive for tensors that borrow `bytes`.
  std::shared_ptr<const void> mapping(const Entry& entry) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assay::weights
