// Method `linear_theory`: the paper's linear model, in which what is forgotten can be computed
// (its theorems on mislabelled and rare points). A separator of A is trained on B by gradient
// descent; mislabelled points of A go at a time at which rare ones are still right, and in the end
// B alone decides about every point that A had to memorise.
#include "plugins/ssft/dual_descent.hpp"
#include "plugins/ssft/hard_margin.hpp"
#include "plugins/ssft/theory_points.hpp"

#include <assay/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace ssft {

struct LinearTheory {
  static constexpr const char* name = "linear_theory";
  int64_t d = 8000;
  int64_t n_majority = 180, n_mislabelled = 20, n_rare = 60;
  std::string rare = "singleton";
  double mu = 0.5;
  std::string loss = "exp";
  double eta = 0.5;
  bool normalised = true;
  int64_t steps = 10000;
  int64_t records_per_decade = 40;

  static void describe(assay::Schema<LinearTheory>& s) {
    s.summary("Forgetting in an overparameterised linear model, on random points");
    s.param("d", &LinearTheory::d, "dimensions; many more than points").min(2);
    s.param("n_majority", &LinearTheory::n_majority,
            "points of A, and of B, x = y mu e1 + z with z ~ N(0, I / d)")
        .min(1);
    s.param("n_mislabelled", &LinearTheory::n_mislabelled, "the same with the other label").min(1);
    s.param("n_rare", &LinearTheory::n_rare, "rare points of A, and of B").min(1);
    s.param("rare", &LinearTheory::rare,
            "singleton: x = z, nothing in common; group: x = y mu e2 + z, in both halves")
        .choices({"singleton", "group"});
    s.param("mu", &LinearTheory::mu, "length of the mean of a group of points");
    s.param("loss", &LinearTheory::loss, "of a margin m: exp(-m) or log(1 + exp(-m))")
        .choices({"exp", "logistic"});
    s.param("eta", &LinearTheory::eta, "step size").above(0);
    s.param("normalised", &LinearTheory::normalised,
            "steps of eta / L, which makes the time of the plain descent logarithmic");
    s.param("steps", &LinearTheory::steps, "of gradient descent on B").min(1).unit("steps");
    s.param("records_per_decade", &LinearTheory::records_per_decade,
            "how many steps between t and 10 t are recorded")
        .min(1);

    s.output("trace", ASSAY_TABLE, "accuracies over time, in long form")
        .column("step", ASSAY_INT, "on B; 0: the separator of A", "steps")
        .column("group", ASSAY_STRING, "majority, mislabelled, rare: of A; second split: all of B")
        .column("accuracy", ASSAY_REAL, "with the given labels")
        .column("margin", ASSAY_REAL, "mean of y w . x");
    s.output("loss", ASSAY_SERIES, "mean loss on B", ASSAY_LOWER_IS_BETTER);
    s.output("at_start/*", ASSAY_SCALAR, "accuracy of a group under the separator of A");
    s.output("separates", ASSAY_SCALAR,
             "1 if at some recorded step no mislabelled point is right, 95 % of the rare ones, the "
             "whole majority, and all of B",
             ASSAY_HIGHER_IS_BETTER | ASSAY_HEADLINE);
    s.output("separates_from", ASSAY_SCALAR,
             "the first such step; if there is none, the one at which the accuracies on rare and "
             "mislabelled points differ most")
        .unit("steps");
    s.output("separates_until", ASSAY_SCALAR, "the last such step").unit("steps");
    s.output("separation/*", ASSAY_SCALAR, "accuracy of a group at that step");
    s.output("least/*", ASSAY_SCALAR, "the smallest recorded accuracy of a group");
    s.output("at_end/*", ASSAY_SCALAR, "accuracy of a group after the last step");
    s.output("at_limit/*", ASSAY_SCALAR,
             "accuracy of a group after infinitely many steps: under the separator of B alone");
    s.output("margin_violation", ASSAY_SCALAR,
             "by how much the separator of A misses its optimality conditions",
             ASSAY_LOWER_IS_BETTER);
    s.output("sweeps", ASSAY_SCALAR, "of the solver, for the separator of A");
  }

  void check() const {
    if (!std::isfinite(mu) || !std::isfinite(eta))
      throw assay::Error(ASSAY_INVALID_ARGUMENT, "mu and eta must be finite numbers");
  }

  void run(assay::Job& job) const;
};

namespace {

/// The accuracies of one moment.
struct Accuracies {
  double majority, mislabelled, rare, second_split;
  bool separate() const {
    return mislabelled == 0 && rare >= 0.95 && majority == 1 && second_split == 1;
  }
};

double accuracy(const double* margins, size_t n) {
  return static_cast<double>(std::count_if(margins, margins + n, [](double m) { return m > 0; })) /
         static_cast<double>(n);
}

double mean(const double* x, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += x[i];
  return sum / static_cast<double>(n);
}

/// Watches the points of A and B, and logs what it sees.
class Watch {
 public:
  Watch(const assay::Job& job, const PointsOptions& points)
      : job_(job),
        size_{static_cast<size_t>(points.n_majority), static_cast<size_t>(points.n_mislabelled),
              static_cast<size_t>(points.n_rare), static_cast<size_t>(points.n())} {}

