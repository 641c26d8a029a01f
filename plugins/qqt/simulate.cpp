// Method `simulate`: curves made up from laws and noise, to see what a fit can find in them.
#include "plugins/qqt/simulated.hpp"

namespace qqt {

struct Simulate {
  static constexpr const char* name = "simulate";
  std::vector<double> epochs{2, 4, 6, 8, 10};
  double noise_sd = 0.0024;
  int64_t repeats = 1;
  bool unions = false;

  static void describe(assay::Schema<Simulate>& s) {
    s.summary("Curves made up from laws and noise; these are no measurements");
    s.param("epochs", &Simulate::epochs, "at which each pool is evaluated; default: the paper's")
        .above(0);
    s.param("noise_sd", &Simulate::noise_sd,
            "of an error; default: the rms of the paper's fits, sqrt(2.9e-5 / 5)")
        .min(0);
    s.param("repeats", &Simulate::repeats, "training runs of each, seeds 0, 1, ...")
        .min(1)
        .max(100000);
    s.param("unions", &Simulate::unions,
            "also the unions of the q best pools, at the same samples as the best pool");
    s.input("laws", ASSAY_TABLE, "of fit or import_params").format("qqt_laws");
    declare_curves(s);
  }

  void check() const {
    if (epochs.empty()) throw std::invalid_argument("epochs is empty: give at least one");
  }

  void run(assay::Job& job) const {
    check();
    const Laws laws = read_laws(job.open("laws"));
    auto draws = job.stream("noise");
    const auto candidates = unions ? prefix_unions(laws) : std::vector<Candidate>{};
    write_curves(job, qqt::simulate(laws, candidates, {epochs, noise_sd, repeats}, draws));
  }
};

}  // namespace qqt

ASSAY_METHOD(qqt::Simulate)
