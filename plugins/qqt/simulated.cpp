#include "plugins/qqt/normal.hpp"
#include "plugins/qqt/simulated.hpp"

#include <algorithm>
#include <cmath>

namespace qqt {
namespace {

Curve curve_of(const PoolFit& pool) {
  return {pool.pool, pool.role, pool.quality_id, pool.members, pool.N, {}};
}

void add_points(Curve& curve, const Mixture& law, double samples_of_epoch, const Design& design,
                assay::Stream& draws) {
  for (const double epoch : design.epochs)
    for (int64_t r = 0; r < design.repeats; ++r) {
      Point p{epoch * samples_of_epoch};
      const double noise = design.noise_sd > 0 ? design.noise_sd * normal(draws) : 0;
      p.error = std::clamp(law.error(p.n) + noise, 0.0, 1.0);
      if (design.repeats > 1) p.seed = r;
      curve.points.push_back(p);
    }
}

}  // namespace

double normal(assay::Stream& draws) {
  const double u = 1 - draws.uniform();
  return box_muller(u, draws.uniform()).first;
}

std::vector<Curve> simulate(const Laws& laws, const std::vector<Candidate>& unions,
                            const Design& design, assay::Stream& draws) {
  std::vector<Curve> curves;
  for (size_t i = 0; i < laws.pools.size(); ++i) {
    curves.push_back(curve_of(laws.pools[i]));
    add_points(curves.back(), mixture_of(laws, {{i}, ""}), laws.pools[i].N, design, draws);
  }
  for (const Candidate& c : unions) {
    if (c.q() < 2) continue;
    const Mixture law = mixture_of(laws, c);
    Curve curve{c.name, "union", "", {}, law.N(), {}};
    for (const size_t i : c.pools) {
      if (laws.pools[i].members.empty())
        throw std::invalid_argument("pool \"" + laws.pools[i].pool +
                                    "\" has no rank, by which a union names its pools: import its "
                                    "curve with members = [0], [1], ...");
      curve.members.push_back(laws.pools[i].members[0]);
    }
    std::sort(curve.members.begin(), curve.members.end());
    add_points(curve, law, laws.pools[c.pools[0]].N, design, draws);
    curves.push_back(std::move(curve));
  }
  return curves;
}

}  // namespace qqt
