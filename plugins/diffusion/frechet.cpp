// Method `frechet`: how far samples are from data in a space of features: the Frechet distance,
// precision and recall. With features of the Inception network that FID prescribes, read from
// files, the distance is FID; with any others it is not, and is never called that.
#include "plugins/common/data/bytes.hpp"
#include "plugins/common/data/npy.hpp"
#include "plugins/diffusion/data.hpp"
#include "plugins/diffusion/feature_net.hpp"
#include "plugins/diffusion/frechet_distance.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace diffusion {

struct Frechet {
  static constexpr const char* name = "frechet";
  int64_t n = 0;
  int64_t neighbours = 3;
  int64_t coverage_n = 5000;

  static void describe(assay::Schema<Frechet>& s) {
    s.summary("Compares samples with data in a space of features");
    s.doc(
        "Features are those of a classifier (input features, a checkpoint of train_features), rows "
        "of arrays from files (data_features and sample_features, .npy of (N, d)), or, without "
        "either, the numbers of the examples themselves.");
    s.flag(ASSAY_USES_GPU);
    s.param(
         "n", &Frechet::n,
         "examples of each side, the first ones: the distance depends on their number; 0: as many "
         "as both have")
        .min(0)
        .unit("examples");
    s.param("neighbours", &Frechet::neighbours, "k of precision and recall; the paper's 3").min(1);
    s.param("coverage_n", &Frechet::coverage_n,
            "at most so many examples enter precision and recall, which cost their square; 0: none "
            "do, and both are NaN")
        .min(0)
        .unit("examples");
    s.input("data", ASSAY_RUN, "what the samples should resemble: a run of make_data",
            ASSAY_OPTIONAL);
    s.input("samples", ASSAY_RUN, "a run of sample, filter or recurse", ASSAY_OPTIONAL);
    s.input("features", ASSAY_CHECKPOINT, "a classifier of such images", ASSAY_OPTIONAL)
        .format("diffusion_features");
    s.input("data_features", ASSAY_FILE, "instead of data: features of it", ASSAY_OPTIONAL);
    s.input("sample_features", ASSAY_FILE, "instead of samples: theirs", ASSAY_OPTIONAL);
    s.output("distance", ASSAY_SCALAR, "the squared Frechet distance",
             ASSAY_HEADLINE | ASSAY_LOWER_IS_BETTER);
    s.output("floor", ASSAY_SCALAR,
             "the same of two halves of the data: what a perfect model would have at half of n");
    s.output("compared", ASSAY_SCALAR, "examples of each side");
    s.output("precision", ASSAY_SCALAR, "share of samples near data");
    s.output("recall", ASSAY_SCALAR, "share of data near samples");
  }

  void run(assay::Job& job) const {
    const auto device = assay::begin(job);
    at::Tensor data = features(job, "data", "data_features", device);
    at::Tensor samples = features(job, "samples", "sample_features", device);
    const int64_t most = std::min(data.size(0), samples.size(0));
    if (n > most)
      throw std::invalid_argument("n = " + std::to_string(n) + ", but there are " +
                                  std::to_string(data.size(0)) + " data and " +
                                  std::to_string(samples.size(0)) + " samples");
    const int64_t count = n > 0 ? n : most;
    data = data.narrow(0, 0, count);
    samples = samples.narrow(0, 0, count);

    job.scalar("distance", frechet_distance(moments(data), moments(samples)));
    job.scalar("floor", count < 4
                            ? std::numeric_limits<double>::quiet_NaN()
                            : frechet_distance(moments(data.narrow(0, 0, count / 2)),
                                               moments(data.narrow(0, count / 2, count / 2))));
    job.scalar("compared", static_cast<double>(count));
    const int64_t covered = std::min(coverage_n, count);
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const auto near = covered > 0 ? coverage(data.narrow(0, 0, covered),
                                             samples.narrow(0, 0, covered), neighbours)
                                  : Coverage{nan, nan};
    job.scalar("precision", near.precision);
    job.scalar("recall", near.recall);
  }

 private:
  /// (N, d), of one side.
  static at::Tensor features(const assay::Job& job, const char* run, const char* file,
                             at::Device device) {
    if (job.inputs(file) > 0) return from_file(job.path(file));
    if (job.inputs(run) == 0)
      throw std::invalid_argument(std::string("give the input ") + run + ", or " + file);
    const Data examples = read_data(job, run);
    const auto x = torch::tensor(examples.x);
    if (job.inputs("features") == 0) return x.reshape({examples.count(), examples.features()});
    if (!examples.images()) throw std::invalid_argument("features are of images, not of points");
    const auto net = read_features(job.open("features"), examples.shape);
    const auto& shape = examples.shape;
    return features_of(*net, x.reshape({examples.count(), shape[0], shape[1], shape[2]}), device);
  }

  static at::Tensor from_file(const std::string& path) {
    const auto bytes = assay::data::read_bytes(path);
    const auto array = assay::data::parse_npy(bytes, path);
    if (array.shape.size() != 2 || array.kind != 'f')
      assay::data::malformed(path, "holds " + array.dtype() + " of the shape " +
                                       assay::data::show_shape(array.shape) +
                                       "; features are floats (N, d)");
    return torch::tensor(assay::data::finite_floats(array, "the array", path)).reshape(array.shape);
  }
};

}  // namespace diffusion

ASSAY_METHOD(diffusion::Frechet)
