// Parameters from a file of tensors, by their published names.
#pragma once
#include "plugins/common/lm/arena.hpp"
#include "plugins/common/lm/config.hpp"
#include "plugins/common/lm/parameters.hpp"
#include "plugins/common/weights/tensor_file.hpp"

#include <memory>
#include <string>

namespace assay::lm {

/// Names are found without and with the part that names a model's body ("model.", "gpt_neox.",
/// ...), those of GGUF by its own. What is stored as float is borrowed from the mapped file (and,
/// where it is written, copied by page); the rest is decoded, by as many threads as LibTorch has.
class FileSource final : public Source {
 public:
  FileSource(std::shared_ptr<const weights::TensorFile> file, const Config& config);

  /// std::invalid_argument: the file, the name that is missing and the nearest that is there; or
  /// both shapes.
  at::Tensor get(const std::string& name, at::IntArrayRef shape, Init init) override;
  bool has(const std::string& name) const override { return find(name) != nullptr; }

 private:
  const weights::Entry* find(const std::string& name) const;
  at::Tensor decoded(const weights::Entry& entry, int64_t interleaved);

  std::shared_ptr<const weights::TensorFile> file_;
  Config config_;
  Arena arena_;
};

}  // namespace assay::lm
