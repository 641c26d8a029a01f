// Method `fit`: utility, half-life and scale of every pool, from their curves alone. One a (and d)
// for all pools; the paper's grid search, or variable projection and Levenberg-Marquardt.
//
// Deviation: the default optimiser is not the paper's grid (a random tenth of 10^6 nodes,
// unseeded), whose result another run does not reproduce; optimizer = "grid" is that grid, complete
// and in a fixed order. The default form keeps d outside of the product, where it is an irreducible
// error.
#include "plugins/qqt/fit_results.hpp"
#include "plugins/qqt/grid.hpp"
#include "plugins/qqt/unions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace qqt {

struct FitCurves {
  static constexpr const char* name = "fit";
  std::string law = "utility", form = "paper";
  std::string a_mode = "shared", tau_mode = "per_pool", d_mode = "fixed";
  double a = 0.025, tau = 6, d = 0.1;
  std::vector<double> a_range{1e-5, 1e3}, b_range{-0.8, -1e-3}, tau_range{0.2, 200};
  double unit = 1e5;
  double min_n = 0, max_n = 1e300;
  std::string optimizer = "nlls";
  int64_t starts = 12;
  int64_t grid_points = 100;
  std::vector<double> grid_a{1e-4, 0.04}, grid_b{-0.5, -0.005}, grid_tau{1, 10};
  std::vector<double> profile_d;
  int64_t bootstrap = 200;
  std::string resample = "auto";
  double flat_above = 0.95;
  double tau_scale_exponent = 1;
  std::string gamma_from;

  static void describe(assay::Schema<FitCurves>& s);
  void check() const;
  void run(assay::Job& job) const;

 private:
  FitOptions options() const;
  Curve cut(Curve curve) const;
  Fit fit_curves(const std::vector<Curve>& curves, FitOptions& options, uint64_t key,
                 Findings& findings) const;
  bool measurable(const Curve& c, double noise) const;
  bool any_measurable(const std::vector<Curve>& curves, double noise) const;
  Findings find(const std::vector<Curve>& curves, uint64_t key, double noise) const;
  void draw(const assay::Job& job, Findings& findings) const;
};

void FitCurves::describe(assay::Schema<FitCurves>& s) {
  s.summary("Utility and half-life of each pool, with intervals, from curves of single pools");
  s.param("law", &FitCurves::law, "utility: the exponent decays; data: the number of samples does")
      .choices({"utility", "data"});
  s.param("form", &FitCurves::form,
          "of law utility: paper, E = power law + d; code, d decays with repetitions too")
      .choices({"paper", "code"});
  s.param("a_mode", &FitCurves::a_mode, "one scale a for all pools, each its own, or the given one")
      .choices({"shared", "per_pool", "fixed"});
  s.param("a", &FitCurves::a, "if fixed").above(0);
  s.param("tau_mode", &FitCurves::tau_mode, "the same for the half-life")
      .choices({"per_pool", "shared", "fixed"});
  s.param("tau", &FitCurves::tau, "if fixed").above(0).unit("repetitions");
  s.param("d_mode", &FitCurves::d_mode,
          "irreducible error: given; free; or profile, the best of fits with d fixed along a list, "
          "with its interval")
      .choices({"fixed", "free", "profile"});
  s.param("d", &FitCurves::d, "if fixed").min(0).below(1);
  s.param("a_range", &FitCurves::a_range, "[low, high] for the search").above(0);
  s.param("b_range", &FitCurves::b_range, "[low, high]; utility is -b").below(0);
  s.param("tau_range", &FitCurves::tau_range, "[low, high]").above(0).unit("repetitions");
  s.param("unit", &FitCurves::unit, "u: a has a meaning in this unit").above(0).unit("samples");
  s.param("min_n", &FitCurves::min_n, "points below are left out: a warm-up")
      .min(0)
      .unit("samples");
  s.param("max_n", &FitCurves::max_n, "points above are left out").min(0).unit("samples");
  s.param("optimizer", &FitCurves::optimizer,
          "nlls: variable projection, then Levenberg-Marquardt; grid: every node of the paper's")
      .choices({"nlls", "grid"});
  s.param("starts", &FitCurves::starts, "of nlls; all but the first are random").min(1).max(10000);
  s.param("grid_points", &FitCurves::grid_points, "of each axis").min(1).max(1000);
  s.param("grid_a", &FitCurves::grid_a, "[low, high]").above(0);
  s.param("grid_b", &FitCurves::grid_b, "[low, high]").below(0);
  s.param("grid_tau", &FitCurves::grid_tau, "[low, high]").above(0);
  s.param("profile_d", &FitCurves::profile_d,
          "values of d for the profile; empty: 0 to 0.9 in steps of 0.01, or for the grid 10 from "
          "0.02 to 0.15, as in the paper's code")
      .min(0)
      .below(1);
  s.param("bootstrap", &FitCurves::bootstrap, "draws; 0: intervals from the covariance")
      .min(0)
      .max(100000);
  s.param("resample", &FitCurves::resample,
          "residuals of each curve, or whole seeds; auto: seeds where each curve has 3 or more")
      .choices({"auto", "residuals", "seeds"});
  s.param("flat_above", &FitCurves::flat_above,
          "a pool whose error stays above this, or changes by less than 3 standard deviations of "
          "the noise, has no measurable utility: it is fitted apart, and in no union")
      .min(0)
      .max(1);
  s.param("tau_scale_exponent", &FitCurves::tau_scale_exponent,
          "gamma: half-lives in mixtures are tau (N_mix / N)^gamma; 1 is the paper's rule")
      .min(-1)
      .max(2);
  s.param("gamma_from", &FitCurves::gamma_from,
          "name of a measured union among the curves from which gamma is fitted; empty: none");
  s.input("curves", ASSAY_TABLE, "measured curves", ASSAY_MANY);
  declare_laws(s);
  declare_fit_results(s);
}

