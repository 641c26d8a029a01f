// The hallucination metric: how much a chain still changes its mind about the clean sample while it
// denoises the last steps. Computed as the chain runs, so that no trajectory is kept.
//
// Over a window W of visited timesteps, with x0^(t) the predicted clean sample of D features, m its
// mean over W and snr_t = alpha_bar_t / (1 - alpha_bar_t):
//   variance        1/|W| sum_W |x0^(t) - m|^2 / D            (Aithal et al. 2024, the paper's Hal)
//   path_length     sum_W |x0^(t) - x0^(t')|_1 / D           t' the visited timestep before t
//   noise_weighted  1/|W| sum_W snr_t |x0^(t) - m|^2 / D
// High means hallucinated.
#pragma once
#include "plugins/diffusion/schedule.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace diffusion {

enum class Score { variance, path_length, noise_weighted };
constexpr std::array<const char*, 3> kScores{"variance", "path_length", "noise_weighted"};
#define DIFFUSION_SCORES "variance", "path_length", "noise_weighted"
/// By its name; std::invalid_argument for any other.
Score score_named(const std::string& name);

/// The timesteps lo <= t < hi of the training chain.
struct Window {
  int64_t lo = 0, hi = 10;
  bool holds(int64_t t) const { return lo <= t && t < hi; }
};

/// Pairs {lo, hi, lo, hi, ...} as parameters give them. std::invalid_argument unless they are
/// pairs with 0 <= lo < hi.
std::vector<Window> windows_of(const std::vector<int64_t>& ends);

/// The window that separates best where the modes' spacing is known: [0, hi) up to and including
/// the last t at which the noise sqrt((1 - alpha_bar_t) / alpha_bar_t) of x0^ is below 0.14 of the
/// spacing. Above it every chain still decides between modes; far below it none does. With the
/// paper's schedule and spacing 1 it is [0, 10), the paper's. It is widened to hold the two least
/// noisy of `visited`. Ours: 0.12 to 0.2 served in experiments.
Window auto_window(const Schedule& schedule, std::span<const int64_t> visited, double spacing);

/// alpha_bar_t / (1 - alpha_bar_t) of each of `visited`.
std::vector<double> signal_to_noise(const Schedule& schedule, std::span<const int64_t> visited);

/// All scores over several windows at once, of n chains of D features. Welford's recurrences in
/// double: exact to rounding, whatever the offset of the data.
class WindowScores {
 public:
  /// visited: the timesteps of the chain as it runs, from the noisiest down; snr: theirs.
  /// std::invalid_argument if `visited` does not descend, or a window holds fewer than two of them.
  WindowScores(std::vector<Window> windows, std::span<const int64_t> visited,
               std::span<const double> snr, int64_t n, int64_t features);

  /// Whether any window holds t: elsewhere x0^ need not be computed.
  bool wants(int64_t t) const;
  /// x0 (rows, D): the predictions at t for the chains from `first`. Each chain must be seen once
  /// at every visited t, in the chain's order; a t that no window holds may be left out. Calls for
  /// disjoint chains may overlap in time.
  void see(int64_t t, const float* x0, int64_t first, int64_t rows);

  size_t windows() const { return windows_.size(); }
  const Window& window(size_t w) const { return windows_[w].window; }
  /// How many visited timesteps window w holds.
  int64_t visited(size_t w) const { return windows_[w].visited; }
  /// Of one chain, once all of the window has been seen.
  double score(Score score, size_t w, int64_t chain) const;
  /// The same of all chains, (n,).
  std::vector<double> scores(Score score, size_t w) const;

 private:
  struct Sums {
    Window window;
    int64_t visited = 0;
    double weight = 0;                                  // sum of snr over the window
    std::vector<double> mean, weighted_mean;            // (n, D)
    std::vector<double> square, weighted_square, path;  // (n,): sums over features
  };
  /// What a timestep is to a window: the how-manieth, and the weights of Welford's recurrences.
  struct Turn {
    int64_t count;
    double share, weight, weighted_share;
  };
  Turn turn(const Sums& sums, int64_t t) const;
  template <int64_t kFeatures>
  void add(Sums& sums, const Turn& turn, const float* x0, int64_t first, int64_t rows);

  std::vector<Sums> windows_;
  std::vector<int64_t> visited_;
  std::vector<double> snr_;
  int64_t n_, features_;
  std::vector<float> last_;  // (n, D): the predictions at the timestep before
};

/// "[0, 10)"
std::string show(const Window& window);

}  // namespace diffusion
