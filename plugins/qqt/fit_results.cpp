#include "plugins/qqt/fit_results.hpp"
#include "plugins/qqt/unions.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <sstream>
#include <tuple>
#include <utility>

namespace qqt {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kNormal95 = 1.6448536269514722;
constexpr int kFigurePoints = 60, kRepetitions = 10;

double sse_of(const Curve& curve, const std::vector<double>& fitted) {
  double sum = 0;
  for (size_t j = 0; j < fitted.size(); ++j)
    sum += (curve.points[j].error - fitted[j]) * (curve.points[j].error - fitted[j]);
  return sum;
}

/// The curve of a law at these n, whatever was measured.
std::vector<double> law_at(const Setting& setting, const Parameters& p, double N,
                           const std::vector<double>& n) {
  std::vector<double> error(n.size()), scratch(2 * n.size());
  evaluate(setting, Epochs(n, N), p, error.data(), nullptr, scratch.data());
  return error;
}

/// All curves with their laws, those without utility last.
struct Each {
  const Curve* curve;
  Parameters p;
  size_t place;  // in Findings::curves; SIZE_MAX: flat
};

std::vector<Each> all_of(const Findings& f) {
  std::vector<Each> all;
  for (size_t c = 0; c < f.curves.size(); ++c)
    all.push_back({&f.curves[c], f.fit.parameters[c], c});
  for (size_t c = 0; c < f.flat.size(); ++c)
    all.push_back({&f.flat[c], f.flat_parameters[c], SIZE_MAX});
  return all;
}

/// Whether a half-life is the curve's own, and nothing in the curve says what it is.
bool unseen_tau(const Findings& f, const Curve& curve) {
  return f.options.tau_mode == Mode::per_pool && !repeats(curve);
}

/// Standard errors of a, b, tau, d: those of logarithms times the value.
double standard_error(const JointProblem& problem, const Matrix& cov, const Each& e, size_t i) {
  const int at = problem.places(e.place)[i];
  if (at < 0) return kNaN;
  const double se = std::sqrt(cov(at, at));
  return i == 0 || i == 2 ? se * value_of(e.p, i) : se;
}

/// 5 and 95 % of the draws, or 1.645 standard errors around the value.
std::pair<double, double> interval(double value, double se, const std::vector<double>& drawn) {
  if (!drawn.empty()) return {quantile(drawn, 0.05), quantile(drawn, 0.95)};
  return {value - kNormal95 * se, value + kNormal95 * se};
}

std::vector<double> drawn_of(const Findings& f, size_t curve, size_t i) {
  std::vector<double> drawn;
  for (const auto& draw : f.draws) drawn.push_back(value_of(draw[curve], i));
  return drawn;
}

/// What is known of half-lives: none without repetitions, little where the interval of one goes to
/// an end of its range.
void diagnose_tau(const Findings& f, std::vector<Warning>& found) {
  if (f.options.tau_mode != Mode::per_pool) return;
  const Range& range = f.options.tau_range;
  const JointProblem problem(f.curves, f.options);
  for (size_t c = 0; c < f.curves.size(); ++c) {
    const Curve& curve = f.curves[c];
    const std::string pool = "pool \"" + curve.pool + "\"";
    if (unseen_tau(f, curve)) {
      found.push_back(
          {"not_identified", curve.pool,
           pool +
               " has no point beyond one epoch: its half-life tau is not identified, and unions "
               "take it as " +
               shown(f.options.tau)});
      continue;
    }
    const auto drawn = drawn_of(f, c, 2);
    const auto bounds = at_bounds(problem, f.fit.theta, c);
    if (drawn.empty() || std::find(bounds.begin(), bounds.end(), "tau") != bounds.end()) continue;
    const double lo = quantile(drawn, 0.05), hi = quantile(drawn, 0.95);
    if (lo > range.low * (1 + 1e-6) && hi < range.high * (1 - 1e-6)) continue;
    found.push_back({"not_identified", curve.pool,
                     pool + " has a half-life tau of " + shown(lo) + " to " + shown(hi) +
                         ", an end of tau_range: its curve hardly determines it; measure more "
                         "repetitions"});
  }
}

/// Of a free d.
std::pair<double, double> interval_of_d(const Findings& f) {
  const JointProblem problem(f.curves, f.options);
  const Each first{&f.curves[0], f.fit.parameters[0], 0};
  return interval(first.p.d, standard_error(problem, covariance(problem, f.fit), first, 3),
                  drawn_of(f, 0, 3));
}

/// A line a pool: b and tau with their intervals.
std::string summary_of(const std::vector<std::string>& parameter,
                       const std::vector<std::string>& pool, const std::vector<double>& value,
                       const std::vector<double>& lo, const std::vector<double>& hi) {
  const auto three = [](double x) {
    std::ostringstream out;
    out.precision(3);
    out << x;
    return out.str();
  };
  std::string text;
  for (size_t i = 0; i < value.size(); ++i) {
    const bool b = parameter[i] == "b";
    if (!b && parameter[i] != "tau") continue;
    if (b) text += pool[i] + ": ";
    std::string found = b ? "b = " : "half-life ";
    found += std::isnan(value[i]) ? "not identified" : three(value[i]);
    if (!std::isnan(lo[i])) found += " (" + three(lo[i]) + " to " + three(hi[i]) + ")";
    text += found + (b ? ", " : std::isnan(value[i]) ? "\n" : " repetitions\n");
  }
  return text;
}

void write_params(const assay::Job& job, const Findings& f, const Matrix& cov) {
  const JointProblem problem(f.curves, f.options);
  std::vector<std::string> pool, parameter;
  std::vector<double> N, value, lo, hi, se;
  std::vector<uint8_t> at_bound, measurable;
  for (const Each& e : all_of(f)) {
    const bool flat = e.place == SIZE_MAX;
    const auto bounds =
        flat ? std::vector<std::string>{} : at_bounds(problem, f.fit.theta, e.place);
    for (size_t i = 0; i < kParameters.size(); ++i) {
      pool.push_back(e.curve->pool), parameter.emplace_back(kParameters[i]);
      const bool unseen = i == 2 && unseen_tau(f, *e.curve);
      N.push_back(e.curve->N), value.push_back(unseen ? kNaN : value_of(e.p, i));
      at_bound.push_back(std::find(bounds.begin(), bounds.end(), kParameters[i]) != bounds.end());
      const bool none = flat || unseen || at_bound.back();
      se.push_back(none ? kNaN : standard_error(problem, cov, e, i));
      auto [low, high] = interval(value.back(), se.back(),
                                  flat || unseen ? std::vector<double>{} : drawn_of(f, e.place, i));
      if (i == 3 && !flat && !f.profile.d.empty()) low = f.profile.low, high = f.profile.high;
      lo.push_back(low), hi.push_back(high);
      measurable.push_back(!flat);
    }
  }
  job.text("summary", summary_of(parameter, pool, value, lo, hi));
  job.rows("params", {{"pool", pool},
                      {"pool_size", N},
                      {"parameter", parameter},
                      {"value", value},
                      {"lo", lo},
                      {"hi", hi},
                      {"se", se},
                      {"at_bound", assay::bools(at_bound)},
                      {"measurable", assay::bools(measurable)}});
}

void write_pools(const assay::Job& job, const Findings& f) {
  std::vector<std::string> pool, role;
  std::vector<double> a, b, tau, d, utility, sse;
  std::vector<int64_t> points;
  std::vector<uint8_t> measurable;
  for (const Each& e : all_of(f)) {
    pool.push_back(e.curve->pool), role.push_back(e.curve->role);
    a.push_back(e.p.a), b.push_back(e.p.b), d.push_back(e.p.d);
    tau.push_back(unseen_tau(f, *e.curve) ? kNaN : e.p.tau);
    utility.push_back(-e.p.b);
    sse.push_back(
        sse_of(*e.curve, law_at(f.options.setting, e.p, e.curve->N, samples_of(*e.curve))));
    points.push_back(static_cast<int64_t>(e.curve->points.size()));
    measurable.push_back(e.place != SIZE_MAX);
  }
  job.rows("pools", {{"pool", pool},
                     {"role", role},
                     {"a", a},
                     {"b", b},
                     {"tau", tau},
                     {"d", d},
                     {"utility", utility},
                     {"sse", sse},
                     {"points", points},
                     {"measurable", assay::bools(measurable)}});
}

void write_figures(const assay::Job& job, const Findings& f) {
  std::vector<std::string> at_pool, pool, kind, decay_pool;
  std::vector<double> at_n, at_error, at_fitted, residual, n, error, repetitions, utility;
  std::vector<int64_t> seed;
  for (const Each& e : all_of(f)) {
    const Curve& c = *e.curve;
    const auto fitted = law_at(f.options.setting, e.p, c.N, samples_of(c));
    for (size_t j = 0; j < c.points.size(); ++j) {
      const Point& p = c.points[j];
      at_pool.push_back(c.pool), at_n.push_back(p.n), at_error.push_back(p.error);
      at_fitted.push_back(fitted[j]), residual.push_back(p.error - fitted[j]);
      seed.push_back(p.seed);
      pool.push_back(c.pool), kind.emplace_back("measured");
      n.push_back(p.n), error.push_back(p.error);
    }
    const auto dense = log_spaced(c.points.front().n, c.points.back().n, kFigurePoints);
    const auto curve = law_at(f.options.setting, e.p, c.N, dense);
    for (size_t j = 0; j < dense.size(); ++j) {
      pool.push_back(c.pool), kind.emplace_back("fitted");
      n.push_back(dense[j]), error.push_back(curve[j]);
    }
    if (unseen_tau(f, c)) continue;
    for (int k = 0; k <= kRepetitions; ++k) {
      decay_pool.push_back(c.pool), repetitions.push_back(k);
      utility.push_back(-e.p.b * std::exp2(-k / e.p.tau));
    }
  }
  job.rows("fitted", {{"pool", at_pool},
                      {"n", at_n},
                      {"error", at_error},
                      {"fitted", at_fitted},
                      {"residual", residual},
                      {"seed", seed}});
  job.rows("figure", {{"pool", pool}, {"kind", kind}, {"n", n}, {"error", error}});
  job.rows("decay", {{"pool", decay_pool}, {"repetitions", repetitions}, {"utility", utility}});
}

void write_warnings(const assay::Job& job, const Findings& f) {
  std::vector<std::string> kind, about, text;
  for (const Warning& w : f.warnings) {
    kind.push_back(w.kind), about.push_back(w.about), text.push_back(w.text);
  }
  job.rows("warnings", {{"kind", kind}, {"pool", about}, {"text", text}});
  job.scalar("warning_count", static_cast<double>(f.warnings.size()));
  for (const char* name : kWarningKinds)
    job.scalar(
        std::string("warnings_of/") + name,
        static_cast<double>(std::count_if(f.warnings.begin(), f.warnings.end(),
                                          [&](const Warning& w) { return w.kind == name; })));
}

void write_theta(const assay::Job& job, const JointProblem& problem, const Findings& f) {
  constexpr std::array kSearched{"ln a", "b", "ln tau", "d"};
  const auto p = static_cast<size_t>(f.fit.theta.size());
  std::vector<std::string> parameter(p), pool(p);
  for (size_t c = f.curves.size(); c-- > 0;)
    for (size_t i = 0; i < kSearched.size(); ++i) {
      const int at = problem.places(c)[i];
      if (at < 0) continue;
      parameter[static_cast<size_t>(at)] = kSearched[i];
      pool[static_cast<size_t>(at)] = f.curves[c].pool;
    }
  const std::vector<double> value(f.fit.theta.begin(), f.fit.theta.end());
  job.rows("theta", {{"parameter", parameter}, {"pool", pool}, {"value", value}});
}

}  // namespace

