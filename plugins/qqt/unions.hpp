// Which data could be trained on: unions of fitted pools, and what the laws say about each.
#pragma once
#include "plugins/qqt/laws.hpp"

#include <string>
#include <vector>

namespace qqt {

/// A union of one or more pools.
struct Candidate {
  std::vector<size_t> pools;  // positions in Laws::pools, best utility first
  std::string name;           // the pools' names joined by " + "
  size_t q() const { return pools.size(); }
};

/// Positions of the pools (no controls) by utility: b ascending, ties in the order of the laws.
/// Pools without measurable utility are left out unless `keep_unusable`; std::invalid_argument if
/// none is left.
std::vector<size_t> by_utility(const Laws& laws, bool keep_unusable = false);

/// The p unions of the q best pools, q = 1 .. p.
std::vector<Candidate> prefix_unions(const Laws& laws, bool keep_unusable = false);

/// All 2^p - 1 unions, by q, then by their pools; p <= 12, else std::invalid_argument.
std::vector<Candidate> all_unions(const Laws& laws, bool keep_unusable = false);

/// The union of these pools, best utility first.
Candidate make_candidate(const Laws& laws, std::vector<size_t> pools);

/// The candidate that a measured union (by the ranks that are its members), or a measured pool (by
/// its name), is; std::invalid_argument if the laws lack one of its pools, or if its N is not the
/// sum of theirs to 0.1 %.
Candidate candidate_of(const Laws& laws, const Curve& measured);

/// The law of a candidate: of the fit, or of draw `draw` >= 0. std::invalid_argument if its pools
/// have different a or d: the laws of mixtures have one of each.
Mixture mixture_of(const Laws& laws, const Candidate& candidate, int64_t draw = -1);

/// A sentence about the pools of the candidates whose |b| is above kSteep, for which the laws
/// predict nothing; "" if there are none.
std::string steep_pools(const Laws& laws, const std::vector<Candidate>& candidates);

/// Errors at each budget (ascending), of each candidate: [candidate][budget].
using ErrorTable = std::vector<std::vector<double>>;
ErrorTable errors_of(const Laws& laws, const std::vector<Candidate>& candidates,
                     const std::vector<double>& budgets, int64_t draw = -1);

/// The candidate of smallest error at budget i; of equal ones the first, which has the smallest q.
size_t best_at(const ErrorTable& errors, size_t i);

/// The share of draws in which each candidate is best, [candidate][budget]; empty without draws.
ErrorTable decisions(const Laws& laws, const std::vector<Candidate>& candidates,
                     const std::vector<double>& budgets);

/// Where does one law become better than another?
struct Crossover {
  double samples;
  bool to_second;  // from there on the second has the smaller error
};

/// Changes of sign of E_first - E_second between `low` and `high`: scanned at `steps` + 1 points
/// evenly spaced in ln n (the laws have kinks at multiples of N), refined by bisection to the
/// smaller of one sample and 10^-6 of n.
std::vector<Crossover> crossovers(const Mixture& first, const Mixture& second, double low,
                                  double high, size_t steps = 4096);

/// The exponent gamma in [-1, 2] with which the law of a union has the smallest sum of squared
/// errors on its measured curve: a scan of 61 values, refined by golden section to 10^-4.
double fit_gamma(Laws laws, const Curve& measured);
/// Refuses a parameter that is neither in [-1, 2] nor -2, which stands for the laws' own gamma.
void check_gamma(double tau_scale_exponent);
/// Whether that is an end of [-1, 2].
bool gamma_at_end(double gamma);

/// `count` values evenly spaced in the logarithm, both ends included.
std::vector<double> log_spaced(double low, double high, size_t count);

}  // namespace qqt
