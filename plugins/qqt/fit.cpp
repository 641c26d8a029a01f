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
#include <map>

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
  static void describe_law(assay::Schema<FitCurves>& s);
  static void describe_search(assay::Schema<FitCurves>& s);
  static void describe_results(assay::Schema<FitCurves>& s);
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
  describe_law(s);
  describe_search(s);
  describe_results(s);
  s.input("curves", ASSAY_TABLE, "measured curves", ASSAY_MANY).format("qqt_curves");
  declare_laws(s);
  declare_fit_results(s);
}

void FitCurves::describe_law(assay::Schema<FitCurves>& s) {
  s.param("law", &FitCurves::law, "utility: the exponent decays; data: the number of samples does")
      .choices({"utility", "data"});
  s.param(
       "form", &FitCurves::form,
       "with law utility: paper, E = power law + d; code, d decays with repetitions too; law data "
       "has one form")
      .choices({"paper", "code"});
  s.param("a_mode", &FitCurves::a_mode, "one scale a for all pools, each its own, or the given one")
      .choices({"shared", "per_pool", "fixed"});
  s.param("a", &FitCurves::a, "with a_mode fixed").above(0);
  s.param("tau_mode", &FitCurves::tau_mode, "the same for the half-life")
      .choices({"per_pool", "shared", "fixed"});
  s.param("tau", &FitCurves::tau, "with tau_mode fixed; with per_pool, of pools that never repeat")
      .above(0)
      .unit("repetitions");
  s.param("d_mode", &FitCurves::d_mode,
          "irreducible error: given; free; or profile, the best of fits with d fixed along a list, "
          "with its interval")
      .choices({"fixed", "free", "profile"});
  s.param("d", &FitCurves::d, "with d_mode fixed").min(0).below(1);
  s.param("a_range", &FitCurves::a_range, "with nlls: [low, high] for the search").above(0);
  s.param("b_range", &FitCurves::b_range, "with nlls: [low, high]; utility is -b").below(0);
  s.param("tau_range", &FitCurves::tau_range, "with nlls: [low, high]")
      .above(0)
      .unit("repetitions");
  s.param("unit", &FitCurves::unit, "u: a has a meaning in this unit").above(0).unit("samples");
  s.param("min_n", &FitCurves::min_n, "points below are left out: a warm-up")
      .min(0)
      .unit("samples");
  s.param("max_n", &FitCurves::max_n, "points above are left out").min(0).unit("samples");
}

void FitCurves::describe_search(assay::Schema<FitCurves>& s) {
  s.param("optimizer", &FitCurves::optimizer,
          "nlls: variable projection, then Levenberg-Marquardt; grid: every node of the paper's")
      .choices({"nlls", "grid"});
  s.param("starts", &FitCurves::starts, "with nlls; all but the first are random")
      .min(1)
      .max(10000);
  s.param("grid_points", &FitCurves::grid_points, "with grid: of each axis").min(1).max(1000);
  s.param("grid_a", &FitCurves::grid_a, "with grid: [low, high]").above(0);
  s.param("grid_b", &FitCurves::grid_b, "with grid: [low, high]").below(0);
  s.param("grid_tau", &FitCurves::grid_tau, "with grid: [low, high]").above(0);
  s.param("profile_d", &FitCurves::profile_d,
          "with d_mode profile: values of d, ascending; empty: 0 to 0.9 in steps of 0.01, or for "
          "the grid 10 from "
          "0.02 to 0.15, as in the paper's code")
      .min(0)
      .below(1);
}

void FitCurves::describe_results(assay::Schema<FitCurves>& s) {
  s.param(
       "bootstrap", &FitCurves::bootstrap,
       "draws, each a least-squares refit from the fit, d kept unless it is free; with optimizer "
       "grid too, within the axes' ends: its intervals are those of the refits, not of nodes; 0: "
       "intervals from the covariance")
      .min(0)
      .max(100000);
  s.param("resample", &FitCurves::resample,
          "with bootstrap: residuals of each curve, or whole seeds; auto: seeds where each curve "
          "has 3 "
          "or more")
      .choices({"auto", "residuals", "seeds"});
  s.param(
       "flat_above", &FitCurves::flat_above,
       "a pool whose error stays above this, or falls by less than 3 standard errors of the noise "
       "below the first third of its points, has no measurable utility: it is fitted "
       "apart, and in no union")
      .min(0)
      .max(1);
  s.param("tau_scale_exponent", &FitCurves::tau_scale_exponent,
          "gamma, without gamma_from: half-lives in mixtures are tau (N_mix / N)^gamma; 1 is the "
          "paper's rule")
      .min(-1)
      .max(2);
  s.param("gamma_from", &FitCurves::gamma_from,
          "name of a measured union among the curves from which gamma is fitted; empty: none");
}