void FitCurves::check() const {
  const auto range = [](const std::vector<double>& r, const char* what) {
    if (r.size() != 2 || !(r[0] <= r[1]))
      throw std::invalid_argument(std::string(what) + " is [low, high] with low <= high");
  };
  range(a_range, "a_range"), range(b_range, "b_range"), range(tau_range, "tau_range");
  range(grid_a, "grid_a"), range(grid_b, "grid_b"), range(grid_tau, "grid_tau");
  if (!(min_n <= max_n)) throw std::invalid_argument("min_n is above max_n: no point is left");
  if (optimizer == "grid" && d_mode == "free")
    throw std::invalid_argument("optimizer grid has no axis for d: d_mode is fixed or profile");
  if (optimizer == "grid" && tau_mode == "shared")
    throw std::invalid_argument(
        "optimizer grid searches each pool's tau: tau_mode is per_pool or "
        "fixed");
}

FitOptions FitCurves::options() const {
  const auto mode = [](const std::string& word) {
    return word == "shared" ? Mode::shared : word == "fixed" ? Mode::fixed : Mode::per_pool;
  };
  FitOptions o;
  o.setting = make_setting(law, form, unit);
  o.a_mode = mode(a_mode), o.tau_mode = mode(tau_mode), o.d_free = d_mode == "free";
  o.a = a, o.tau = tau, o.d = d, o.starts = starts;
  o.a_range = {a_range[0], a_range[1]};
  o.b_range = {b_range[0], b_range[1]};
  o.tau_range = {tau_range[0], tau_range[1]};
  return o;
}

Curve FitCurves::cut(Curve curve) const {
  std::erase_if(curve.points, [&](const Point& p) { return p.n < min_n || p.n > max_n; });
  if (curve.points.empty())
    throw std::invalid_argument("pool \"" + curve.pool + "\" has no point from min_n to max_n");
  return curve;
}

