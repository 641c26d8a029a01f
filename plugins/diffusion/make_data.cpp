// Method `make_data`: the training data, and the mixture that they come from.
#include "plugins/diffusion/data.hpp"
#include "plugins/diffusion/point_sets.hpp"

#include <assay/plugin.hpp>

namespace diffusion {

struct MakeData {
  static constexpr const char* name = "make_data";
  std::string dataset = "gaussian1d";
  int64_t size = 100000;
  std::vector<double> modes, weights;
  int64_t dimension = 1;
  double sigma = 0;
  std::string normalise = "auto";

  static void describe(assay::Schema<MakeData>& s) {
    s.summary("Draws a training set: points of a Gaussian mixture");
    s.param("dataset", &MakeData::dataset,
            "gaussian1d: modes on a line; gaussian8: a circle; gaussian9, gaussian25: lattices; "
            "gaussian25_rotated: turned by 45 degrees; mixture: `modes` in `dimension` dimensions")
        .choices({"gaussian1d", "gaussian8", "gaussian9", "gaussian25", "gaussian25_rotated",
                  "mixture"});
    s.param("size", &MakeData::size, "examples").min(1);
    s.param("modes", &MakeData::modes,
            "the centres' coordinates, one centre after another, before division; empty: the data "
            "set's own");
    s.param("weights", &MakeData::weights,
            "the share of each mode, up to a factor; empty: every mode has as many examples");
    s.param("dimension", &MakeData::dimension, "of dataset = \"mixture\"").min(1);
    s.param("sigma", &MakeData::sigma,
            "standard deviation of each mode, before division; 0: 0.05, gaussian8 0.02")
        .min(0);
    s.param("normalise", &MakeData::normalise,
            "divide by the standard deviation of the whole; auto: all but gaussian1d and mixture")
        .choices({"auto", "yes", "no"});
    declare_data(s);
  }

  PointSetOptions options() const {
    return {dataset, size, dimension, modes, weights, sigma, normalise};
  }

  void check() const { point_world(options()); }

  void run(assay::Job& job) const {
    write_data(job, draw_points(options(), job.key("points"), job.key("modes")));
  }
};

}  // namespace diffusion

ASSAY_METHOD(diffusion::MakeData)
