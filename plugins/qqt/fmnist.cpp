// World `fmnist`: perceptrons on images, with pools that differ in the share of labels that are
// drawn anew. All pools, unions and replicates are one batched network.
//   R runs, B batch, D pixels, M samples of all replicates' pools, T test images
#include "plugins/common/data/noise.hpp"
#include "plugins/common/data/source.hpp"
#include "plugins/common/data/subset.hpp"
#include "plugins/qqt/batched_mlp.hpp"
#include "plugins/qqt/tensor_state.hpp"
#include "plugins/qqt/worlds.hpp"

#include <numeric>

namespace qqt {
namespace {

using assay::data::ImageSet;

/// Mean and standard deviation of all pixels of Fashion-MNIST's training part, of 0 .. 1.
constexpr double kMean = 0.286, kDeviation = 0.353;

at::Tensor pixels(const ImageSet& set, at::Device device) {
  return at::tensor(set.pixels).view({set.count, set.example_size()}).to(device);  // (M, D), bytes
}

at::Tensor scaled(const at::Tensor& bytes) {
  return bytes.to(at::kFloat).div_(255).sub_(kMean).div_(kDeviation);
}

/// The pools of all replicates, one after another, with their wrong labels.
ImageSet draw_pools(const ImageSet& train, const WorldSettings& s, const TrialPlan& plan,
                    uint64_t image_key, uint64_t label_key) {
  const int64_t wanted = plan.pools * plan.pool_size;
  if (wanted > train.count)
    throw std::invalid_argument(std::to_string(plan.pools) + " pools of " +
                                std::to_string(plan.pool_size) + " images are more than the " +
                                std::to_string(train.count) + " of " + train.source +
                                "; lower pool_size");
  std::vector<int64_t> chosen;
  for (int64_t r = 0; r < plan.replicates; ++r) {
    std::vector<int64_t> all(static_cast<size_t>(train.count));
    std::iota(all.begin(), all.end(), 0);
    assay::Stream(replicate_key(image_key, r)).shuffle(all);
    chosen.insert(chosen.end(), all.begin(), all.begin() + wanted);
  }
  ImageSet set = assay::data::subset(train, chosen);
  for (int64_t pool = 0; pool < plan.replicates * plan.pools; ++pool) {
    std::vector<int64_t> members(static_cast<size_t>(plan.pool_size));
    std::iota(members.begin(), members.end(), pool * plan.pool_size);
    assay::data::mislabel(set.labels, members, s.quality[static_cast<size_t>(pool % plan.pools)],
                          set.classes, assay::data::NoiseMode::any_class, label_key);
  }
  return set;
}

std::vector<uint64_t> weight_seeds(const TrialPlan& plan, uint64_t key) {
  std::vector<uint64_t> seeds;
  for (int64_t r = 0; r < plan.runs(); ++r) seeds.push_back(replicate_key(key, plan.replicate(r)));
  return seeds;
}

class Fmnist final : public World {
 public:
  Fmnist(const assay::Job& job, const WorldSettings& s, const TrialPlan& plan, at::Device device,
         const ImageSet& train, const ImageSet& test)
      : plan_(plan),
        device_(device),
        networks_(weight_seeds(plan, job.key("weights")), train.example_size(), s.hidden,
                  train.classes, s.rate, s.average, device),
        test_images_(scaled(pixels(test, device))),
        test_labels_(at::tensor(test.labels).to(device, at::kLong)) {
    const ImageSet pools = draw_pools(train, s, plan, job.key("images"), job.key("labels"));
    images_ = pixels(pools, device);
    labels_ = at::tensor(pools.labels).to(device, at::kLong);
    for (int64_t r = 0; r < plan.runs(); ++r) feeds_.emplace_back(plan, r, job.key("order"));
  }

  void step(int64_t step) override {
    std::vector<int64_t> at(static_cast<size_t>(plan_.runs() * plan_.batch));
    for (int64_t r = 0; r < plan_.runs(); ++r) {
      int64_t* const samples = at.data() + r * plan_.batch;
      feeds_[static_cast<size_t>(r)].batch(step, samples);
      const int64_t first = plan_.replicate(r) * plan_.pools * plan_.pool_size;
      for (int64_t b = 0; b < plan_.batch; ++b) samples[b] += first;
    }
    const auto index = at::tensor(at).to(device_);  // (R B)
    const auto x = scaled(images_.index_select(0, index));
    networks_.step(x.view({plan_.runs(), plan_.batch, -1}),
                   labels_.index_select(0, index).view({plan_.runs(), plan_.batch}));
  }

  std::vector<double> errors() override { return networks_.errors(test_images_, test_labels_); }

  void add_state(std::vector<assay::Column>& columns) override {
    saved_.clear();
    for (const auto& [name, tensor] : networks_.state()) saved_.add(columns, name, tensor);
  }
  void restore(const assay::Reader& checkpoint) override {
    for (const auto& [name, tensor] : networks_.state()) qqt::restore(checkpoint, name, tensor);
  }

 private:
  TrialPlan plan_;
  at::Device device_;
  BatchedMlp networks_;
  at::Tensor test_images_, test_labels_;  // (T, D), (T,)
  at::Tensor images_, labels_;            // (M, D) bytes, (M,)
  std::vector<Feed> feeds_;               // one a run
  TensorState saved_;
};

}  // namespace

std::unique_ptr<World> make_fmnist(const assay::Job& job, const WorldSettings& settings,
                                   const TrialPlan& plan) {
  const auto device = assay::begin(job);
  if (!job.inputs("images"))
    throw std::invalid_argument(
        "world = \"fmnist\" needs the input images, for instance dataset:fashion-mnist");
  const auto train = assay::data::read_source(job, "images", assay::data::Part::train),
             test = assay::data::read_source(job, "images", assay::data::Part::test);
  if (train.example_size() != test.example_size() || test.classes > train.classes)
    throw std::invalid_argument("the test part of " + train.source +
                                " has images of another shape or other classes than the training "
                                "part");
  return std::make_unique<Fmnist>(job, settings, plan, device, train, test);
}

}  // namespace qqt