/// The fit of curves that go together, and the options it was made with (d may be found).
Fit FitCurves::fit_curves(const std::vector<Curve>& curves, FitOptions& o, uint64_t key,
                          Findings& findings) const {
  const bool grid = optimizer == "grid";
  const auto values = !profile_d.empty() ? profile_d
                      : grid             ? evenly({0.02, 0.15}, 10)
                                         : evenly({0, 0.9}, 91);
  if (!grid) {
    if (d_mode == "profile") {
      findings.profile = qqt::profile_d(curves, o, values, key);
      o.d = findings.profile.d[findings.profile.best];
    }
    return fit_jointly(JointProblem(curves, o), key);
  }
  const auto axis = [&](const std::vector<double>& r) { return evenly({r[0], r[1]}, grid_points); };
  GridAxes axes{axis(grid_a), axis(grid_b), axis(grid_tau)};
  if (o.a_mode == Mode::fixed) axes.a = {o.a};
  if (o.tau_mode == Mode::fixed) axes.tau = {o.tau};
  const JointProblem problem(curves, o);
  findings.grid = true;
  Fit best = fit_by_grid(problem, axes, d_mode == "profile" ? values.front() : o.d);
  if (d_mode == "profile")
    for (const double value : values) {
      Fit fit = fit_by_grid(problem, axes, value);
      findings.profile.d.push_back(value);
      findings.profile.sse.push_back(fit.sse);
      findings.profile.a.push_back(fit.parameters.front().a);
      if (fit.sse < best.sse) best = std::move(fit);
    }
  o.d = best.parameters.front().d;
  return best;
}

/// Of a curve that does not say how noisy it is, the noise is `noise`; controls always count.
bool FitCurves::measurable(const Curve& c, double noise) const {
  const double own = noise_of(c);
  return c.role != "pool" || !is_flat(c, std::isfinite(own) ? own : noise, flat_above);
}

bool FitCurves::any_measurable(const std::vector<Curve>& curves, double noise) const {
  return std::any_of(curves.begin(), curves.end(),
                     [&](const Curve& c) { return c.role == "pool" && measurable(c, noise); });
}

/// Fits the pools with measurable utility together, and each of the rest with their a and d.
Findings FitCurves::find(const std::vector<Curve>& curves, uint64_t key, double noise) const {
  Findings f;
  f.options = options();
  for (const Curve& c : curves) (measurable(c, noise) ? f.curves : f.flat).push_back(c);
  if (!any_measurable(curves, noise))
    throw std::invalid_argument(
        "no pool has measurable utility: every error stays above flat_above, or changes by less "
        "than 3 standard deviations of the noise");
  f.fit = fit_curves(f.curves, f.options, key, f);
  FitOptions alone = f.options;
  alone.a_mode = Mode::fixed, alone.a = f.fit.parameters.front().a;
  alone.d_free = false, alone.d = f.fit.parameters.front().d;
  for (const Curve& c : f.flat)
    f.flat_parameters.push_back(fit_jointly(JointProblem({c}, alone), key).parameters.front());
  return f;
}

void FitCurves::draw(const assay::Job& job, Findings& f) const {
  const JointProblem problem(f.curves, f.options);
  const bool seeds = resample == "seeds" || (resample == "auto" && has_seeds(f.curves));
  if (seeds && !has_seeds(f.curves, 2))
    throw std::invalid_argument("resample = \"seeds\" needs two or more seeds of every curve");
  f.draws = qqt::bootstrap(problem, f.fit, f.curves, seeds ? Resample::seeds : Resample::residuals,
                           bootstrap, job.key("bootstrap"), [&](int64_t done) {
                             if (done % 50 == 0) job.tick("bootstrap", done, bootstrap);
                           });
}

void FitCurves::run(assay::Job& job) const {
  // Pools and controls are fitted; unions only say how half-lives stretch.
  check();
  std::vector<Curve> curves, unions;
  for (Curve& c : read_curves(job, "curves"))
    (c.role == "union" ? unions : curves).push_back(cut(std::move(c)));

  // Fit; where curves do not say how noisy they are, the residuals do, unless all would be flat
  // by them: then it is the law that does not fit.
  const uint64_t key = job.key("starts");
  Findings f = find(curves, key, std::numeric_limits<double>::quiet_NaN());
  const double noise = f.residual_sd();
  if (std::isfinite(noise) && any_measurable(curves, noise)) f = find(curves, key, noise);

  // Draw, and hand on.
  draw(job, f);
  f.warnings = warnings_of(f);
  for (const auto& w : f.warnings) job.warn(w.text);
  Laws laws = laws_of(f, tau_scale_exponent);
  if (!gamma_from.empty()) laws.gamma = gamma_of(laws, unions, gamma_from);
  write_laws(job, laws);
  write_fit_results(job, f, laws);
}

}  // namespace qqt

ASSAY_METHOD(qqt::FitCurves)