double Findings::residual_sd() const {
  const JointProblem problem(curves, options);
  const auto freedom =
      static_cast<double>(problem.points()) - static_cast<double>(problem.free_parameters());
  return freedom > 0 ? std::sqrt(fit.sse / freedom) : kNaN;
}

std::vector<Warning> warnings_of(const Findings& f) {
  auto found = diagnose(JointProblem(f.curves, f.options), f.fit, f.curves);
  if (f.options.d_free) {
    const auto [lo, hi] = interval_of_d(f);
    found.push_back({"not_identified", "",
                     "d is free, and its 90 % interval is " + shown(lo) + " to " + shown(hi) +
                         ": a and d are hardly identified by a few epochs; fix d, or d_mode = "
                         "\"profile\""});
  }
  const Profile& p = f.profile;
  if (!p.d.empty() && (p.low == p.d.front() || p.high == p.d.back()))
    found.push_back({"not_identified", "",
                     (p.best == 0 || p.best + 1 == p.d.size()
                          ? "d ends at an end of its profile, " + shown(p.d[p.best]) + "; "
                          : std::string()) +
                         "the 90 % interval of d, " + shown(p.low) + " to " + shown(p.high) +
                         ", reaches an end of its profile: d is not determined, and the other "
                         "intervals, at one d, are too narrow"});
  diagnose_tau(f, found);
  for (const Curve& c : f.flat)
    found.push_back({"flat", c.pool,
                     "pool \"" + c.pool +
                         "\" has no measurable utility: it is fitted apart, with the others' a "
                         "and d, and left out of unions"});
  return found;
}