void FitCurves::check() const {
  const auto range = [](const std::vector<double>& r, const char* what) {
    if (r.size() == 2 && r[0] <= r[1]) return;
    std::string given;
    for (const double x : r) given += (given.empty() ? "" : ", ") + shown(x);
    throw std::invalid_argument(std::string(what) + " is [low, high] with low <= high; got [" +
                                given + "]");
  };
  range(a_range, "a_range"), range(b_range, "b_range"), range(tau_range, "tau_range");
  range(grid_a, "grid_a"), range(grid_b, "grid_b"), range(grid_tau, "grid_tau");
  if (!(min_n <= max_n)) throw std::invalid_argument("min_n is above max_n: no point is left");
  if (!std::is_sorted(profile_d.begin(), profile_d.end(), std::less_equal<>()))
    throw std::invalid_argument("profile_d ascends, each value once");
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
  // The grid's ranges are those of its axes, for its refits and the flags of bounds too.
  const bool grid = optimizer == "grid";
  const auto range = [&](const std::vector<double>& r, const std::vector<double>& axis) {
    if (!grid) return Range{r[0], r[1]};
    return Range{axis[0], grid_points > 1 ? axis[1] : axis[0]};
  };
  o.a_range = range(a_range, grid_a);
  o.b_range = range(b_range, grid_b);
  o.tau_range = range(tau_range, grid_tau);
  return o;
}

Curve FitCurves::cut(Curve curve) const {
  std::erase_if(curve.points, [&](const Point& p) { return p.n < min_n || p.n > max_n; });
  if (curve.points.empty())
    throw std::invalid_argument("pool \"" + curve.pool + "\" has no point from min_n to max_n");
  return curve;
}

/// The grid has no axis that two curves could share.
void refuse_shared_quality(const std::vector<Curve>& curves) {
  std::map<std::string, std::string> pool_of;
  for (const Curve& c : curves) {
    const auto [first, fresh] = pool_of.try_emplace(c.quality(), c.pool);
    if (!fresh)
      throw std::invalid_argument("pools \"" + first->second + "\" and \"" + c.pool +
                                  "\" have one quality_id, and the grid fits each pool's b alone: "
                                  "optimizer = \"nlls\" shares it");
  }
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
  refuse_shared_quality(curves);
  const JointProblem problem(curves, o);
  if (d_mode != "profile") return fit_by_grid(problem, axes, o.d);
  Profile& profile = findings.profile;
  std::vector<Fit> fits;
  for (const double value : values) {
    fits.push_back(fit_by_grid(problem, axes, value));
    profile.d.push_back(value);
    profile.sse.push_back(fits.back().sse);
    profile.a.push_back(fits.back().parameters.front().a);
  }
  find_interval(profile, problem.points());
  o.d = profile.d[profile.best];
  return fits[profile.best];
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
        "no pool has measurable utility: every error stays above flat_above, or falls by less "
        "than 3 standard errors of the noise");
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
    if (c.role != "union")
      curves.push_back(cut(std::move(c)));
    else
      unions.push_back(c.pool == gamma_from ? cut(std::move(c)) : std::move(c));

  // Fit; where curves do not say how noisy they are, the residuals do, unless all would be flat
  // by them: then it is the law that does not fit.
  const uint64_t key = job.key("starts");
  Findings f = find(curves, key, std::numeric_limits<double>::quiet_NaN());
  const double noise = f.residual_sd();
  if (std::isfinite(noise) && any_measurable(curves, noise)) f = find(curves, key, noise);

  // Draw, and hand on.
  draw(job, f);
  Laws laws = laws_of(f, tau_scale_exponent);
  if (!gamma_from.empty()) laws.gamma = gamma_of(laws, unions, gamma_from);
  f.warnings = warnings_of(f);
  if (!gamma_from.empty() && gamma_at_end(laws.gamma))
    f.warnings.push_back({"at_bound", gamma_from,
                          "union \"" + gamma_from + "\" takes gamma to an end of its range, " +
                              shown(laws.gamma) + ": it does not say how half-lives stretch"});
  for (const auto& w : f.warnings) job.warn(w.text);
  write_laws(job, laws);
  write_fit_results(job, f, laws);
}

}  // namespace qqt

ASSAY_METHOD(qqt::FitCurves)
