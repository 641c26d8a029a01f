// Method `identify`: which parameters do so many points with so much noise determine? Data sets are
// drawn from known laws and fitted; how widely do the estimates spread around the truth?
#include "plugins/qqt/simulated.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace qqt {

struct Identify {
  static constexpr const char* name = "identify";
  std::vector<double> epochs{2, 4, 6, 8, 10};
  double noise_sd = 0.0024;
  int64_t draws = 50;
  std::string a_mode = "shared", d_mode = "fixed";
  int64_t starts = 12;

  static void describe(assay::Schema<Identify>& s) {
    s.summary("How widely estimates spread when the truth is known");
    s.param("epochs", &Identify::epochs, "at which each pool is evaluated").above(0);
    s.param("noise_sd", &Identify::noise_sd, "of an error").min(0);
    s.param("draws", &Identify::draws, "data sets").min(1).max(100000);
    s.param("a_mode", &Identify::a_mode, "as of fit").choices({"shared", "per_pool"});
    s.param("d_mode", &Identify::d_mode, "fixed at the truth, or free").choices({"fixed", "free"});
    s.param("starts", &Identify::starts, "of each fit").min(1).max(10000);
    s.input("laws", ASSAY_TABLE, "the truth: of import_params or fit").format("qqt_laws");
    s.output("estimates", ASSAY_TABLE, "every fit")
        .column("draw", ASSAY_INT)
        .column("pool", ASSAY_STRING)
        .column("parameter", ASSAY_STRING, "a, b, tau, d")
        .column("value", ASSAY_REAL)
        .column("truth", ASSAY_REAL);
    s.output("intervals", ASSAY_TABLE, "quantiles over the fits")
        .column("pool", ASSAY_STRING)
        .column("parameter", ASSAY_STRING)
        .column("truth", ASSAY_REAL)
        .column("lo", ASSAY_REAL, "5 %")
        .column("median", ASSAY_REAL)
        .column("hi", ASSAY_REAL, "95 %");
    s.output("lo/*", ASSAY_SCALAR, "5 % of a, d, and, by rank of the pool, of b0, tau0, ...");
    s.output("hi/*", ASSAY_SCALAR, "95 % of the same");
    s.output("worst_error/*", ASSAY_SCALAR,
             "largest |estimate / truth - 1| of a, b, tau or d over pools and fits");
  }

  void check() const {
    if (epochs.empty()) throw std::invalid_argument("epochs is empty: give at least one");
  }
  void run(assay::Job& job) const;
};

namespace {

void write(const assay::Job& job, const std::vector<PoolFit>& truth,
           const std::vector<std::vector<Parameters>>& fits) {
  std::vector<int64_t> draw;
  std::vector<std::string> pool, parameter, pool_of_interval, of_interval;
  std::vector<double> value, true_value, interval_truth, lo, median, hi;
  std::map<std::string, double> worst;
  for (size_t c = 0; c < truth.size(); ++c)
    for (size_t i = 0; i < kParameters.size(); ++i) {
      const double right = value_of(truth[c].p, i);
      std::vector<double> all;
      for (size_t f = 0; f < fits.size(); ++f) {
        all.push_back(value_of(fits[f][c], i));
        draw.push_back(static_cast<int64_t>(f)), pool.push_back(truth[c].pool);
        parameter.emplace_back(kParameters[i]), value.push_back(all.back()),
            true_value.push_back(right);
        worst[kParameters[i]] = std::max(
            worst[kParameters[i]], std::abs(all.back() - right) / std::max(std::abs(right), 1e-12));
      }
      pool_of_interval.push_back(truth[c].pool), of_interval.emplace_back(kParameters[i]);
      interval_truth.push_back(right), lo.push_back(quantile(all, 0.05));
      median.push_back(quantile(all, 0.5)), hi.push_back(quantile(all, 0.95));
      const bool common = i == 0 || i == 3;
      if (common && c > 0) continue;
      const std::string name = kParameters[i] + (common ? "" : std::to_string(c));
      job.scalar("lo/" + name, lo.back());
      job.scalar("hi/" + name, hi.back());
    }
  for (const auto& [name, error] : worst) job.scalar("worst_error/" + name, error);
  job.rows("estimates", {{"draw", draw},
                         {"pool", pool},
                         {"parameter", parameter},
                         {"value", value},
                         {"truth", true_value}});
  job.rows("intervals", {{"pool", pool_of_interval},
                         {"parameter", of_interval},
                         {"truth", interval_truth},
                         {"lo", lo},
                         {"median", median},
                         {"hi", hi}});
}

}  // namespace

void Identify::run(assay::Job& job) const {
  // The truth: pools alone, as controls are no part of the question.
  check();
  Laws laws = read_laws(job.open("laws"));
  std::erase_if(laws.pools, [](const PoolFit& p) { return p.role != "pool"; });
  laws.draws.clear();
  FitOptions options;
  options.setting = laws.setting;
  options.a_mode = a_mode == "shared" ? Mode::shared : Mode::per_pool;
  options.d_free = d_mode == "free";
  options.d = laws.pools.at(0).p.d;
  options.starts = starts;

  // Draw data sets, and fit each.
  auto noise = job.stream("noise");
  const uint64_t key = job.key("starts");
  std::vector<std::vector<Parameters>> fits;
  for (int64_t i = 0; i < draws; ++i) {
    const auto curves = simulate(laws, {}, {epochs, noise_sd, 1}, noise);
    fits.push_back(fit_jointly(JointProblem(curves, options), key).parameters);
    job.tick("fitting", i + 1, draws);
  }
  write(job, laws.pools, fits);
}

}  // namespace qqt

ASSAY_METHOD(qqt::Identify)
