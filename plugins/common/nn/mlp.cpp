// Perceptrons: `mlp` with one hidden layer of 128 units, `mlp2` with two of 512.
//   B batch, C channels, H height, W width of the image, U hidden units, K classes
#include "plugins/common/nn/classifier.hpp"
#include "plugins/common/nn/units.hpp"

namespace assay::nn {
namespace {

struct Mlp final : Classifier {
  UnitLinear fc1, fc2;

  explicit Mlp(const ClassifierConfig& c)
      : Classifier({"fc1", "fc2"}),
        fc1(register_module("fc1", UnitLinear(c.image.size(), c.leaving(128)))),
        fc2(register_module("fc2", UnitLinear(c.leaving(128), c.classes))) {}

  Flow run(size_t segment, Flow in) override {
    if (segment == 0) return {fc1(in.x.flatten(1)).relu(), {}};  // (B, C, H, W) -> (B, U)
    return {fc2(in.x), {}};                                      // (B, K)
  }
};

struct Mlp2 final : Classifier {
  UnitLinear fc1, fc2, fc3;

  explicit Mlp2(const ClassifierConfig& c)
      : Classifier({"fc1", "fc2", "fc3"}),
        fc1(register_module("fc1", UnitLinear(c.image.size(), c.leaving(512)))),
        fc2(register_module("fc2", UnitLinear(c.leaving(512), c.leaving(512)))),
        fc3(register_module("fc3", UnitLinear(c.leaving(512), c.classes))) {}

  Flow run(size_t segment, Flow in) override {
    if (segment == 0) return {fc1(in.x.flatten(1)).relu(), {}};  // (B, C, H, W) -> (B, U)
    if (segment == 1) return {fc2(in.x).relu(), {}};             // (B, U)
    return {fc3(in.x), {}};                                      // (B, K)
  }
};

}  // namespace

std::shared_ptr<Classifier> make_mlp(const ClassifierConfig& config) {
  return std::make_shared<Mlp>(config);
}
std::shared_ptr<Classifier> make_mlp2(const ClassifierConfig& config) {
  return std::make_shared<Mlp2>(config);
}

}  // namespace assay::nn
