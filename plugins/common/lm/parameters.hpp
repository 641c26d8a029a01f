// The parameters of a model by their published names, and how a model asks for them while it is
// built: from a file, from a checkpoint, or fresh.
//
//   Scope root(source, parameters);
//   Linear q = (root / "model" / "layers" / 3 / "self_attn").linear("q_proj", C, H * D, false);
#pragma once
#include "plugins/common/lm/layers.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace assay::lm {

/// How a fresh parameter begins.
enum class Init { normal, zeros, ones };

/// Where parameters come from.
class Source {
 public:
  virtual ~Source() = default;
  /// The tensor of that name and shape. std::invalid_argument if it is missing or of another shape.
  virtual at::Tensor get(const std::string& name, at::IntArrayRef shape, Init init) = 0;
  /// Whether there is one: for optional parts of a model.
  virtual bool has(const std::string& name) const = 0;
};

/// A stream of a name's own under a key, so that neither the order of draws nor another name's
/// changes them. On the CPU.
at::Generator stream_of(uint64_t key, const std::string& name);

/// Fresh parameters: N(0, range) from a stream of each name's own, so that neither the order of
/// construction nor another layer changes them.
class FreshSource final : public Source {
 public:
  FreshSource(uint64_t key, double range) : key_(key), range_(range) {}
  at::Tensor get(const std::string& name, at::IntArrayRef shape, Init init) override;
  bool has(const std::string&) const override { return true; }

 private:
  uint64_t key_;
  double range_;
};

/// All parameters and products of a model, in forward order.
struct Parameters {
  std::vector<std::pair<std::string, at::Tensor>> list;  // published name, tensor
  std::vector<Linear> linears;                           // all but the head

  const at::Tensor* find(const std::string& name) const;
};

/// A place in a model's tree of names.
class Scope {
 public:
  Scope(Source& source, Parameters& parameters, std::string prefix = "")
      : source_(source), parameters_(parameters), prefix_(std::move(prefix)) {}

  Scope operator/(const std::string& part) const;
  Scope operator/(int64_t index) const { return *this / std::to_string(index); }

  at::Tensor tensor(const std::string& name, at::IntArrayRef shape, Init init) const;
  bool has(const std::string& name) const { return source_.has(prefix_ + name); }

  /// NAME.weight (out, in) and, if `bias`, NAME.bias (out,).
  Linear linear(const std::string& name, int64_t in, int64_t out, bool bias) const;
  /// GPT-2's Conv1D: NAME.weight (in, out).
  Linear conv1d(const std::string& name, int64_t in, int64_t out) const;
  /// What logits come from: NAME.weight (out, in), or `tied` if that is defined, and, if `bias`,
  /// NAME.bias (out,). It is not among the products of the parameters.
  Linear head(const std::string& name, int64_t in, int64_t out, const at::Tensor& tied,
              bool bias = false) const;
  /// NAME.weight (rows, width).
  at::Tensor embedding(const std::string& name, int64_t rows, int64_t width) const;
  Norm layer_norm(const std::string& name, int64_t width, double eps) const;
  Norm rms_norm(const std::string& name, int64_t width, double eps) const;

 private:
  Source& source_;
  Parameters& parameters_;
  std::string prefix_;
};

}  // namespace assay::lm