Laws laws_of(const Findings& f, double gamma) {
  const JointProblem problem(f.curves, f.options);
  Laws laws{f.options.setting,
            gamma,
            {},
            {},
            static_cast<int64_t>(problem.points()),
            static_cast<int64_t>(problem.free_parameters())};
  auto all = all_of(f);
  std::stable_sort(all.begin(), all.end(), [](const Each& x, const Each& y) {
    const auto key = [](const Each& e) {
      return std::tuple(e.curve->role != "pool", e.curve->members.empty(), e.curve->members);
    };
    return key(x) < key(y);
  });
  for (const Each& e : all)
    laws.pools.push_back({e.curve->pool, e.curve->role, e.curve->quality(), e.curve->members,
                          e.curve->N, e.p, e.place != SIZE_MAX});
  for (const auto& draw : f.draws) {
    auto& row = laws.draws.emplace_back();
    for (const Each& e : all) {
      Parameters p = e.p;
      if (e.place == SIZE_MAX)  // what it was fitted with moves with the others
        p.a = draw.front().a, p.d = draw.front().d;
      row.push_back(e.place == SIZE_MAX ? p : draw[e.place]);
    }
  }
  return laws;
}

double gamma_of(const Laws& laws, const std::vector<Curve>& unions, const std::string& name) {
  for (const Curve& u : unions)
    if (u.pool == name) return fit_gamma(laws, u);
  std::string known;
  for (const Curve& u : unions) known += (known.empty() ? "" : ", ") + u.pool;
  throw std::invalid_argument("gamma_from names no union among the curves, \"" + name +
                              "\"; there " + (known.empty() ? "is none" : "are " + known));
}

