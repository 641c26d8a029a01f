// The decoder (decoder.hpp) by hand, for CPUs: a block of rows goes forward and backward while all
// of it is in the cache, E = W_e tau + b_e is worked out once for each timestep that a step meets,
// and nothing is allocated. All parameters lie in one buffer, whose gradients and moments have the
// same layout.
#pragma once
#include "plugins/diffusion/kernels.hpp"
#include "plugins/diffusion/learner.hpp"

#include <string>
#include <vector>

namespace diffusion {

/// Where a published tensor (rows, columns) lies in the buffer: element (r, c) at
/// at + r * stride + c, or at + c * stride + r if it is kept transposed. Padding is zero.
struct Slice {
  std::string name;
  std::vector<int64_t> shape;  // published
  int64_t at, rows, columns, stride;
  bool transposed;
};

class FusedDecoder {
 public:
  explicit FusedDecoder(const ModelConfig& config, const Kernels& kernels = diffusion::kernels());

  const std::vector<Slice>& layout() const { return layout_; }
  int64_t size() const { return size_; }  // of a buffer, padding included

  /// Takes over the parameters' present values; call after every change of them.
  void use(const float* parameters);

  /// Losses of the batch, and the gradient (size()) of their mean at the parameters in use. What it
  /// adds up in which order depends on the batch's size alone, not on threads.
  void differentiate(Batch& batch, const Objective& objective, float* gradient);

  /// Works out E for every timestep; `answer` needs it after `use`.
  void tabulate();
  /// out (n, O) of x (n, D) at timestep t. Rows are independent, to the bit.
  void answer(const float* x, int64_t n, int64_t t, float* out);

  int64_t outputs() const { return O_; }

 private:
  struct Layer {  // places in a buffer
    int64_t gamma1, beta1, W1, gamma2, beta2, W2, We, be;
  };
  struct PackedLayer {  // places among the packed weights; back: for gradients
    int64_t W1, W1_back, W2, W2_back, We, We_back;
  };
  struct Packing {
    int64_t from, rows, columns, to;
    bool transpose;
  };
  /// What one block of rows keeps between its way forward and its way back.
  struct Workspace {
    Floats x, o, u, y, answer, gradient, normal, inverse, d, dh, d_o;
    std::vector<Floats> h, g, normal1, normal2, inverse1, inverse2;
  };
  /// A fixed share of a batch's blocks, with sums of its own.
  struct Lane {
    Workspace work;
    Floats gradient, dE;
  };

  int64_t place(const std::string& name, std::vector<int64_t> shape, int64_t rows, int64_t columns,
                bool transposed = false);
  int64_t packed(int64_t from, int64_t rows, int64_t columns, bool transpose);
  Workspace workspace(bool keep) const;
  Norm norm(int64_t gamma, int64_t beta, float slope) const;
  const float* weights(int64_t at) const { return packed_.data() + at; }

  void find_timesteps(const Batch& batch);
  Floats embeddings(const ModelConfig& config) const;
  void time_forward();
  void time_backward(int64_t count, const float* dE, float* gradient);
  void forward(Workspace& w, const float* x, int64_t m, const float* E, int64_t E_layer,
               const int32_t* slot, bool keep) const;
  void backward(Workspace& w, int64_t m, const int32_t* slot, float* gradient, float* dE,
                int64_t dE_layer) const;
  void run_lane(Lane& lane, Batch& batch, const Objective& objective, int64_t first, int64_t last);

  const Kernels& k_;
  int64_t D_, O_, F_, L_, unique_, n_, out_;  // n_, out_: F and O, padded
  int64_t block_;                             // rows
  bool in_bias_;
  int64_t timesteps_;
  Floats embeddings_;  // (T, n)

  std::vector<Slice> layout_;
  int64_t size_ = 0;
  int64_t Win_, bin_, gamma_, beta_, Wout_, bout_, Wt_, bt_;
  std::vector<Layer> layers_;
  std::vector<PackedLayer> packed_layers_;
  int64_t packed_Win_, packed_Wout_, packed_Wout_back_, packed_Wt_;
  std::vector<Packing> packings_;
  const float* p_ = nullptr;
  Floats packed_;

  std::vector<int64_t> times_;           // that a step meets, ascending
  std::vector<int32_t> slot_of_, slot_;  // by timestep; by example
  Floats e_, tau_, E_, dtau_;            // (times, n), E (unique, times, n)
  std::vector<Lane> lanes_;
  Floats table_;                      // E of all timesteps, (unique, T, n)
  std::vector<Workspace> answering_;  // one for each thread
};

}  // namespace diffusion
