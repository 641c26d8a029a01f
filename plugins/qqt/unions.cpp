#include "plugins/qqt/unions.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace qqt {
namespace {
constexpr size_t kMostPools = 12;
constexpr double kRoundedSize = 1e-3;  // of N: sizes in files may be rounded
constexpr double kLeastGamma = -1, kMostGamma = 2;
}  // namespace

std::vector<size_t> by_utility(const Laws& laws, bool keep_unusable) {
  std::vector<size_t> order;
  for (size_t i = 0; i < laws.pools.size(); ++i)
    if (laws.pools[i].role == "pool" && (keep_unusable || laws.pools[i].usable)) order.push_back(i);
  if (order.empty())
    throw std::invalid_argument(
        "no pool with measurable utility is among the laws; keep those "
        "without, or measure where their error falls");
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t i, size_t j) { return laws.pools[i].p.b < laws.pools[j].p.b; });
  return order;
}

Candidate make_candidate(const Laws& laws, std::vector<size_t> pools) {
  std::stable_sort(pools.begin(), pools.end(),
                   [&](size_t i, size_t j) { return laws.pools[i].p.b < laws.pools[j].p.b; });
  Candidate c{std::move(pools), ""};
  for (const size_t i : c.pools) c.name += (c.name.empty() ? "" : " + ") + laws.pools[i].pool;
  return c;
}

std::vector<Candidate> prefix_unions(const Laws& laws, bool keep_unusable) {
  const auto order = by_utility(laws, keep_unusable);
  std::vector<Candidate> out;
  for (size_t q = 1; q <= order.size(); ++q)
    out.push_back(
        make_candidate(laws, {order.begin(), order.begin() + static_cast<std::ptrdiff_t>(q)}));
  return out;
}

std::vector<Candidate> all_unions(const Laws& laws, bool keep_unusable) {
  const auto order = by_utility(laws, keep_unusable);
  if (order.size() > kMostPools)
    throw std::invalid_argument("all unions of " + std::to_string(order.size()) +
                                " pools are too many; at most 12 pools, or unions = \"prefix\"");
  std::vector<Candidate> out;
  for (size_t set = 1; set < size_t{1} << order.size(); ++set) {
    std::vector<size_t> pools;
    for (size_t i = 0; i < order.size(); ++i)
      if (set >> i & 1) pools.push_back(order[i]);
    out.push_back(make_candidate(laws, std::move(pools)));
  }
  std::stable_sort(out.begin(), out.end(),
                   [](const Candidate& a, const Candidate& b) { return a.q() < b.q(); });
  return out;
}

Candidate candidate_of(const Laws& laws, const Curve& measured) {
  std::vector<size_t> pools;
  const auto find = [&](const auto& is_it, const std::string& what) {
    for (size_t i = 0; i < laws.pools.size(); ++i)
      if (laws.pools[i].role == "pool" && is_it(laws.pools[i])) return pools.push_back(i);
    throw std::invalid_argument("\"" + measured.pool + "\" was measured, but no pool " + what +
                                " is among the fitted laws");
  };
  if (measured.role == "union")
    for (const int64_t rank : measured.members)
      find([&](const PoolFit& p) { return p.members == std::vector<int64_t>{rank}; },
           "of rank " + std::to_string(rank));
  else
    find([&](const PoolFit& p) { return p.pool == measured.pool; }, "of this name");
  double N = 0;
  for (const size_t i : pools) N += laws.pools[i].N;
  if (std::abs(measured.N / N - 1) > kRoundedSize)
    throw std::invalid_argument("\"" + measured.pool + "\" has N = " + shown(measured.N) +
                                ", but the pools that it consists of have " + shown(N) +
                                " distinct samples together: check its N and its members");
  return make_candidate(laws, std::move(pools));
}

Mixture mixture_of(const Laws& laws, const Candidate& candidate, int64_t draw) {
  const auto of = [&](size_t i) -> const Parameters& {
    return draw < 0 ? laws.pools[i].p : laws.draws[static_cast<size_t>(draw)][i];
  };
  const Parameters& first = of(candidate.pools.front());
  std::vector<PoolLaw> pools;
  for (const size_t i : candidate.pools) {
    const Parameters& p = of(i);
    if (std::abs(std::log(p.a / first.a)) > 1e-9 || std::abs(p.d - first.d) > 1e-9)
      throw std::invalid_argument("pools \"" + laws.pools[candidate.pools.front()].pool +
                                  "\" and \"" + laws.pools[i].pool +
                                  "\" have different a or d, and a mixture has one of each: fit "
                                  "with a_mode = \"shared\" or \"fixed\"");
    pools.push_back({laws.pools[i].N, p.b, p.tau});
  }
  return {laws.setting, first.a, first.d, std::move(pools), laws.gamma};
}

