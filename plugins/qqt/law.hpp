// The laws: the error of a model that has seen n samples of a pool of N, most of them repeatedly.
//
//   k = 0 .. K     epochs, K = floor(n / N); l_k = N k and h_k = min(N (k + 1), n) are their edges
//   u              unit of samples (100 000 in the released code)
//   a > 0, b < 0, tau > 0, d >= 0     scale, utility exponent (more negative: better), half-life in
//                                     repetitions (the released code's c), irreducible error
//
// Law U, decaying utility, exponent b_k = b 2^(-k / tau) in epoch k:
//   code form      E = [(a h_0 / u)^b + d] prod_{k=1..K} (h_k / l_k)^{b_k}
//   paper form     E = (a h_0 / u)^b prod_{k=1..K} (h_k / l_k)^{b_k} + d
// Law D, decaying data (after Muennighoff et al. 2023), in both forms:
//   D = (a / u) sum_{k=0..K} (h_k - l_k) 2^(-k / tau),  E = D^b + d
// In the code form d decays with the products; the released parameters are of that form. The forms
// agree for n <= N. At n = 0 the first term counts as 0, so E = d. E is not bounded by 1.
#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace qqt {

enum class Law { utility, data };
enum class Form { code, paper };

struct Setting {
  Law law = Law::utility;
  Form form = Form::paper;
  double unit = 1e5;  // u
};

/// From the words that parameters and tables have: "utility" or "data", "code" or "paper"; anything
/// else is std::invalid_argument. And back.
Setting make_setting(const std::string& law, const std::string& form, double unit);
const char* name_of(Law law);
const char* name_of(Form form);

/// What of a curve does not depend on parameters: the log-ratios of its epochs. All sums over
/// epochs run once over the largest K for all points; 2^(-k / tau) that underflows is harmless.
class Epochs {
 public:
  /// `n` ascending, finite and >= 0; N > 0. std::invalid_argument otherwise, or above 10^6 epochs.
  Epochs(std::span<const double> n, double N);

  size_t size() const { return n_.size(); }
  /// ln h_0 of point j; -inf at n = 0.
  double log_first(size_t j) const { return log_first_[j]; }
  /// S_j = sum_{k=1..K_j} 2^(-k / tau) ln(h_k / l_k), and dS_j / d ln tau. (points,) each.
  void decayed_logs(double tau, double* S, double* slope) const;
  /// G_j = sum_{k=0..K_j} 2^(-k / tau) (h_k - l_k), and dG_j / d ln tau. (points,) each.
  void decayed_samples(double tau, double* G, double* slope) const;

 private:
  friend class Mixture;
  struct Last {
    size_t K;        // floor(n / N)
    double ratio;    // ln(n / (N K)); 0 if K = 0
    double samples;  // n - N K
  };
  double N_;
  std::vector<double> n_, log_first_;
  std::vector<Last> last_;
  std::vector<double> full_;  // ln((k + 1) / k), k from 1: the log-ratio of a whole epoch
};

struct Parameters {
  double a = 0, b = 0, tau = 0, d = 0;
};

/// |b| above which a curve is a warm-up or a floor and no power law.
constexpr double kSteep = 0.7;

/// Their names, and the value of the one at that place.
inline constexpr std::array kParameters{"a", "b", "tau", "d"};
inline double value_of(const Parameters& p, size_t place) {
  return place == 0 ? p.a : place == 1 ? p.b : place == 2 ? p.tau : p.d;
}

/// dE / d of each, where tau's is of its logarithm and a's too.
struct Gradient {
  double ln_a, b, ln_tau, d;
};

/// The error at every point of `epochs`, and its derivatives if `gradient` is not null; (points,)
/// each. `scratch` holds 2 * points numbers.
void evaluate(const Setting& setting, const Epochs& epochs, const Parameters& p, double* error,
              Gradient* gradient, double* scratch);

/// One of the pools of a mixture.
struct PoolLaw {
  double N, b, tau;
};

/// Pools, uniformly shuffled together, with a common a and d. With N_mix = sum N_i, w_i = N_i /
/// N_mix, and the half-life of each pool stretched to tau_i (N_mix / N_i)^gamma:
///   law U   b_k = sum w_i b_i 2^(-k / tau^_i), k >= 0, in the forms above
///   law D   b_k = sum w_i b_i 2^(-k / tau^_i) / sum w_i 2^(-k / tau^_i),
///           D_k - D_{k-1} = (a / u) (h_k - l_k) sum w_i 2^(-k / tau^_i),
///           E = D_0^{b_0} prod_{k>=1} (D_k / D_{k-1})^{b_k} + d
/// For q equal pools and gamma = 1 these are the paper's rules, tau^ = q tau; unequal pools and
/// gamma are ours. One pool is its own law.
class Mixture {
 public:
  Mixture(const Setting& setting, double a, double d, std::vector<PoolLaw> pools, double gamma = 1);
  /// Distinct samples of all pools.
  double N() const { return N_; }
  /// At each of `n`, ascending.
  std::vector<double> errors(std::span<const double> n) const;
  double error(double n) const;

 private:
  std::vector<double> utility(const Epochs& epochs) const;
  std::vector<double> data(const Epochs& epochs) const;
  Setting setting_;
  double a_, d_, N_ = 0;
  std::vector<PoolLaw> pools_;  // with stretched half-lives
};

}  // namespace qqt
