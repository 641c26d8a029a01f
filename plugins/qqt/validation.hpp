// Laws of single pools against measured unions.
#pragma once
#include "plugins/qqt/unions.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace qqt {

/// A measured pool or union, and what the laws say about it.
struct Compared {
  const Curve* curve = nullptr;
  Candidate candidate;
  bool usable = true;               // all of its pools have measurable utility
  std::vector<double> n, measured;  // means over seeds, ascending n
  std::vector<double> predicted;
  std::vector<int64_t> seeds;  // measurements at each n
  /// The mean over seeds at n, or nothing.
  std::optional<double> at(double n) const;
  std::optional<double> at(double n, int64_t seed) const;
};

/// Every measured pool and union with points within [min_n, max_n], smallest q first, pools by
/// utility. Controls are left out. std::invalid_argument if no union is among the curves, or if the
/// best pool has no such point.
std::vector<Compared> compare(const Laws& laws, const std::vector<Curve>& curves, double min_n,
                              double max_n);

/// A choice at one budget: positions in what was compared.
struct Decision {
  double samples = 0;
  size_t predicted = 0, best = 0;  // the law's choice; the measured one
  double regret = 0, regret_top1 = 0, regret_all = 0;
};

/// The decisions at every n at which the best pool and all unions were measured. Candidates are the
/// pool of best utility and the unions; the law chooses among those it can use. Regret is the
/// measured error of a choice minus the smallest measured one: of the law's, of always the best
/// pool, of always the largest union. Ties go to smaller q.
std::vector<Decision> decide(const std::vector<Compared>& compared);

/// Is a mean difference over seeds no accident? All 2^n signs of the differences are tried (at most
/// 20; above, NaN): p is the share whose |mean| is at least the observed one, two-sided. Fisher
/// 1935.
double sign_flip_p(const std::vector<double>& differences);

/// By seed, the measured error of always the best pool minus that of the law's choice, averaged
/// over the decisions at which both were measured with that seed. Empty without seeds.
std::vector<double> paired_gains(const std::vector<Compared>& compared,
                                 const std::vector<Decision>& decisions);

/// Where measuring says that the larger of two nested unions becomes better: between two n, and the
/// crossing of the straight line through the differences in ln n. Nothing if it never does.
struct Switch {
  double before, after, samples;
};
std::optional<Switch> measured_switch(const Compared& smaller, const Compared& larger);

}  // namespace qqt
