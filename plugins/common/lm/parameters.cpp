#include "plugins/common/lm/parameters.hpp"

#include <ATen/CPUGeneratorImpl.h>

namespace assay::lm {
namespace {

/// FNV-1a, 64 bits.
uint64_t hash_of(const std::string& text) {
  uint64_t h = 0xcbf29ce484222325u;
  for (const char c : text) h = (h ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
  return h;
}

}  // namespace

at::Generator stream_of(uint64_t key, const std::string& name) {
  return at::detail::createCPUGenerator(key ^ hash_of(name));
}

at::Tensor FreshSource::get(const std::string& name, at::IntArrayRef shape, Init init) {
  if (init == Init::zeros) return at::zeros(shape);
  if (init == Init::ones) return at::ones(shape);
  return at::empty(shape).normal_(0, range_, stream_of(key_, name));
}

const at::Tensor* Parameters::find(const std::string& name) const {
  for (const auto& [own, tensor] : list)
    if (own == name) return &tensor;
  return nullptr;
}

Scope Scope::operator/(const std::string& part) const {
  return {source_, parameters_, prefix_ + part + "."};
}

at::Tensor Scope::tensor(const std::string& name, at::IntArrayRef shape, Init init) const {
  const auto full = prefix_ + name;
  const auto tensor = source_.get(full, shape, init);
  parameters_.list.emplace_back(full, tensor);
  return tensor;
}

Linear Scope::linear(const std::string& name, int64_t in, int64_t out, bool bias) const {
  const auto part = *this / name;
  Linear linear({.name = prefix_ + name, .in = in, .out = out});
  linear->weight = part.tensor("weight", {out, in}, Init::normal);
  if (bias) linear->bias = part.tensor("bias", {out}, Init::zeros);
  parameters_.linears.push_back(linear);
  return linear;
}

Linear Scope::conv1d(const std::string& name, int64_t in, int64_t out) const {
  const auto part = *this / name;
  Linear linear({.name = prefix_ + name, .transposed = true, .in = in, .out = out});
  linear->weight = part.tensor("weight", {in, out}, Init::normal);
  linear->bias = part.tensor("bias", {out}, Init::zeros);
  parameters_.linears.push_back(linear);
  return linear;
}

Linear Scope::head(const std::string& name, int64_t in, int64_t out, const at::Tensor& tied,
                   bool bias) const {
  const auto part = *this / name;
  Linear linear({.name = prefix_ + name, .weight = tied, .in = in, .out = out});
  if (!tied.defined()) linear->weight = part.tensor("weight", {out, in}, Init::normal);
  if (bias) linear->bias = part.tensor("bias", {out}, Init::zeros);
  return linear;
}

at::Tensor Scope::embedding(const std::string& name, int64_t rows, int64_t width) const {
  return (*this / name).tensor("weight", {rows, width}, Init::normal);
}

Norm Scope::layer_norm(const std::string& name, int64_t width, double eps) const {
  const auto part = *this / name;
  const auto weight = part.tensor("weight", {width}, Init::ones);
  return {weight, part.tensor("bias", {width}, Init::zeros), eps, false};
}

Norm Scope::rms_norm(const std::string& name, int64_t width, double eps) const {
  return {(*this / name).tensor("weight", {width}, Init::ones), {}, eps, true};
}

}  // namespace assay::lm
