// Method `best_pool`: which union of pools to train on. The best at each budget and how sure that
// is, the frontier over all budgets, the budgets at which the best changes, how many repetitions
// make a good pool worth no more than a fresh worse one, and what to measure next.
#include "plugins/qqt/advice.hpp"
#include "plugins/qqt/candidates.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace qqt {

struct BestPool : Question {
  static constexpr const char* name = "best_pool";
  double from = 0, to = 0;
  int64_t points = 60;

  static void describe(assay::Schema<BestPool>& s);
  void check() const {
    check_question();
    if ((from > 0 || to > 0) && !(from > 0 && to > from))
      throw std::invalid_argument("the frontier's budgets go from above 0 to more: 0 < from < to");
  }
  void run(assay::Job& job) const;
};

void BestPool::describe(assay::Schema<BestPool>& s) {
  s.summary("The union to train on at a budget, how sure that is, and what to measure next");
  s.flag(ASSAY_SEEDLESS);
  describe_question(s);
  s.param("from", &BestPool::from, "first budget of the frontier; 0: a quarter of the smallest")
      .min(0)
      .unit("samples");
  s.param("to", &BestPool::to, "its last; 0: four times the largest").min(0).unit("samples");
  s.param("points", &BestPool::points, "of the frontier, log-spaced").min(2).max(100000);
  s.output("best", ASSAY_TABLE, "the union to train on at each budget")
      .column("samples", ASSAY_REAL, "the budget", "samples")
      .column("q", ASSAY_INT, "pools in the union")
      .column("union", ASSAY_STRING, "names of its pools")
      .column("error", ASSAY_REAL, "predicted")
      .column("accuracy", ASSAY_REAL, "1 - error")
      .column("probability", ASSAY_REAL, "share of the draws that choose it; NaN without draws");
  s.output("decisions", ASSAY_TABLE, "how the draws choose at each budget")
      .column("samples", ASSAY_REAL, "", "samples")
      .column("q", ASSAY_INT)
      .column("union", ASSAY_STRING)
      .column("probability", ASSAY_REAL, "share of the draws that choose it");
  s.output("frontier", ASSAY_TABLE, "the same along the range")
      .column("samples", ASSAY_REAL, "", "samples")
      .column("q", ASSAY_INT)
      .column("union", ASSAY_STRING)
      .column("error", ASSAY_REAL)
      .column("accuracy", ASSAY_REAL);
  s.output("gain_over_fixed", ASSAY_SCALAR,
           "by how much the mean error along the frontier is below that of the best fixed union");
  s.output("crossovers", ASSAY_TABLE,
           "budgets at which the first q and q + 1 pools are equally good, error below 1")
      .column("from", ASSAY_INT, "q, pools in the smaller union")
      .column("to", ASSAY_INT, "q + 1, in the larger")
      .column("samples", ASSAY_REAL, "", "samples")
      .column("repetitions", ASSAY_REAL, "epochs of the smaller union")
      .column("better_after", ASSAY_INT,
              "from or to: the number of pools that is better above this budget");
  s.output(
       "equal_utility", ASSAY_TABLE,
       "law utility: repetitions after which a pool is worth a fresh worse one, tau_i log2(b_i / "
       "b_j); of law data nothing")
      .column("pool", ASSAY_STRING)
      .column("fresh", ASSAY_STRING, "the worse pool")
      .column("repetitions", ASSAY_REAL);
  s.output(
       "worth/*", ASSAY_SCALAR,
       "law utility, of the best pool: repetitions until it is worth a fresh pool of place 2, 3, "
       "...")
      .unit("repetitions");
  s.output("worth_of/*", ASSAY_SCALAR, "the same of each pool: 2_3 is the second against the third")
      .unit("repetitions");
  s.output("next", ASSAY_TABLE, "the two unions whose measurement tells most; empty: none does")
      .column("union", ASSAY_STRING)
      .column("samples", ASSAY_REAL, "", "samples")
      .column("probability", ASSAY_REAL, "share of the draws that choose it there");
  s.output("advice", ASSAY_TEXT, "what not to rely on, and what to measure next, in sentences");
  s.output("least_sure", ASSAY_SCALAR, "smallest probability of a choice among the budgets");
}

