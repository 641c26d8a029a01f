// Method `predict`: the errors that fitted laws give every union of pools at every budget.
#include "plugins/qqt/candidates.hpp"

#include <algorithm>

namespace qqt {

struct Predict : Question {
  static constexpr const char* name = "predict";
  double from = 0, to = 0;
  int64_t points = 0;

  static void describe(assay::Schema<Predict>& s) {
    s.summary("Errors of unions of pools at budgets of samples, from laws of single pools");
    s.flag(ASSAY_SEEDLESS);
    describe_question(s);
    s.param("from", &Predict::from, "first of a log-spaced range of budgets beside the list")
        .min(0)
        .unit("samples");
    s.param("to", &Predict::to, "its last").min(0).unit("samples");
    s.param("points", &Predict::points, "how many; 0: the list alone").min(0).max(100000);
    s.output("predictions", ASSAY_TABLE, "a row for each union and budget")
        .column("samples", ASSAY_REAL, "seen in training", "samples")
        .column("q", ASSAY_INT, "pools in the union")
        .column("union", ASSAY_STRING, "names of its pools, best first")
        .column("pool_size", ASSAY_REAL, "distinct samples", "samples")
        .column("epochs", ASSAY_REAL, "samples seen / N")
        .column("error", ASSAY_REAL)
        .column("accuracy", ASSAY_REAL, "1 - error")
        .column("lo", ASSAY_REAL, "5 % of the error over the draws; NaN without draws")
        .column("hi", ASSAY_REAL, "95 %");
    s.output("above_one", ASSAY_SCALAR, "predicted errors above 1, where the law does not hold");
  }

  void check() const {
    check_question();
    if (points > 0 && !(from > 0 && to > from))
      throw std::invalid_argument("points needs a range of budgets: 0 < from < to");
  }

  void run(assay::Job& job) const;
};

namespace {
constexpr double kMostNumbers = 1e8;  // 0.8 GB
}  // namespace

void Predict::run(assay::Job& job) const {
  check();
  const Laws fitted = laws(job);
  const auto unions_of = candidates(fitted);
  if (const std::string steep = steep_pools(fitted, unions_of); !steep.empty()) job.warn(steep);
  auto n = budgets;
  if (points > 0)
    for (const double x : log_spaced(from, to, static_cast<size_t>(points))) n.push_back(x);
  std::sort(n.begin(), n.end());
  n.erase(std::unique(n.begin(), n.end()), n.end());

  const double numbers = static_cast<double>(unions_of.size()) * static_cast<double>(n.size()) *
                         static_cast<double>(fitted.draws.size());
  if (numbers > kMostNumbers)
    throw std::invalid_argument(
        std::to_string(unions_of.size()) + " unions at " + std::to_string(n.size()) +
        " budgets in " + std::to_string(fitted.draws.size()) +
        " draws are more than 10^8 predictions: fewer points, unions = \"prefix\", or fewer draws");

  // The fit, and its draws for the band.
  const auto errors = errors_of(fitted, unions_of, n);
  std::vector<ErrorTable> drawn;
  for (size_t i = 0; i < fitted.draws.size(); ++i)
    drawn.push_back(errors_of(fitted, unions_of, n, static_cast<int64_t>(i)));

  std::vector<double> samples, N, epochs, error, accuracy, lo, hi;
  std::vector<int64_t> q;
  std::vector<std::string> name_of_union;
  double above = 0;
  for (size_t c = 0; c < unions_of.size(); ++c) {
    const double distinct = mixture_of(fitted, unions_of[c]).N();
    for (size_t i = 0; i < n.size(); ++i) {
      std::vector<double> values;
      for (const auto& table : drawn) values.push_back(table[c][i]);
      samples.push_back(n[i]), q.push_back(static_cast<int64_t>(unions_of[c].q()));
      name_of_union.push_back(unions_of[c].name), N.push_back(distinct);
      epochs.push_back(n[i] / distinct);
      error.push_back(errors[c][i]), accuracy.push_back(1 - errors[c][i]);
      lo.push_back(quantile(values, 0.05)), hi.push_back(quantile(values, 0.95));
      above += errors[c][i] > 1 ? 1 : 0;
    }
  }
  job.rows("predictions", {{"samples", samples},
                           {"q", q},
                           {"union", name_of_union},
                           {"pool_size", N},
                           {"epochs", epochs},
                           {"error", error},
                           {"accuracy", accuracy},
                           {"lo", lo},
                           {"hi", hi}});
  job.scalar("above_one", above);
  if (above > 0)
    job.warn(shown(above) + " predicted errors are above 1: the law does not hold there");
}

}  // namespace qqt

ASSAY_METHOD(qqt::Predict)
