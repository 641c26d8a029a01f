// Method `validate`: do laws of single pools say which union is best? Predicted against measured
// errors of unions, and what choosing by prediction costs.
#include "plugins/qqt/validation.hpp"

#include <algorithm>
#include <cmath>

namespace qqt {

struct Validate {
  static constexpr const char* name = "validate";
  double min_n = 0, max_n = 1e300;
  double tau_scale_exponent = -2;

  static void describe(assay::Schema<Validate>& s);
  void check() const {
    if (!(min_n <= max_n)) throw std::invalid_argument("min_n is above max_n: no point is left");
    check_gamma(tau_scale_exponent);
  }
  void run(assay::Job& job) const;
};

void Validate::describe(assay::Schema<Validate>& s) {
  s.summary("Predicted against measured errors of unions, and the regret of choosing by them");
  s.flag(ASSAY_SEEDLESS);
  s.param("min_n", &Validate::min_n, "measurements below are left out").min(0).unit("samples");
  s.param("max_n", &Validate::max_n, "measurements above are left out").min(0).unit("samples");
  s.param("tau_scale_exponent", &Validate::tau_scale_exponent,
          "gamma: half-lives in mixtures are tau (N_mix / N)^gamma; -2: that of the laws")
      .min(-2)
      .max(2);
  s.input("laws", ASSAY_TABLE, "of fit or import_params").format("qqt_laws");
  s.input("curves", ASSAY_TABLE, "measured pools and unions", ASSAY_MANY).format("qqt_curves");
  s.output("comparison", ASSAY_TABLE, "every pool and union at every measured n")
      .column("q", ASSAY_INT, "pools in it")
      .column("union", ASSAY_STRING, "their names, best first")
      .column("n", ASSAY_REAL, "samples seen", "samples")
      .column("measured", ASSAY_REAL, "mean error over seeds")
      .column("predicted", ASSAY_REAL)
      .column("difference", ASSAY_REAL, "predicted - measured")
      .column("seeds", ASSAY_INT, "measured");
  s.output("choices", ASSAY_TABLE, "at every n at which the best pool and all unions are measured")
      .column("samples", ASSAY_REAL, "", "samples")
      .column("predicted_q", ASSAY_INT, "pools in the law's choice")
      .column("predicted", ASSAY_STRING, "the law's choice")
      .column("measured_q", ASSAY_INT, "pools in the best")
      .column("measured", ASSAY_STRING, "the best")
      .column("agree", ASSAY_BOOL)
      .column("regret", ASSAY_REAL, "measured error of the law's choice minus the smallest")
      .column("regret_top1", ASSAY_REAL, "the same of always the best pool")
      .column("regret_all", ASSAY_REAL, "the same of always the largest union");
  s.output("switches", ASSAY_TABLE, "where the union of q + 1 pools becomes better than that of q")
      .column("from", ASSAY_INT, "q")
      .column("to", ASSAY_INT)
      .column("predicted", ASSAY_REAL,
              "the first predicted one from the first measured n on; NaN: none", "samples")
      .column("measured", ASSAY_REAL, "interpolated; NaN: none", "samples")
      .column("before", ASSAY_REAL, "last n at which the smaller was better", "samples")
      .column("after", ASSAY_REAL, "first n at which the larger was", "samples");
  s.output("mae", ASSAY_SCALAR, "mean |predicted - measured| over unions",
           ASSAY_LOWER_IS_BETTER | ASSAY_HEADLINE);
  s.output("mae_of/*", ASSAY_SCALAR, "the same over unions of q pools: q2, q3, ...");
  s.output("bias", ASSAY_SCALAR, "mean of predicted - measured over unions");
  s.output("regret", ASSAY_SCALAR, "mean over the choices", ASSAY_LOWER_IS_BETTER);
  s.output("regret_top1", ASSAY_SCALAR, "of always the best pool");
  s.output("regret_all", ASSAY_SCALAR, "of always the largest union");
  s.output("agreement", ASSAY_SCALAR, "share of choices that are the measured best",
           ASSAY_HIGHER_IS_BETTER);
  s.output("choices_made", ASSAY_SCALAR, "budgets at which there was a choice");
  s.output("paired_gain", ASSAY_SCALAR,
           "error of always the best pool minus that of the law's choice, mean over seeds");
  s.output("paired_p", ASSAY_SCALAR, "two-sided, of a sign-flip test over seeds");
  s.output("paired_seeds", ASSAY_SCALAR, "in that test");
  s.output("switch_factor", ASSAY_SCALAR,
           "from one pool to two, the first each: max(predicted / measured, measured / predicted)",
           ASSAY_LOWER_IS_BETTER);
}

namespace {

void write_comparison(const assay::Job& job, const std::vector<Compared>& compared) {
  std::vector<int64_t> q, seeds;
  std::vector<std::string> name;
  std::vector<double> n, measured, predicted, difference;
  std::map<size_t, std::pair<double, double>> by_q;  // sum of |difference|, count
  double bias = 0;
  for (const Compared& c : compared)
    for (size_t i = 0; i < c.n.size(); ++i) {
      q.push_back(static_cast<int64_t>(c.candidate.q())), name.push_back(c.candidate.name);
      n.push_back(c.n[i]), measured.push_back(c.measured[i]), predicted.push_back(c.predicted[i]);
      difference.push_back(c.predicted[i] - c.measured[i]), seeds.push_back(c.seeds[i]);
      if (c.candidate.q() < 2) continue;
      auto& [sum, count] = by_q[c.candidate.q()];
      sum += std::abs(difference.back()), count += 1, bias += difference.back();
    }
  job.rows("comparison", {{"q", q},
                          {"union", name},
                          {"n", n},
                          {"measured", measured},
                          {"predicted", predicted},
                          {"difference", difference},
                          {"seeds", seeds}});
  double sum = 0, count = 0;
  for (const auto& [size, of] : by_q) {
    job.scalar("mae_of/q" + std::to_string(size), of.first / of.second);
    sum += of.first, count += of.second;
  }
  if (count == 0) throw std::invalid_argument("no union has a point from min_n to max_n");
  job.scalar("mae", sum / count);
  job.scalar("bias", bias / count);
}

void write_choices(const assay::Job& job, const std::vector<Compared>& compared,
                   const std::vector<Decision>& decisions) {
  std::vector<double> samples, regret, top1, all;
  std::vector<int64_t> predicted_q, measured_q;
  std::vector<std::string> predicted, measured;
  std::vector<uint8_t> agree;
  const auto mean = [](const std::vector<double>& x) {
    double sum = 0;
    for (const double v : x) sum += v;
    return sum / static_cast<double>(x.size());
  };
  double agreed = 0;
  for (const Decision& d : decisions) {
    const Candidate &law = compared[d.predicted].candidate, &best = compared[d.best].candidate;
    samples.push_back(d.samples), regret.push_back(d.regret);
    top1.push_back(d.regret_top1), all.push_back(d.regret_all);
    predicted_q.push_back(static_cast<int64_t>(law.q())), predicted.push_back(law.name);
    measured_q.push_back(static_cast<int64_t>(best.q())), measured.push_back(best.name);
    agree.push_back(d.predicted == d.best);
    agreed += agree.back();
  }
  job.rows("choices", {{"samples", samples},
                       {"predicted_q", predicted_q},
                       {"predicted", predicted},
                       {"measured_q", measured_q},
                       {"measured", measured},
                       {"agree", assay::bools(agree)},
                       {"regret", regret},
                       {"regret_top1", top1},
                       {"regret_all", all}});
  job.scalar("choices_made", static_cast<double>(decisions.size()));
  if (decisions.empty()) {
    job.warn("the best pool and all unions have no common n: there is no choice to judge");
    return;
  }
  job.scalar("regret", mean(regret));
  job.scalar("regret_top1", mean(top1));
  job.scalar("regret_all", mean(all));
  job.scalar("agreement", agreed / static_cast<double>(decisions.size()));
}

void write_paired(const assay::Job& job, const std::vector<double>& gains) {
  if (gains.empty()) return;
  double sum = 0;
  for (const double g : gains) sum += g;
  job.scalar("paired_gain", sum / static_cast<double>(gains.size()));
  job.scalar("paired_p", sign_flip_p(gains));
  job.scalar("paired_seeds", static_cast<double>(gains.size()));
}

/// The measured unions that extend the best pool one by one.
std::vector<const Compared*> nested(const std::vector<Compared>& compared) {
  std::vector<const Compared*> out{&compared.front()};
  for (const Compared& c : compared) {
    const auto& last = out.back()->candidate.pools;
    const bool extends =
        c.candidate.q() == last.size() + 1 && std::all_of(last.begin(), last.end(), [&](size_t i) {
          const auto& pools = c.candidate.pools;
          return std::find(pools.begin(), pools.end(), i) != pools.end();
        });
    if (extends) out.push_back(&c);
  }
  return out;
}

void write_switches(const assay::Job& job, const Laws& laws,
                    const std::vector<Compared>& compared) {
  std::vector<int64_t> from, to;
  std::vector<double> predicted, measured, before, after;
  const auto chain = nested(compared);
  for (size_t i = 0; i + 1 < chain.size(); ++i) {
    const Compared &one = *chain[i], &two = *chain[i + 1];
    const auto seen = measured_switch(one, two);
    const auto found = crossovers(mixture_of(laws, one.candidate), mixture_of(laws, two.candidate),
                                  one.n.front(), 100 * one.n.back());
    const auto first =
        std::find_if(found.begin(), found.end(), [](const Crossover& c) { return c.to_second; });
    const double said = first == found.end() ? NAN : first->samples;
    from.push_back(static_cast<int64_t>(i + 1)), to.push_back(static_cast<int64_t>(i + 2));
    predicted.push_back(said), measured.push_back(seen ? seen->samples : NAN);
    before.push_back(seen ? seen->before : NAN), after.push_back(seen ? seen->after : NAN);
    if (i == 0 && seen && std::isfinite(said))
      job.scalar("switch_factor", std::exp(std::abs(std::log(said / seen->samples))));
  }
  job.rows("switches", {{"from", from},
                        {"to", to},
                        {"predicted", predicted},
                        {"measured", measured},
                        {"before", before},
                        {"after", after}});
}

}  // namespace

void Validate::run(assay::Job& job) const {
  check();
  Laws laws = read_laws(job.open("laws"));
  if (tau_scale_exponent > -2) laws.gamma = tau_scale_exponent;
  const auto curves = read_curves(job, "curves");
  const auto compared = compare(laws, curves, min_n, max_n);
  const auto decisions = decide(compared);
  std::vector<Candidate> candidates;
  for (const Compared& c : compared) candidates.push_back(c.candidate);
  if (const std::string steep = steep_pools(laws, candidates); !steep.empty()) job.warn(steep);
  write_comparison(job, compared);
  write_choices(job, compared, decisions);
  write_paired(job, paired_gains(compared, decisions));
  write_switches(job, laws, compared);
}

}  // namespace qqt

ASSAY_METHOD(qqt::Validate)