void write_fit_results(const assay::Job& job, const Findings& f, const Laws& laws) {
  const JointProblem problem(f.curves, f.options);
  const Matrix cov = covariance(problem, f.fit);
  write_params(job, f, cov);
  write_pools(job, f);
  write_figures(job, f);
  write_warnings(job, f);
  write_theta(job, problem, f);
  job.array("covariance", {cov.data(), {cov.rows(), cov.cols()}});
  job.scalar("sse", f.fit.sse);
  job.scalar("mean_sse", f.fit.sse / static_cast<double>(f.curves.size()));
  job.scalar("rms", std::sqrt(f.fit.sse / static_cast<double>(problem.points())));
  job.scalar("residual_sd", f.residual_sd());
  job.scalar("a", f.fit.parameters.front().a);
  job.scalar("d", f.fit.parameters.front().d);
  job.scalar("gamma", laws.gamma);
  for (const PoolFit& p : laws.pools) {
    if (p.role != "pool" || p.members.empty()) continue;
    job.scalar("b_of/" + std::to_string(p.members[0]), p.p.b);
    const auto curve = std::find_if(f.curves.begin(), f.curves.end(),
                                    [&](const Curve& c) { return c.pool == p.pool; });
    const bool unseen = curve != f.curves.end() && unseen_tau(f, *curve);
    job.scalar("tau_of/" + std::to_string(p.members[0]), unseen ? kNaN : p.p.tau);
    job.scalar("measurable/" + std::to_string(p.members[0]), p.usable ? 1 : 0);
  }
  for (size_t s = 0; s < f.fit.sse_of_start.size(); ++s)
    job.scalar("start", static_cast<int64_t>(s), f.fit.sse_of_start[s]);
  job.rows("profile", {{"d", f.profile.d}, {"sse", f.profile.sse}, {"a", f.profile.a}});
  if (!f.profile.d.empty()) {
    job.scalar("d_low", f.profile.low);
    job.scalar("d_high", f.profile.high);
  }
}

}  // namespace qqt
