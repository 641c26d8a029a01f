#include "plugins/diffusion/decoder.hpp"
#include "plugins/diffusion/fused_decoder.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

namespace diffusion {
namespace {

constexpr auto kLeak = static_cast<float>(kSlope);

void grow(Floats& v, int64_t size) {
  if (static_cast<int64_t>(v.size()) < size) v.resize(static_cast<size_t>(size));
}

void fill_rows(float* to, const float* row, int64_t m, int64_t n) {
  for (int64_t i = 0; i < m; ++i) std::copy_n(row, n, to + i * n);
}

}  // namespace

FusedDecoder::FusedDecoder(const ModelConfig& config, const Kernels& kernels)
    : k_(kernels),
      D_(config.network.features()),
      O_(config.network.outputs()),
      F_(config.network.width),
      L_(config.network.layers),
      unique_(config.network.share_layers ? 1 : L_),
      n_(padded(F_, kLanes)),
      out_(padded(O_, kLanes)),
      block_(n_ <= 64 ? 16 * kTile : 8 * kTile),
      in_bias_(config.network.in_bias),
      timesteps_(config.timesteps),
      embeddings_(embeddings(config)) {
  // Lay the parameters out, in the order in which the module publishes them.
  const auto matrix = [&](const std::string& name) { return place(name, {F_, F_}, n_, n_); };
  const auto vector = [&](const std::string& name) { return place(name, {F_}, 1, n_); };
  Win_ = place("in_fc.weight", {F_, D_}, D_, n_, true);
  bin_ = in_bias_ ? vector("in_fc.bias") : 0;
  for (int64_t l = 0; l < unique_; ++l) {
    const auto in = "temp_fc." + std::to_string(l) + ".";
    layers_.push_back({vector(in + "norm1.weight"), vector(in + "norm1.bias"),
                       matrix(in + "fc1.weight"), vector(in + "norm2.weight"),
                       vector(in + "norm2.bias"), matrix(in + "fc2.weight"),
                       matrix(in + "enc.weight"), vector(in + "enc.bias")});
  }
  gamma_ = vector("out_norm.weight");
  beta_ = vector("out_norm.bias");
  Wout_ = place("out_fc.weight", {O_, F_}, out_, n_);
  bout_ = place("out_fc.bias", {O_}, 1, out_);
  Wt_ = matrix("t_proj.0.weight");
  bt_ = vector("t_proj.0.bias");

  // Say which of them are packed, for the way forward and for the way back.
  packed_Win_ = packed(Win_, D_, n_, false);
  for (const auto& l : layers_)
    packed_layers_.push_back({packed(l.W1, n_, n_, true), packed(l.W1, n_, n_, false),
                              packed(l.W2, n_, n_, true), packed(l.W2, n_, n_, false),
                              packed(l.We, n_, n_, true), packed(l.We, n_, n_, false)});
  packed_Wout_ = packed(Wout_, out_, n_, true);
  packed_Wout_back_ = packed(Wout_, O_, n_, false);
  packed_Wt_ = packed(Wt_, n_, n_, true);
}

int64_t FusedDecoder::place(const std::string& name, std::vector<int64_t> shape, int64_t rows,
                            int64_t columns, bool transposed) {
  const bool flat = shape.size() == 1;
  const int64_t r = flat ? 1 : shape[0], c = shape.back(), at = size_;
  layout_.push_back({name, std::move(shape), at, r, c, columns, transposed});
  size_ += rows * columns;
  return at;
}

int64_t FusedDecoder::packed(int64_t from, int64_t rows, int64_t columns, bool transpose) {
  const auto to = static_cast<int64_t>(packed_.size());
  packings_.push_back({from, rows, columns, to, transpose});
  packed_.resize(packed_.size() + static_cast<size_t>(rows * columns));
  return to;
}

void FusedDecoder::use(const float* parameters) {
  p_ = parameters;
  for (const auto& p : packings_)
    pack(parameters + p.from, p.rows, p.columns, p.transpose, packed_.data() + p.to);
}

FusedDecoder::Workspace FusedDecoder::workspace(bool keep) const {
  const auto rows = static_cast<size_t>(block_), all = static_cast<size_t>(block_ * n_);
  const auto layers = static_cast<size_t>(keep ? L_ : 1);
  Workspace w;
  w.x = Floats(static_cast<size_t>(block_ * D_));
  w.o = w.u = w.y = Floats(all);
  w.answer = Floats(static_cast<size_t>(block_ * out_));
  w.h = w.g = std::vector<Floats>(layers, Floats(all));
  if (!keep) return w;
  w.gradient = w.answer;
  w.normal = w.d = w.dh = w.d_o = Floats(all);
  w.inverse = Floats(rows);
  w.normal1 = w.normal2 = w.h;
  w.inverse1 = w.inverse2 = std::vector<Floats>(layers, Floats(rows));
  return w;
}

Norm FusedDecoder::norm(int64_t gamma, int64_t beta, float slope) const {
  return {p_ + gamma, p_ + beta, F_, n_, slope, static_cast<float>(kNormEpsilon)};
}

/// Sorts out which timesteps a batch has, and which row of E each example needs.
void FusedDecoder::find_timesteps(const Batch& batch) {
  slot_of_.assign(static_cast<size_t>(timesteps_), -1);
  for (const auto t : batch.t) slot_of_[static_cast<size_t>(t)] = 0;
  times_.clear();
  for (int64_t t = 0; t < timesteps_; ++t)
    if (auto& slot = slot_of_[static_cast<size_t>(t)]; slot == 0) {
      slot = static_cast<int32_t>(times_.size());
      times_.push_back(t);
    }
  slot_.resize(batch.t.size());
  for (size_t i = 0; i < slot_.size(); ++i) slot_[i] = slot_of_[static_cast<size_t>(batch.t[i])];
}

/// [sin(t omega) .., cos(t omega) ..] of every timestep, as floats: (T, n).
Floats FusedDecoder::embeddings(const ModelConfig& config) const {
  const auto half = static_cast<size_t>(F_ / 2);
  const auto omega = time_frequencies(F_);
  Floats e(static_cast<size_t>(timesteps_ * n_));
  for (int64_t t = 0; t < timesteps_; ++t)
    for (size_t j = 0; j < half; ++j) {
      const auto told = static_cast<float>(static_cast<double>(t) * config.time_scale());
      const double angle = static_cast<double>(told) * omega[j];
      e[static_cast<size_t>(t * n_) + j] = static_cast<float>(std::sin(angle));
      e[static_cast<size_t>(t * n_) + half + j] = static_cast<float>(std::cos(angle));
    }
  return e;
}

/// tau (count, n) and E (unique, count, n) of the timesteps `times_`.
void FusedDecoder::time_forward() {
  const auto count = static_cast<int64_t>(times_.size());
  const int64_t apart = padded(count, kTile) * n_;
  for (auto* v : {&e_, &tau_, &dtau_}) grow(*v, apart);
  grow(E_, unique_ * apart);
  for (int64_t i = 0; i < count; ++i)
    std::copy_n(&embeddings_[static_cast<size_t>(times_[static_cast<size_t>(i)] * n_)], n_,
                &e_[static_cast<size_t>(i * n_)]);
  fill_rows(tau_.data(), p_ + bt_, count, n_);
  k_.multiply(e_.data(), n_, weights(packed_Wt_), tau_.data(), count, n_, n_, true);
  k_.leaky(tau_.data(), count * n_, kLeak);
  for (int64_t l = 0; l < unique_; ++l) {
    float* E = E_.data() + l * apart;
    const auto i = static_cast<size_t>(l);
    fill_rows(E, p_ + layers_[i].be, count, n_);
    k_.multiply(tau_.data(), n_, weights(packed_layers_[i].We), E, count, n_, n_, true);
  }
}

void FusedDecoder::time_backward(int64_t count, const float* dE, float* gradient) {
  const auto accumulate = [&](const float* dy, const float* x, int64_t W, int64_t b) {
    k_.add_rows(dy, count, n_, gradient + b);
    for (int64_t at = 0; at < count; at += block_)
      k_.multiply_transposed(dy + at * n_, n_, x + at * n_, gradient + W,
                             std::min(block_, count - at), n_, n_);
  };
  for (int64_t l = 0; l < unique_; ++l) {
    const auto i = static_cast<size_t>(l);
    const float* d = dE + l * padded(count, kTile) * n_;
    accumulate(d, tau_.data(), layers_[i].We, layers_[i].be);
    k_.multiply(d, n_, weights(packed_layers_[i].We_back), dtau_.data(), count, n_, n_, l > 0);
  }
  k_.leaky_back(tau_.data(), dtau_.data(), count * n_, kLeak);
  accumulate(dtau_.data(), e_.data(), Wt_, bt_);
}

/// w.answer (m, out) of x (m, D). Example i uses row slot[i] of E, or the first row without slots;
/// layers' tables are E_layer apart.
void FusedDecoder::forward(Workspace& w, const float* x, int64_t m, const float* E, int64_t E_layer,
                           const int32_t* slot, bool keep) const {
  std::copy_n(x, m * D_, w.x.data());
  if (in_bias_) fill_rows(w.o.data(), p_ + bin_, m, n_);
  k_.multiply(w.x.data(), D_, weights(packed_Win_), w.o.data(), m, D_, n_, in_bias_);
  for (int64_t l = 0; l < L_; ++l) {
    const auto own = static_cast<size_t>(l % unique_), at = static_cast<size_t>(keep ? l : 0);
    const auto& layer = layers_[own];
    const auto& packed = packed_layers_[own];
    float* normal1 = keep ? w.normal1[at].data() : nullptr;
    float* normal2 = keep ? w.normal2[at].data() : nullptr;
    float* inverse1 = keep ? w.inverse1[at].data() : nullptr;
    float* inverse2 = keep ? w.inverse2[at].data() : nullptr;
    const Extra time{E + static_cast<int64_t>(own) * E_layer, slot};
    k_.norm(norm(layer.gamma1, layer.beta1, kLeak), w.o.data(), {}, m, normal1, inverse1,
            w.h[at].data());
    k_.multiply(w.h[at].data(), n_, weights(packed.W1), w.u.data(), m, n_, n_, false);
    k_.norm(norm(layer.gamma2, layer.beta2, kLeak), w.u.data(), time, m, normal2, inverse2,
            w.g[at].data());
    k_.multiply(w.g[at].data(), n_, weights(packed.W2), w.o.data(), m, n_, n_, true);
  }
  k_.norm(norm(gamma_, beta_, 1), w.o.data(), {}, m, keep ? w.normal.data() : nullptr,
          keep ? w.inverse.data() : nullptr, w.y.data());
  fill_rows(w.answer.data(), p_ + bout_, m, out_);
  k_.multiply(w.y.data(), n_, weights(packed_Wout_), w.answer.data(), m, n_, out_, true);
}

/// From w.gradient (m, out) of the answers: adds to `gradient` and dE.
void FusedDecoder::backward(Workspace& w, int64_t m, const int32_t* slot, float* gradient,
                            float* dE, int64_t dE_layer) const {
  float *d = w.d.data(), *dh = w.dh.data(), *d_o = w.d_o.data();
  k_.add_rows(w.gradient.data(), m, out_, gradient + bout_);
  k_.multiply_transposed(w.gradient.data(), out_, w.y.data(), gradient + Wout_, m, O_, n_);
  k_.multiply(w.gradient.data(), out_, weights(packed_Wout_back_), d_o, m, O_, n_, false);
  k_.norm_back(norm(gamma_, beta_, 1), w.normal.data(), w.inverse.data(), m, d_o, nullptr,
               gradient + gamma_, gradient + beta_, nullptr, nullptr);
  for (int64_t l = L_ - 1; l >= 0; --l) {
    const auto own = static_cast<size_t>(l % unique_), at = static_cast<size_t>(l);
    const auto& layer = layers_[own];
    const auto& packed = packed_layers_[own];
    k_.multiply_transposed(d_o, n_, w.g[at].data(), gradient + layer.W2, m, n_, n_);
    k_.multiply(d_o, n_, weights(packed.W2_back), d, m, n_, n_, false);
    k_.norm_back(norm(layer.gamma2, layer.beta2, kLeak), w.normal2[at].data(),
                 w.inverse2[at].data(), m, d, nullptr, gradient + layer.gamma2,
                 gradient + layer.beta2, dE + static_cast<int64_t>(own) * dE_layer, slot);
    k_.multiply_transposed(d, n_, w.h[at].data(), gradient + layer.W1, m, n_, n_);
    k_.multiply(d, n_, weights(packed.W1_back), dh, m, n_, n_, false);
    k_.norm_back(norm(layer.gamma1, layer.beta1, kLeak), w.normal1[at].data(),
                 w.inverse1[at].data(), m, dh, d_o, gradient + layer.gamma1, gradient + layer.beta1,
                 nullptr, nullptr);
  }
  k_.multiply_transposed(w.x.data(), D_, d_o, gradient + Win_, m, D_, n_);
  if (in_bias_) k_.add_rows(d_o, m, n_, gradient + bin_);
}

/// Examples first .. last - 1, block by block.
void FusedDecoder::run_lane(Lane& lane, Batch& batch, const Objective& objective, int64_t first,
                            int64_t last) {
  const int64_t apart = padded(static_cast<int64_t>(times_.size()), kTile) * n_;
  std::fill(lane.gradient.begin(), lane.gradient.end(), 0.0f);
  std::fill_n(lane.dE.begin(), unique_ * apart, 0.0f);
  auto& w = lane.work;
  const float scale = 1 / static_cast<float>(batch.n);
  Floats &answer = w.answer, &gradient = w.gradient;
  for (int64_t at = first; at < last; at += block_) {
    const int64_t m = std::min(block_, last - at);
    const int32_t* slot = slot_.data() + at;
    forward(w, batch.x_t.data() + at * D_, m, E_.data(), apart, slot, true);
    for (int64_t i = 0; i < m; ++i)
      objective.grade(
          &answer[static_cast<size_t>(i * out_)], &batch.target[static_cast<size_t>((at + i) * D_)],
          &batch.t[static_cast<size_t>(at + i)], 1, D_, scale,
          &batch.losses[static_cast<size_t>(at + i)], &gradient[static_cast<size_t>(i * out_)]);
    backward(w, m, slot, lane.gradient.data(), lane.dE.data(), apart);
  }
}

void FusedDecoder::differentiate(Batch& batch, const Objective& objective, float* gradient) {
  find_timesteps(batch);
  const auto count = static_cast<int64_t>(times_.size());
  const int64_t apart = padded(count, kTile) * n_;
  time_forward();

  // Every lane has a run of the blocks.
  constexpr int64_t kMost = 8, kLeast = 256;  // lanes; examples of one
  const int64_t wanted = std::clamp<int64_t>(batch.n / kLeast, 1, kMost);
  const int64_t share = padded((batch.n + wanted - 1) / wanted, block_);
  const int64_t lanes = (batch.n + share - 1) / share;
  while (static_cast<int64_t>(lanes_.size()) < lanes)
    lanes_.push_back({workspace(true), Floats(static_cast<size_t>(size_)), {}});
  for (auto& lane : lanes_) grow(lane.dE, unique_ * apart);
  at::parallel_for(0, lanes, 1, [&](int64_t begin, int64_t end) {
    for (int64_t l = begin; l < end; ++l)
      run_lane(lanes_[static_cast<size_t>(l)], batch, objective, l * share,
               std::min(batch.n, (l + 1) * share));
  });

  // Their sums.
  auto& dE = lanes_[0].dE;
  std::copy_n(lanes_[0].gradient.data(), size_, gradient);
  for (int64_t l = 1; l < lanes; ++l) {
    const auto& lane = lanes_[static_cast<size_t>(l)];
    for (int64_t i = 0; i < size_; ++i) gradient[i] += lane.gradient[static_cast<size_t>(i)];
    for (size_t i = 0; i < static_cast<size_t>(unique_ * apart); ++i) dE[i] += lane.dE[i];
  }
  time_backward(count, dE.data(), gradient);
}

void FusedDecoder::tabulate() {
  times_.resize(static_cast<size_t>(timesteps_));
  for (int64_t t = 0; t < timesteps_; ++t) times_[static_cast<size_t>(t)] = t;
  const int64_t apart = padded(timesteps_, kTile) * n_;
  time_forward();
  table_.assign(E_.begin(), E_.begin() + unique_ * apart);
}

void FusedDecoder::answer(const float* x, int64_t n, int64_t t, float* out) {
  const int64_t lanes = at::get_num_threads();
  while (static_cast<int64_t>(answering_.size()) < lanes) answering_.push_back(workspace(false));
  const int64_t share = padded((n + lanes - 1) / lanes, block_);
  at::parallel_for(0, lanes, 1, [&](int64_t begin, int64_t end) {
    for (int64_t l = begin; l < end; ++l) {
      auto& w = answering_[static_cast<size_t>(l)];
      for (int64_t at = l * share; at < std::min(n, (l + 1) * share); at += block_) {
        const int64_t m = std::min({block_, n - at, (l + 1) * share - at});
        forward(w, x + at * D_, m, table_.data() + t * n_, padded(timesteps_, kTile) * n_, nullptr,
                false);
        for (int64_t i = 0; i < m; ++i)
          std::copy_n(&w.answer[static_cast<size_t>(i * out_)], O_, out + (at + i) * O_);
      }
    }
  });
}

}  // namespace diffusion