std::string steep_pools(const Laws& laws, const std::vector<Candidate>& candidates) {
  std::set<size_t> steep;
  for (const Candidate& c : candidates)
    for (const size_t i : c.pools)
      if (std::abs(laws.pools[i].p.b) > kSteep) steep.insert(i);
  if (steep.empty()) return "";
  std::string names;
  for (const size_t i : steep)
    names += (names.empty() ? "\"" : ", \"") + laws.pools[i].pool +
             "\" (b = " + shown(laws.pools[i].p.b) + ")";
  return "Do not rely on these predictions: |b| is beyond 0.7 of pool " + names +
         ", whose curve is a warm-up or a floor, not a power law.";
}

ErrorTable errors_of(const Laws& laws, const std::vector<Candidate>& candidates,
                     const std::vector<double>& budgets, int64_t draw) {
  ErrorTable out;
  for (const auto& c : candidates) out.push_back(mixture_of(laws, c, draw).errors(budgets));
  return out;
}

size_t best_at(const ErrorTable& errors, size_t i) {
  size_t best = 0;
  for (size_t c = 1; c < errors.size(); ++c)
    if (errors[c][i] < errors[best][i]) best = c;
  return best;
}

ErrorTable decisions(const Laws& laws, const std::vector<Candidate>& candidates,
                     const std::vector<double>& budgets) {
  if (laws.draws.empty()) return {};
  ErrorTable share(candidates.size(), std::vector<double>(budgets.size()));
  for (size_t draw = 0; draw < laws.draws.size(); ++draw) {
    const auto errors = errors_of(laws, candidates, budgets, static_cast<int64_t>(draw));
    for (size_t i = 0; i < budgets.size(); ++i) share[best_at(errors, i)][i] += 1;
  }
  for (auto& of_candidate : share)
    for (double& times : of_candidate) times /= static_cast<double>(laws.draws.size());
  return share;
}

std::vector<Crossover> crossovers(const Mixture& first, const Mixture& second, double low,
                                  double high, size_t steps) {
  const auto n = log_spaced(low, high, steps + 1);
  const auto one = first.errors(n), two = second.errors(n);
  std::vector<Crossover> found;
  for (size_t i = 0; i + 1 < n.size(); ++i) {
    const bool before = one[i] > two[i], after = one[i + 1] > two[i + 1];
    if (before == after) continue;
    double left = n[i], right = n[i + 1];
    while (right - left > std::min(1.0, 1e-6 * right)) {
      const double middle = (left + right) / 2;
      const bool here = first.error(middle) > second.error(middle);
      (here == after ? right : left) = middle;
    }
    found.push_back({right, after});
  }
  return found;
}

double fit_gamma(Laws laws, const Curve& measured) {
  constexpr double kLow = kLeastGamma, kHigh = kMostGamma, kGolden = 0.6180339887498949;
  constexpr int kScan = 60;
  const Candidate candidate = candidate_of(laws, measured);
  const std::vector<double> n = samples_of(measured);
  const auto sse = [&](double gamma) {
    laws.gamma = gamma;
    const auto errors = mixture_of(laws, candidate).errors(n);
    double sum = 0;
    for (size_t j = 0; j < n.size(); ++j)
      sum += (errors[j] - measured.points[j].error) * (errors[j] - measured.points[j].error);
    return sum;
  };
  const double step = (kHigh - kLow) / kScan;
  int best = 0;
  for (int i = 1; i <= kScan; ++i)
    if (sse(kLow + step * i) < sse(kLow + step * best)) best = i;
  double low = kLow + step * std::max(0, best - 1), high = kLow + step * std::min(kScan, best + 1);
  while (high - low > 1e-4) {
    const double left = high - kGolden * (high - low), right = low + kGolden * (high - low);
    (sse(left) < sse(right) ? high : low) = sse(left) < sse(right) ? right : left;
  }
  return (low + high) / 2;
}

void check_gamma(double tau_scale_exponent) {
  if (tau_scale_exponent > -2 && tau_scale_exponent < kLeastGamma)
    throw std::invalid_argument(
        "tau_scale_exponent is from -1 to 2, or -2 for that of the laws; got " +
        shown(tau_scale_exponent));
}

bool gamma_at_end(double gamma) { return gamma < kLeastGamma + 1e-3 || gamma > kMostGamma - 1e-3; }

std::vector<double> log_spaced(double low, double high, size_t count) {
  std::vector<double> out;
  for (size_t i = 0; i < count; ++i)
    out.push_back(
        low * std::pow(high / low,
                       count < 2 ? 0 : static_cast<double>(i) / static_cast<double>(count - 1)));
  if (count > 1) out.back() = high;
  return out;
}

}  // namespace qqt
