// The plugin that the tests of the command line run: quick, seeded, resumable by nature.
#include <assay/plugin.hpp>

#include <cmath>

struct Walk {
  static constexpr const char* name = "walk";
  int64_t steps = 100;
  double drift = 0.0;

  static void describe(assay::Schema<Walk>& s) {
    s.summary("A random walk with drift");
    s.param("steps", &Walk::steps, "how many steps to take").min(1).max(1000000);
    s.param("drift", &Walk::drift, "mean of one step").min(-1.0).max(1.0);
    s.output("position", ASSAY_SERIES, "where the walker is", ASSAY_HEADLINE);
  }
  void check() const {
    if (static_cast<double>(steps) * std::fabs(drift) > 1e5)
      throw assay::Error(ASSAY_INVALID_ARGUMENT, "the walk leaves the map: steps x drift > 100000");
  }
  void run(assay::Job& job) const {
    auto draws = job.stream("steps");
    double x = 0;
    for (int64_t t = 0; t < steps; ++t) {
      x += drift + draws.uniform() - 0.5;
      job.scalar("position", t, x);
      job.tick("walking", t + 1, steps);
    }
  }
};

ASSAY_PLUGIN((assay::About{"walk", "1.0.0", "A walker for tests"}), Walk)
