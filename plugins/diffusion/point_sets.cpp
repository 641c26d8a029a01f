// Where the modes of each data set lie, and drawing from them.
#include "plugins/diffusion/normals.hpp"
#include "plugins/diffusion/point_sets.hpp"

#include <assay/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <stdexcept>

namespace diffusion {
namespace {

/// (2 i, 2 j) for i, j in -half .. half, i outer.
std::vector<double> lattice(int half) {
  std::vector<double> modes;
  for (int i = -half; i <= half; ++i)
    for (int j = -half; j <= half; ++j) modes.insert(modes.end(), {2.0 * i, 2.0 * j});
  return modes;
}

/// The 5 x 5 lattice turned by 45 degrees: mode 5 q + p lies at (-2 + (p+q)/2, (p-q)/2), doubled.
std::vector<double> rotated_lattice() {
  std::vector<double> modes;
  for (int q = 0; q < 5; ++q)
    for (int p = 0; p < 5; ++p) modes.insert(modes.end(), {-4.0 + p + q, 1.0 * (p - q)});
  return modes;
}

std::vector<double> circle() {
  std::vector<double> modes;
  for (int k = 0; k < 8; ++k) {
    const double angle = k * std::numbers::pi / 4;
    modes.insert(modes.end(), {2 * std::cos(angle), 2 * std::sin(angle)});
  }
  return modes;
}

/// Mean over the coordinates of the variance of the modes, weighted by their shares.
double variance_of(const Mixture& m) {
  double total = 0;
  for (int64_t i = 0; i < m.dimension; ++i) {
    double mean = 0, square = 0;
    for (int64_t k = 0; k < m.count(); ++k) {
      const double w = m.weights[static_cast<size_t>(k)], x = m.mode(k)[i];
      mean += w * x;
      square += w * x * x;
    }
    total += square - mean * mean;
  }
  return total / static_cast<double>(m.dimension);
}

struct Named {
  int64_t dimension;
  std::vector<double> modes;
  double sigma;
  bool normalise;
};

Named named_set(const PointSetOptions& options) {
  const std::string& name = options.dataset;
  if (name == "gaussian1d") return {1, {1, 2, 3}, 0.05, false};
  if (name == "gaussian8") return {2, circle(), 0.02, true};
  if (name == "gaussian9") return {2, lattice(1), 0.05, true};
  if (name == "gaussian25") return {2, lattice(2), 0.05, true};
  if (name == "gaussian25_rotated") return {2, rotated_lattice(), 0.05, true};
  if (name == "mixture") return {options.dimension, {}, 0.05, false};
  throw std::invalid_argument("there is no data set \"" + name + "\"");
}

void check_modes(const Mixture& m, const std::vector<double>& weights) {
  if (m.modes.empty())
    throw std::invalid_argument(
        "modes is empty: list the centres of the mixture, one after another");
  if (m.dimension < 1 || static_cast<int64_t>(m.modes.size()) % m.dimension != 0)
    throw std::invalid_argument(
        "modes lists " + std::to_string(m.modes.size()) +
        " numbers, which is no multiple of dimension = " + std::to_string(m.dimension));
  for (const auto* list : {&m.modes, &weights})
    if (!std::all_of(list->begin(), list->end(), [](double x) { return std::isfinite(x); }))
      throw std::invalid_argument(std::string(list == &weights ? "weights" : "modes") +
                                  " lists a number that is not finite");
  for (int64_t a = 0; a < m.count(); ++a)
    for (int64_t b = a + 1; b < m.count(); ++b)
      if (std::equal(m.mode(a), m.mode(a) + m.dimension, m.mode(b)))
        throw std::invalid_argument("modes " + std::to_string(a) + " and " + std::to_string(b) +
                                    " are the same point; list each mode once and use weights");
  if (!weights.empty() && static_cast<int64_t>(weights.size()) != m.count())
    throw std::invalid_argument("weights lists " + std::to_string(weights.size()) +
                                " numbers for " + std::to_string(m.count()) + " modes");
  if (std::any_of(weights.begin(), weights.end(), [](double w) { return !(w > 0); }))
    throw std::invalid_argument("every weight must be above 0; leave a mode out instead");
}

double divisor_of(const PointSetOptions& options, const Named& set, const Mixture& m) {
  const bool yes = options.normalise == "auto" ? set.normalise : options.normalise == "yes";
  if (!yes) return 1;
  // The released code divides the turned lattice by what the straight one has.
  const bool own = options.modes.empty() && options.weights.empty();
  const double variance = own && options.dataset == "gaussian25_rotated" ? 8 : variance_of(m);
  return std::sqrt(m.sigma * m.sigma + variance);
}
}  // namespace

Data point_world(const PointSetOptions& options) {
  const Named set = named_set(options);
  Data data;
  data.set = options.dataset;
  data.shape = {set.dimension};
  Mixture& m = data.mixture;
  m.dimension = set.dimension;
  m.modes = options.modes.empty() ? set.modes : options.modes;
  m.sigma = options.sigma > 0 ? options.sigma : set.sigma;
  check_modes(m, options.weights);
  m.weights = options.weights;
  if (m.weights.empty()) m.weights.assign(static_cast<size_t>(m.count()), 1.0);
  const double total = std::accumulate(m.weights.begin(), m.weights.end(), 0.0);
  for (auto& w : m.weights) w /= total;
  data.divisor = divisor_of(options, set, m);
  m.sigma /= data.divisor;
  for (auto& x : m.modes) x /= data.divisor;
  return data;
}

Data draw_points(const PointSetOptions& options, uint64_t noise_key, uint64_t mode_key) {
  Data data = point_world(options);
  const Mixture& m = data.mixture;
  const bool balanced = options.weights.empty() && options.dataset != "gaussian8";
  const assay::Philox draws(mode_key);
  data.x.resize(static_cast<size_t>(options.size * m.dimension));
  data.label.resize(static_cast<size_t>(options.size));
  normals(noise_key, 0, 0, static_cast<int64_t>(data.x.size()), data.x.data());
  for (int64_t i = 0; i < options.size; ++i) {
    int64_t k = i % m.count();
    if (!balanced) k = mode_at(m, draws.uniform(static_cast<uint64_t>(i)));
    data.label[static_cast<size_t>(i)] = k;
    for (int64_t j = 0; j < m.dimension; ++j) {
      float& x = data.x[static_cast<size_t>(i * m.dimension + j)];
      x = static_cast<float>(m.mode(k)[j] + m.sigma * static_cast<double>(x));
    }
  }
  return data;
}

}  // namespace diffusion
