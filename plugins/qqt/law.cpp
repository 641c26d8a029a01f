#include "plugins/qqt/law.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <stdexcept>
#include <tuple>

namespace qqt {
namespace {
constexpr double kMostEpochs = 1e6;
}  // namespace

Setting make_setting(const std::string& law, const std::string& form, double unit) {
  if (law != "utility" && law != "data")
    throw std::invalid_argument("law is utility or data, not \"" + law + "\"");
  if (form != "code" && form != "paper")
    throw std::invalid_argument("form is code or paper, not \"" + form + "\"");
  if (!(unit > 0) || !std::isfinite(unit))
    throw std::invalid_argument("the unit of samples is a number above 0");
  return {law == "utility" ? Law::utility : Law::data, form == "code" ? Form::code : Form::paper,
          unit};
}

const char* name_of(Law law) { return law == Law::utility ? "utility" : "data"; }
const char* name_of(Form form) { return form == Form::code ? "code" : "paper"; }

Epochs::Epochs(std::span<const double> n, double N) : N_(N), n_(n.begin(), n.end()) {
  if (!(N > 0) || !std::isfinite(N))
    throw std::invalid_argument("a pool's distinct samples are a number above 0");
  size_t most = 0;
  for (size_t j = 0; j < n_.size(); ++j) {
    if (!(n_[j] >= 0) || !std::isfinite(n_[j]) || (j && n_[j] < n_[j - 1]))
      throw std::invalid_argument("samples seen are ascending numbers from 0");
    if (n_[j] / N > kMostEpochs)
      throw std::invalid_argument(
          "more than a million repetitions of a pool: samples seen and "
          "distinct samples must have the same unit");
    const double K = std::floor(n_[j] / N);
    last_.push_back({static_cast<size_t>(K), K > 0 ? std::log(n_[j] / (N * K)) : 0, n_[j] - N * K});
    log_first_.push_back(std::log(std::min(n_[j], N)));
    most = std::max(most, last_.back().K);
  }
  for (size_t k = 1; k < most; ++k) full_.push_back(std::log1p(1 / static_cast<double>(k)));
}

void Epochs::decayed_logs(double tau, double* S, double* slope) const {
  const double decay = std::exp2(-1 / tau), rate = std::numbers::ln2 / tau;
  double sum = 0, sum_slope = 0, weight = decay;  // of epochs below k; 2^(-k / tau)
  size_t k = 1;
  for (size_t j = 0; j < n_.size(); ++j) {
    for (; k < last_[j].K; ++k, weight *= decay) {
      const double term = weight * full_[k - 1];
      sum += term;
      sum_slope += term * static_cast<double>(k);
    }
    const double term = last_[j].K ? weight * last_[j].ratio : 0;
    S[j] = sum + term;
    slope[j] = rate * (sum_slope + term * static_cast<double>(k));
  }
}

void Epochs::decayed_samples(double tau, double* G, double* slope) const {
  const double decay = std::exp2(-1 / tau), rate = std::numbers::ln2 / tau;
  double sum = 0, sum_slope = 0, weight = 1;
  size_t k = 0;
  for (size_t j = 0; j < n_.size(); ++j) {
    for (; k < last_[j].K; ++k, weight *= decay) {
      sum += weight * N_;
      sum_slope += weight * N_ * static_cast<double>(k);
    }
    const double term = weight * last_[j].samples;
    G[j] = sum + term;
    slope[j] = rate * (sum_slope + term * static_cast<double>(k));
  }
}

void evaluate(const Setting& s, const Epochs& epochs, const Parameters& p, double* error,
              Gradient* gradient, double* scratch) {
  const size_t m = epochs.size();
  double *const sum = scratch, *const slope = scratch + m;
  const double ln_scale = std::log(p.a / s.unit);
  if (s.law == Law::data) {
    epochs.decayed_samples(p.tau, sum, slope);
    for (size_t j = 0; j < m; ++j) {
      const bool some = sum[j] > 0;
      const double ln_D = some ? ln_scale + std::log(sum[j]) : 0;
      const double power = some ? std::exp(p.b * ln_D) : 0;
      error[j] = power + p.d;
      if (gradient)
        gradient[j] = {power * p.b, power * ln_D, some ? power * p.b * slope[j] / sum[j] : 0, 1};
    }
    return;
  }
  epochs.decayed_logs(p.tau, sum, slope);
  for (size_t j = 0; j < m; ++j) {
    const bool some = std::isfinite(epochs.log_first(j));
    const double ln_first = some ? ln_scale + epochs.log_first(j) : 0;
    const double power = some ? std::exp(p.b * (ln_first + sum[j])) : 0;
    const double R = s.form == Form::code ? std::exp(p.b * sum[j]) : 1;
    const double decaying = s.form == Form::code ? power + p.d * R : power;
    error[j] = power + p.d * R;
    if (gradient)
      gradient[j] = {power * p.b, power * ln_first + decaying * sum[j], decaying * p.b * slope[j],
                     R};
  }
}

Mixture::Mixture(const Setting& setting, double a, double d, std::vector<PoolLaw> pools,
                 double gamma)
    : setting_(setting), a_(a), d_(d), pools_(std::move(pools)) {
  if (pools_.empty()) throw std::invalid_argument("a mixture has at least one pool");
  for (const PoolLaw& p : pools_) {
    if (!(p.N > 0) || !(p.tau > 0) || !(a > 0) || !std::isfinite(p.N + p.tau + p.b + a))
      throw std::invalid_argument("a pool's N and tau, and a, are numbers above 0");
    N_ += p.N;
  }
  for (PoolLaw& p : pools_) p.tau *= std::pow(N_ / p.N, gamma);
}

std::vector<double> Mixture::errors(std::span<const double> n) const {
  const Epochs epochs(n, N_);
  return setting_.law == Law::utility ? utility(epochs) : data(epochs);
}

double Mixture::error(double n) const { return errors(std::span(&n, 1)).front(); }

std::vector<double> Mixture::utility(const Epochs& epochs) const {
  const size_t m = epochs.size();
  std::vector<double> ln_R(m), S(m), slope(m), error(m);
  double b = 0;  // b_0
  for (const PoolLaw& p : pools_) {
    const double share = p.N / N_ * p.b;
    b += share;
    epochs.decayed_logs(p.tau, S.data(), slope.data());
    for (size_t j = 0; j < m; ++j) ln_R[j] += share * S[j];
  }
  const double ln_scale = std::log(a_ / setting_.unit);
  for (size_t j = 0; j < m; ++j) {
    const double R = std::exp(ln_R[j]), ln_first = epochs.log_first(j);
    const double power = std::isfinite(ln_first) ? std::exp(b * (ln_scale + ln_first)) : 0;
    error[j] = setting_.form == Form::code ? (power + d_) * R : power * R + d_;
  }
  return error;
}

std::vector<double> Mixture::data(const Epochs& epochs) const {
  const double scale = a_ / setting_.unit;
  std::vector<double> weight(pools_.size()), decay(pools_.size()), error(epochs.size());
  for (size_t i = 0; i < pools_.size(); ++i) {
    weight[i] = pools_[i].N / N_;
    decay[i] = std::exp2(-1 / pools_[i].tau);
  }
  double D = 0, ln_E = 0;  // after the epochs below k
  double fresh = 1, b = 0;
  const auto begin_epoch = [&] {
    fresh = b = 0;
    for (size_t i = 0; i < pools_.size(); ++i) {
      fresh += weight[i];
      b += weight[i] * pools_[i].b;
    }
    b = fresh > 0 ? b / fresh : 0;
  };
  // D_0^{b_0} in the first epoch, and the product's next factor in the others.
  const auto grown = [&](double samples, size_t k) {
    const double now = D + scale * samples * fresh;
    const double factor = k == 0 ? b * std::log(now) : b * std::log(now / D);
    return std::pair(now, now > 0 ? ln_E + factor : -std::numeric_limits<double>::infinity());
  };
  begin_epoch();
  size_t k = 0;
  for (size_t j = 0; j < epochs.size(); ++j) {
    for (; k < epochs.last_[j].K; ++k) {
      std::tie(D, ln_E) = grown(N_, k);
      for (size_t i = 0; i < pools_.size(); ++i) weight[i] *= decay[i];
      begin_epoch();
    }
    error[j] = std::exp(grown(epochs.last_[j].samples, k).second) + d_;
  }
  return error;
}

}  // namespace qqt
