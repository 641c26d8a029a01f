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

class GgufMetadata;

/// How numbers are stored: plain types, and the blocks of GGUF (32 weights a block, q4_k and q6_k
/// 256). `other`: what a file may hold and nobody here decodes.
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
  q6_k,
  other
};

/// The weights of a block and the bytes that hold them; {1, size} for plain types.
struct Block {
  int64_t weights = 1, bytes = 0;
};
Block block_of(Type type);

/// One tensor of a file. `bytes` and `path` live as long as the file is open.
struct Entry {
  std::string name;
  Type type = Type::f32;
  std::vector<int64_t> shape;  // outermost dimension first, whatever the file's own order
  std::span<const uint8_t> bytes;
  std::string type_name{};  // as the file spells it: "Q4_1", "BF16"
  std::string_view path{};  // of the file, for messages

  int64_t count() const;
};

/// Elements [first, first + count) of a tensor, row-major, as floats: the same bits on every
/// processor. Blocks are decoded as GGUF defines them; `first` and `count` are multiples of the
/// block's length. std::invalid_argument for a range outside the tensor, and for Type::other: the
/// tensor, its type, what is supported.
void to_float(const Entry& entry, int64_t first, int64_t count, float* out);

class TensorFile {
 public:
  /// Opens X.safetensors, X.safetensors.index.json, X.gguf, or a folder that has one of them
  /// (model.safetensors, model.safetensors.index.json, or exactly one *.gguf). What is malformed is
  /// std::invalid_argument: file, what, where, what would be allowed. A tensor of a type that
  /// nobody here decodes is no error until it is asked for.
  explicit TensorFile(const std::string& path);
  ~TensorFile();
  TensorFile(const TensorFile&) = delete;
  TensorFile& operator=(const TensorFile&) = delete;

  /// The file that was opened, which in a folder is the one that was found.
  const std::string& path() const;
  /// In the order of the file; of shards, in the order of their names.
  const std::vector<Entry>& entries() const;
  /// Null if the file has none of this name.
  const Entry* find(const std::string& name) const;

  /// GGUF's metadata; null for safetensors.
  const GgufMetadata* gguf() const;

  /// Keeps the mapping alive for tensors that borrow `bytes`. Its pages may be written: what is
  /// written is private to the process and never reaches the file.
  std::shared_ptr<const void> mapping(const Entry& entry) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One file of tensors in the order given, with `metadata` as its "__metadata__": written beside
/// `path` and renamed, so that an old file of that name is whole until the new one is. Blocks have
/// no name in safetensors: a tensor of them is std::invalid_argument, and so is a name that occurs
/// twice or bytes that do not fit the shape.
void write_safetensors(const std::string& path, std::span<const Entry> tensors,
                       const std::map<std::string, std::string>& metadata = {{"format", "pt"}});

}  // namespace assay::weights
