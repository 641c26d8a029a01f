#include "plugins/qqt/validation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace qqt {
namespace {

Compared compared_of(const Laws& laws, const Curve& curve, double min_n, double max_n) {
  Compared c;
  c.curve = &curve;
  c.candidate = candidate_of(laws, curve);
  for (const size_t i : c.candidate.pools) c.usable = c.usable && laws.pools[i].usable;
  std::map<double, std::vector<double>> by_n;
  for (const Point& p : curve.points)
    if (p.n >= min_n && p.n <= max_n) by_n[p.n].push_back(p.error);
  for (const auto& [n, errors] : by_n) {
    double sum = 0;
    for (const double e : errors) sum += e;
    c.n.push_back(n);
    c.measured.push_back(sum / static_cast<double>(errors.size()));
    c.seeds.push_back(static_cast<int64_t>(errors.size()));
  }
  c.predicted = mixture_of(laws, c.candidate).errors(c.n);
  return c;
}

/// Candidates: the first, which is the best pool, and all unions.
std::vector<size_t> candidates_of(const std::vector<Compared>& compared) {
  std::vector<size_t> out{0};
  for (size_t i = 1; i < compared.size(); ++i)
    if (compared[i].candidate.q() > 1) out.push_back(i);
  return out;
}

double predicted_at(const Compared& c, double n) {
  const auto at = std::find(c.n.begin(), c.n.end(), n) - c.n.begin();
  return c.predicted[static_cast<size_t>(at)];
}

}  // namespace

std::optional<double> Compared::at(double samples) const {
  const auto found = std::find(n.begin(), n.end(), samples);
  if (found == n.end()) return std::nullopt;
  return measured[static_cast<size_t>(found - n.begin())];
}

std::optional<double> Compared::at(double samples, int64_t seed) const {
  for (const Point& p : curve->points)
    if (p.n == samples && p.seed == seed) return p.error;
  return std::nullopt;
}

std::vector<Compared> compare(const Laws& laws, const std::vector<Curve>& curves, double min_n,
                              double max_n) {
  std::vector<Compared> out;
  bool any = false;
  for (const Curve& curve : curves) {
    if (curve.role == "control") continue;
    out.push_back(compared_of(laws, curve, min_n, max_n));
    any = any || curve.role == "union";
  }
  if (!any)
    throw std::invalid_argument(
        "no union was measured: validation compares curves of the role "
        "union with what laws of single pools say");
  std::stable_sort(out.begin(), out.end(), [&](const Compared& a, const Compared& b) {
    if (a.candidate.q() != b.candidate.q()) return a.candidate.q() < b.candidate.q();
    if (a.usable != b.usable) return a.usable;
    return a.candidate.q() == 1 &&
           laws.pools[a.candidate.pools[0]].p.b < laws.pools[b.candidate.pools[0]].p.b;
  });
  if (out.front().candidate.q() != 1)
    throw std::invalid_argument(
        "no pool was measured: validation compares unions with the best "
        "pool alone");
  if (out.front().n.empty())
    throw std::invalid_argument("pool \"" + out.front().curve->pool +
                                "\", the best, has no point from min_n to max_n");
  std::erase_if(out, [](const Compared& c) { return c.n.empty(); });
  return out;
}

std::vector<Decision> decide(const std::vector<Compared>& compared) {
  const auto candidates = candidates_of(compared);
  size_t largest = candidates.front();
  for (const size_t c : candidates)
    if (compared[c].candidate.q() > compared[largest].candidate.q()) largest = c;
  std::vector<Decision> out;
  for (const double n : compared.front().n) {
    if (!std::all_of(candidates.begin(), candidates.end(),
                     [&](size_t c) { return compared[c].at(n).has_value(); }))
      continue;
    Decision d{n, candidates.front(), candidates.front(), 0, 0, 0};
    for (const size_t c : candidates) {
      if (*compared[c].at(n) < *compared[d.best].at(n)) d.best = c;
      const bool better = predicted_at(compared[c], n) < predicted_at(compared[d.predicted], n);
      if (compared[c].usable && better) d.predicted = c;
    }
    const double least = *compared[d.best].at(n);
    d.regret = *compared[d.predicted].at(n) - least;
    d.regret_top1 = *compared[candidates.front()].at(n) - least;
    d.regret_all = *compared[largest].at(n) - least;
    out.push_back(d);
  }
  return out;
}

double sign_flip_p(const std::vector<double>& differences) {
  constexpr size_t kMost = 20;
  if (differences.empty() || differences.size() > kMost)
    return std::numeric_limits<double>::quiet_NaN();
  double observed = 0;
  for (const double d : differences) observed += d;
  const size_t all = size_t{1} << differences.size();
  size_t extreme = 0;
  for (size_t signs = 0; signs < all; ++signs) {
    double sum = 0;
    for (size_t i = 0; i < differences.size(); ++i)
      sum += signs >> i & 1 ? -differences[i] : differences[i];
    if (std::abs(sum) >= std::abs(observed) * (1 - 1e-12)) ++extreme;
  }
  return static_cast<double>(extreme) / static_cast<double>(all);
}

std::vector<double> paired_gains(const std::vector<Compared>& compared,
                                 const std::vector<Decision>& decisions) {
  std::map<int64_t, std::pair<double, double>> sums;  // by seed: of differences, and how many
  for (const Decision& d : decisions)
    for (const Point& p : compared.front().curve->points) {
      if (p.n != d.samples || p.seed < 0) continue;
      const auto chosen = compared[d.predicted].at(d.samples, p.seed);
      if (!chosen) continue;
      sums[p.seed].first += p.error - *chosen;
      sums[p.seed].second += 1;
    }
  std::vector<double> out;
  for (const auto& [seed, sum] : sums) out.push_back(sum.first / sum.second);
  return out;
}

std::optional<Switch> measured_switch(const Compared& smaller, const Compared& larger) {
  std::optional<std::pair<double, double>> last;  // n, and the smaller's error minus the larger's
  for (const double n : smaller.n) {
    const auto other = larger.at(n);
    if (!other) continue;
    const double lead = *smaller.at(n) - *other;
    if (last && last->second <= 0 && lead > 0) {
      const double share = -last->second / (lead - last->second);
      return Switch{last->first, n, last->first * std::pow(n / last->first, share)};
    }
    last = {n, lead};
  }
  return std::nullopt;
}

}  // namespace qqt
