// Method `make_data`: the training data, and the mixture that they come from.
#include "plugins/diffusion/data.hpp"
#include "plugins/diffusion/image_sets.hpp"
#include "plugins/diffusion/point_files.hpp"
#include "plugins/diffusion/point_sets.hpp"

#include <assay/plugin.hpp>

#include <stdexcept>

namespace diffusion {

struct MakeData {
  static constexpr const char* name = "make_data";
  std::string dataset = "gaussian1d";
  int64_t size = 100000;
  std::vector<double> modes, weights;
  int64_t dimension = 1;
  double sigma = 0;
  std::string normalise = "auto";
  double p_shape = 0.5;
  std::string part = "train";
  int64_t pool = 1;

  static void describe(assay::Schema<MakeData>& s) {
    s.summary("Makes a training set: points of a Gaussian mixture, drawn shapes, or your images");
    s.param("dataset", &MakeData::dataset,
            "gaussian1d: modes on a line; gaussian8: a circle; gaussian9, gaussian25: lattices; "
            "gaussian25_rotated: turned by 45 degrees; mixture: `modes` in `dimension` dimensions; "
            "shapes: 64 x 64 images of a triangle, a square and a pentagon, each at most once "
            "(the paper has 5000); minishapes: the same in 24 x 24; images, points: the input's")
        .choices({"gaussian1d", "gaussian8", "gaussian9", "gaussian25", "gaussian25_rotated",
                  "mixture", "shapes", "minishapes", "images", "points"});
    s.param("size", &MakeData::size,
            "examples; of images at most so many, drawn without replacement")
        .min(1);
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
    s.param("p_shape", &MakeData::p_shape, "probability of each shape, of shapes and minishapes")
        .above(0)
        .max(1);
    s.param("part", &MakeData::part, "which part of the input").choices({"train", "test", "all"});
    s.param("pool", &MakeData::pool,
            "of images: the mean of so many pixels a side becomes one; 2 makes MNIST 14 x 14")
        .min(1)
        .unit("pixels");
    s.input("images", ASSAY_DIR,
            "for dataset = \"images\": IDX, CIFAR, digits in JSON, .npz, a folder of .png files, "
            "or a .npy of (N, H, W) or (N, C, H, W)",
            ASSAY_OPTIONAL);
    s.input("points", ASSAY_FILE,
            "for dataset = \"points\": NPY floats (N,) or (N, d), taken as they are; modes and "
            "sigma, in their units, say what they should be like",
            ASSAY_OPTIONAL);
    declare_data(s);
    s.output("placements", ASSAY_TABLE, "the shapes that were drawn")
        .column("image", ASSAY_INT, "from 0")
        .column("shape", ASSAY_STRING)
        .column("x", ASSAY_INT, "from the left of the shape's column", "pixels")
        .column("y", ASSAY_INT, "from the top", "pixels");
    s.output("gallery", ASSAY_ARRAY, "the first 60 images").format("images");
  }

  bool has_shapes() const { return dataset == "shapes" || dataset == "minishapes"; }

  PointSetOptions options() const {
    return {dataset, size, dimension, modes, weights, sigma, normalise};
  }

  void check() const {
    const bool points = !has_shapes() && dataset != "images";
    const auto need = [&](bool good, const std::string& name, const std::string& whose) {
      if (!good)
        throw std::invalid_argument(name + " is for " + whose +
                                    " and does nothing for dataset = \"" + dataset +
                                    "\"; leave it out");
    };
    need(dimension == 1 || dataset == "mixture", "dimension", "dataset = \"mixture\"");
    need(modes.empty() || points, "modes", "points");
    need(weights.empty() || points, "weights", "points");
    need(p_shape == 0.5 || has_shapes(), "p_shape", "shapes and minishapes");
    if (points && dataset != "points") point_world(options());
  }

  void run(assay::Job& job) const {
    const Data data = make(job);
    write_data(job, data);
    if (data.images()) log_gallery(job, "gallery", data, 60);
  }

 private:
  Data make(assay::Job& job) const {
    if (dataset == "images") {
      if (job.inputs("images") == 0)
        throw std::invalid_argument(
            "dataset = \"images\" needs the input images: a folder or a file");
      return image_file_data({job.path("images"), part, size, pool, job.key("order")});
    }
    if (dataset == "points") {
      if (job.inputs("points") == 0)
        throw std::invalid_argument("dataset = \"points\" needs the input points: an .npy file");
      return point_file_data(job.path("points"), options());
    }
    return has_shapes() ? draw(job) : draw_points(options(), job.key("points"), job.key("modes"));
  }

  Data draw(assay::Job& job) const {
    const ShapeWorld& world = shape_world(dataset);
    auto stream = job.stream("shapes");
    const ShapeDraws draws = draw_shapes(world, size, p_shape, stream);
    std::vector<std::string> kinds;
    for (const int64_t kind : draws.kind)
      kinds.push_back(world.kinds[static_cast<size_t>(kind)].name);
    job.rows("placements",
             {{"image", draws.image}, {"shape", kinds}, {"x", draws.x}, {"y", draws.y}});
    return shapes_data(world, draws);
  }
};

}  // namespace diffusion

ASSAY_METHOD(diffusion::MakeData)