namespace {

void write_best(const assay::Job& job, const Laws& laws, const std::vector<Candidate>& candidates,
                const std::vector<double>& n) {
  const auto errors = errors_of(laws, candidates, n), share = decisions(laws, candidates, n);
  std::vector<double> error, accuracy, probability, samples, of_choice;
  std::vector<int64_t> q, choice_q;
  std::vector<std::string> name, choice;
  double least = 1;
  for (size_t i = 0; i < n.size(); ++i) {
    const size_t best = best_at(errors, i);
    q.push_back(static_cast<int64_t>(candidates[best].q())), name.push_back(candidates[best].name);
    error.push_back(errors[best][i]), accuracy.push_back(1 - errors[best][i]);
    probability.push_back(share.empty() ? NAN : share[best][i]);
    least = std::min(least, probability.back());
    for (size_t c = 0; c < share.size(); ++c) {
      if (share[c][i] == 0) continue;
      samples.push_back(n[i]), of_choice.push_back(share[c][i]);
      choice_q.push_back(static_cast<int64_t>(candidates[c].q()));
      choice.push_back(candidates[c].name);
    }
  }
  job.rows("best", {{"samples", n},
                    {"q", q},
                    {"union", name},
                    {"error", error},
                    {"accuracy", accuracy},
                    {"probability", probability}});
  job.rows("decisions",
           {{"samples", samples}, {"q", choice_q}, {"union", choice}, {"probability", of_choice}});
  if (!share.empty()) job.scalar("least_sure", least);
}

void write_frontier(const assay::Job& job, const Laws& laws,
                    const std::vector<Candidate>& candidates, const std::vector<double>& n) {
  const auto errors = errors_of(laws, candidates, n);
  std::vector<int64_t> q;
  std::vector<std::string> name;
  std::vector<double> error, accuracy;
  for (size_t i = 0; i < n.size(); ++i) {
    const size_t best = best_at(errors, i);
    q.push_back(static_cast<int64_t>(candidates[best].q())), name.push_back(candidates[best].name);
    error.push_back(errors[best][i]), accuracy.push_back(1 - errors[best][i]);
  }
  const auto mean = [](const std::vector<double>& x) {
    return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
  };
  double fixed = INFINITY;
  for (const auto& of_union : errors) fixed = std::min(fixed, mean(of_union));
  job.scalar("gain_over_fixed", fixed - mean(error));
  job.rows("frontier",
           {{"samples", n}, {"q", q}, {"union", name}, {"error", error}, {"accuracy", accuracy}});
}

/// Crossovers of successive prefixes of the pools, whatever unions were asked about. Where errors
/// are 1 or more the laws say nothing: at a N = u, (a N / u)^b is 1 for every b.
void write_crossovers(const assay::Job& job, const Laws& laws,
                      const std::vector<Candidate>& prefixes, double low, double high) {
  std::vector<int64_t> from, to, better;
  std::vector<double> samples, repetitions;
  for (size_t i = 0; i + 1 < prefixes.size(); ++i) {
    const Mixture one = mixture_of(laws, prefixes[i]), two = mixture_of(laws, prefixes[i + 1]);
    for (const Crossover& c : crossovers(one, two, low, high)) {
      // It lies up to one sample, or a millionth, below what was found.
      if (one.error(c.samples - std::min(1.0, 1e-6 * c.samples)) >= 1) continue;
      from.push_back(static_cast<int64_t>(i + 1)), to.push_back(static_cast<int64_t>(i + 2));
      samples.push_back(c.samples), repetitions.push_back(c.samples / one.N());
      better.push_back(static_cast<int64_t>(c.to_second ? i + 2 : i + 1));
    }
  }
  job.rows("crossovers", {{"from", from},
                          {"to", to},
                          {"samples", samples},
                          {"repetitions", repetitions},
                          {"better_after", better}});
}

void write_equal_utility(const assay::Job& job, const Laws& laws, bool keep_unusable) {
  const bool law_u = laws.setting.law == Law::utility;
  const auto order = law_u ? by_utility(laws, keep_unusable) : std::vector<size_t>{};
  std::vector<std::string> pool, fresh;
  std::vector<double> repetitions;
  for (size_t i = 0; i < order.size(); ++i)
    for (size_t j = i + 1; j < order.size(); ++j) {
      const PoolFit &good = laws.pools[order[i]], &worse = laws.pools[order[j]];
      pool.push_back(good.pool), fresh.push_back(worse.pool);
      repetitions.push_back(good.p.tau * std::log2(good.p.b / worse.p.b));
      if (i == 0) job.scalar("worth/" + std::to_string(j + 1), repetitions.back());
      job.scalar("worth_of/" + std::to_string(i + 1) + "_" + std::to_string(j + 1),
                 repetitions.back());
    }
  job.rows("equal_utility", {{"pool", pool}, {"fresh", fresh}, {"repetitions", repetitions}});
}

/// Why the choices may mean nothing, a sentence each.
std::vector<std::string> doubts_about(const Laws& laws, const std::vector<Candidate>& candidates,
                                      const std::vector<double>& n) {
  std::vector<std::string> doubts;
  const std::string steep = steep_pools(laws, candidates);
  if (!steep.empty()) doubts.push_back(steep);
  const auto errors = errors_of(laws, candidates, n);
  size_t above = 0;
  for (size_t i = 0; i < n.size(); ++i) above += errors[best_at(errors, i)][i] > 1 ? 1 : 0;
  if (above > 0)
    doubts.push_back(
        "The predicted error of the best union is above 1, where the law does not "
        "hold, at " +
        std::to_string(above) + " of the budgets.");
  return doubts;
}

/// Of the budgets that were asked for, or, where the draws agree at these, of the frontier's.
void write_advice(const assay::Job& job, const Laws& laws, const std::vector<Candidate>& candidates,
                  const std::vector<double>& n, const std::vector<double>& range,
                  const std::vector<std::string>& doubts) {
  Next next = what_next(laws, candidates, n, decisions(laws, candidates, n));
  const bool asked = next.any;
  if (!asked) next = what_next(laws, candidates, range, decisions(laws, candidates, range));
  std::vector<std::string> name;
  std::vector<double> samples, probability;
  if (next.any) {
    const Advice& a = next.advice;
    name = {candidates[a.first].name, candidates[a.second].name};
    samples = {a.samples, a.samples};
    probability = {a.first_share, a.second_share};
  }
  job.rows("next", {{"union", name}, {"samples", samples}, {"probability", probability}});
  std::string advice;
  for (const std::string& doubt : doubts) advice += doubt + " ";
  if (next.any && !asked)
    advice += "At the budgets that were asked for all draws choose alike; elsewhere they do not. ";
  job.text("advice", advice + sentence(next, laws, candidates));
}

}  // namespace

void BestPool::run(assay::Job& job) const {
  check();
  const Laws fitted = laws(job);
  const bool keep = unmeasurable == "keep";
  auto n = budgets;
  std::sort(n.begin(), n.end());
  const double low = from > 0 ? from : n.front() / 4, high = from > 0 ? to : n.back() * 4;
  const auto range = log_spaced(low, high, static_cast<size_t>(points));
  const auto all = candidates(fitted);

  write_best(job, fitted, all, n);
  write_frontier(job, fitted, all, range);
  write_crossovers(job, fitted, prefix_unions(fitted, keep), low, high);
  write_equal_utility(job, fitted, keep);
  const auto doubts = doubts_about(fitted, all, n);
  for (const std::string& doubt : doubts) job.warn(doubt);
  write_advice(job, fitted, all, n, range, doubts);
}

}  // namespace qqt

ASSAY_METHOD(qqt::BestPool)
