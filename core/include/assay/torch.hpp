// assay/torch.hpp - at::Tensor <-> assay_tensor, and a run's threads, seed and device. Only for
// plugins that use LibTorch.
#pragma once
#include <assay/plugin.hpp>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <string>
#include <vector>

namespace assay __attribute__((visibility("hidden"))) {
  inline namespace v0 {

  inline const bool brief_errors = [] {
    explain = [](const std::exception& e) {
      const auto* torch_error = dynamic_cast<const c10::Error*>(&e);
      return std::string(torch_error ? torch_error->what_without_backtrace() : e.what());
    };
    return true;
  }();

  inline assay_dtype dtype_of(at::ScalarType t) {
    switch (t) {
      case at::kFloat: return {ASSAY_DT_FLOAT, 32, 1};
      case at::kDouble: return {ASSAY_DT_FLOAT, 64, 1};
      case at::kHalf: return {ASSAY_DT_FLOAT, 16, 1};
      case at::kBFloat16: return {ASSAY_DT_BFLOAT, 16, 1};
      case at::kLong: return {ASSAY_DT_INT, 64, 1};
      case at::kInt: return {ASSAY_DT_INT, 32, 1};
      case at::kShort: return {ASSAY_DT_INT, 16, 1};
      case at::kChar: return {ASSAY_DT_INT, 8, 1};
      case at::kByte: return {ASSAY_DT_UINT, 8, 1};
      case at::kBool: return {ASSAY_DT_BOOL, 8, 1};
      default: throw Error(ASSAY_UNSUPPORTED, "this tensor type cannot be logged");
    }
  }
  inline at::ScalarType scalar_type(assay_dtype t) {
    for (auto s : {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16, at::kLong, at::kInt,
                   at::kShort, at::kChar, at::kByte, at::kBool})
      if (detail::same(dtype_of(s), t)) return s;
    throw Error(ASSAY_UNSUPPORTED, "LibTorch has no such tensor type");
  }

  /// A view of `t` for the length of one host call. Copies only what is not in CPU memory.
  class View {
   public:
    explicit View(const at::Tensor& t) : keep_(t.detach().cpu()) {}
    operator assay_tensor() const {  // NOLINT(google-explicit-constructor)
      return {keep_.numel() ? keep_.data_ptr() : nullptr,
              {ASSAY_CPU, 0},
              static_cast<int32_t>(keep_.dim()),
              dtype_of(keep_.scalar_type()),
              keep_.sizes().data(),
              keep_.strides().data(),
              0};
    }

   private:
    at::Tensor keep_;
  };

  /// The entries of a checkpoint, or the columns of a table, gathered one by one; keeps its tensors
  /// alive. Pass `list()` to job.save or job.rows.
  class Columns {
   public:
    Columns& add(const std::string& name, const at::Tensor& t) {
      list_.emplace_back(name, assay_tensor(views_.emplace_back(t)));
      return *this;
    }
    template <class T>
    Columns& add(const std::string& name, const std::vector<T>& borrowed) {
      list_.emplace_back(name, borrowed);
      return *this;
    }
    /// One string, which is copied.
    Columns& add(const std::string& name, const std::string& text) {
      return add(name, texts_.emplace_back(1, text));
    }
    const std::vector<Column>& list() const { return list_; }

   private:
    std::deque<View> views_;
    std::deque<std::vector<std::string>> texts_;
    std::vector<Column> list_;
  };

  /// Item `key` of an opened input, on the CPU.
  inline at::Tensor read_tensor(const Reader& reader, const std::string& key) {
    const size_t i = reader.index(key);
    const auto about = reader.about(i).second;
    auto out = at::empty({about.shape, static_cast<size_t>(about.ndim)},
                         at::TensorOptions().dtype(scalar_type(about.dtype)));
    reader.read_into(i, out.data_ptr(), about);
    return out;
  }

  /// Call first in run(): sets the threads of this process, seeds LibTorch's default generator from
  /// the stream "torch", and returns the device. Thread counts can only be set here: the libraries
  /// read their environment variables when they are loaded, before the run is known.
  inline at::Device begin(const Job& job) {
    at::set_num_threads(job.threads());
    const at::Device device(
        job.device().type == ASSAY_CUDA ? at::kCUDA : at::kCPU,
        static_cast<c10::DeviceIndex>(job.device().type == ASSAY_CUDA ? job.device().index : -1));
    if (device.is_cuda()) {  // the same bits again, and 32-bit floats that are
      at::globalContext().setDeterministicCuDNN(true);
      at::globalContext().setBenchmarkCuDNN(false);
      at::globalContext().setAllowTF32CuDNN(false);
    }
    auto generator = at::globalContext().defaultGenerator(at::Device(at::kCPU));
    generator.set_current_seed(job.key("torch"));
    return device;
  }

  }  // namespace v0
}  // namespace assay