  Accuracies accuracies(const std::vector<double>& a, const std::vector<double>& b) const {
    const double* m = a.data();
    return {accuracy(m, size_[0]), accuracy(m + size_[0], size_[1]),
            accuracy(m + size_[0] + size_[1], size_[2]), accuracy(b.data(), size_[3])};
  }

  /// One row a group, and the search for the moment of separation.
  void record(int64_t step, const std::vector<double>& a, const std::vector<double>& b) {
    const Accuracies now = accuracies(a, b);
    const double* m = a.data();
    for (const double x : {mean(m, size_[0]), mean(m + size_[0], size_[1]),
                           mean(m + size_[0] + size_[1], size_[2]), mean(b.data(), size_[3])}) {
      if (!std::isfinite(x))
        throw assay::Error(ASSAY_DIVERGED, "the margins are no numbers any more at step " +
                                               std::to_string(step) + "; a smaller eta may help");
      margin_.push_back(x);
    }
    for (const double x : {now.majority, now.mislabelled, now.rare, now.second_split})
      accuracy_.push_back(x);
    for (const char* group : {"majority", "mislabelled", "rare", "second split"}) {
      step_.push_back(step);
      group_.emplace_back(group);
    }
    least_ = {std::min(least_.majority, now.majority),
              std::min(least_.mislabelled, now.mislabelled), std::min(least_.rare, now.rare),
              std::min(least_.second_split, now.second_split)};
    const bool better = now.rare - now.mislabelled > best_.rare - best_.mislabelled;
    if (now.separate()) last_step_ = step;
    if (!best_.separate() && (now.separate() || better)) {
      best_ = now;
      best_step_ = step;
    }
  }

  void log(const std::string& moment, const Accuracies& x) const {
    job_.scalar(moment + "/majority", x.majority);
    job_.scalar(moment + "/mislabelled", x.mislabelled);
    job_.scalar(moment + "/rare", x.rare);
    job_.scalar(moment + "/second_split", x.second_split);
  }

  void finish() const {
    job_.rows("trace",
              {{"step", step_}, {"group", group_}, {"accuracy", accuracy_}, {"margin", margin_}});
    job_.scalar("separates", best_.separate() ? 1 : 0);
    job_.scalar("separates_from", static_cast<double>(best_step_));
    if (best_.separate()) job_.scalar("separates_until", static_cast<double>(last_step_));
    log("separation", best_);
    log("least", least_);
  }

 private:
  const assay::Job& job_;
  size_t size_[4];
  std::vector<int64_t> step_;
  std::vector<std::string> group_;
  std::vector<double> accuracy_, margin_;
  Accuracies best_{0, 1, 0, 0}, least_{1, 1, 1, 1};
  int64_t best_step_ = 0, last_step_ = 0;
};

/// The next step to record after `step`: at least one later, else so many in a factor of ten.
int64_t next_record(int64_t step, int64_t per_decade, int64_t last) {
  const double next =
      std::floor(static_cast<double>(step) * std::pow(10, 1 / static_cast<double>(per_decade)));
  return std::min(last, std::max(step + 1, static_cast<int64_t>(next)));
}

/// The margins of A after a descent along B that began at w_A.
std::vector<double> moved(std::vector<double> margins, const Block& from_b,
                          const std::vector<double>& coefficients) {
  add_combination(from_b, coefficients, margins);
  return margins;
}
}  // namespace

void LinearTheory::run(assay::Job& job) const {
  // Draw A and B, independently.
  check();
  const PointsOptions points{d, n_majority, n_mislabelled, n_rare, mu, rare == "group"};
  const auto n = static_cast<size_t>(points.n());
  const Gram g =
      gram_matrix(Points(points, job.key("points a")), Points(points, job.key("points b")));
  const Block a_to_b = g.block(0, n, n, n), b_to_a = g.block(n, n, 0, n),
              within_b = g.block(n, n, n, n);

  // Train on A: to the separator with margin 1, where gradient descent ends up too.
  const HardMargin w_a = hard_margin(g.block(0, n, 0, n));
  job.scalar("margin_violation", w_a.violation);
  job.scalar("sweeps", static_cast<double>(w_a.sweeps));
  const std::vector<double> zero(n);
  DualDescent descent(within_b, moved(zero, a_to_b, w_a.coefficients),
                      {loss == "exp" ? MarginLoss::exp : MarginLoss::logistic, eta, normalised});

  // Go on on B, and watch A.
  Watch watch(job, points);
  std::vector<double> margins_a = w_a.margins;
  watch.record(0, margins_a, descent.margins());
  watch.log("at_start", watch.accuracies(margins_a, descent.margins()));
  for (int64_t step = 1, record = 1; step <= steps; ++step) {
    descent.step();
    if (step == record) {
      margins_a = moved(w_a.margins, b_to_a, descent.coefficients());
      watch.record(step, margins_a, descent.margins());
      job.scalar("loss", step, descent.loss());
      record = next_record(step, records_per_decade, steps);
    }
    if (step % 1024 == 0) job.tick("descending", step, steps);
  }
  watch.finish();
  watch.log("at_end", watch.accuracies(margins_a, descent.margins()));

  // Where the descent leads to, were it never to stop.
  const HardMargin w_b = hard_margin(within_b);
  watch.log("at_limit", watch.accuracies(moved(zero, b_to_a, w_b.coefficients), w_b.margins));
}

}  // namespace ssft

ASSAY_METHOD(ssft::LinearTheory)
