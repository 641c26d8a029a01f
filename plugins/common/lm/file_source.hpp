// Parameters from a file of tensors, by their published names.
#pragma once
#include "plugins/common/lm/arena.hpp"
#include "plugins/common/lm/config.hpp"
#include "plugins/common/lm/parameters.hpp"
#include "plugins/common/weights/tensor_file.hpp"

#include <memory>
#include <string>
#include <vector>

namespace assay::lm {

/// What is stored as float is borrowed from the mapped file (and, where it is written, copied by
/// page); the rest is decoded, by as many threads as LibTorch has.
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

/// The names under which a file may have a published one, the best first: as it is, then without or
/// with the part that names the model's body ("model.", "gpt_neox.", ...).
std::vector<std::string> names_in_file(const std::string& published,
                                       const std::string& architecture);

}  // namespace assay::lm
