// Method `train_features`: a small classifier of the data's images, whose hidden layer gives the
// features that `frechet` compares sets of images by.
#include "plugins/diffusion/data.hpp"
#include "plugins/diffusion/feature_net.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <stdexcept>

namespace diffusion {

struct TrainFeatures {
  static constexpr const char* name = "train_features";
  int64_t epochs = 10, batch = 64;
  double lr = 1e-3;
  double held_out = 0.2;
  double least_accuracy = 0.98;

  static void describe(assay::Schema<TrainFeatures>& s) {
    s.summary("Trains the classifier whose hidden layer are the features of frechet");
    s.flag(ASSAY_USES_GPU);
    s.param("epochs", &TrainFeatures::epochs, "passes over the training part").min(1);
    s.param("batch", &TrainFeatures::batch, "examples in a step").min(1).unit("examples");
    s.param("lr", &TrainFeatures::lr, "Adam's learning rate, which falls to 0 as a cosine")
        .above(0);
    s.param("held_out", &TrainFeatures::held_out, "share of the examples that accuracy is of")
        .above(0)
        .below(1);
    s.param("least_accuracy", &TrainFeatures::least_accuracy,
            "below this on held-out examples, features are called poor in a warning: 0.98 for "
            "MNIST, 0.88 for Fashion-MNIST")
        .min(0)
        .max(1);
    s.input("data", ASSAY_RUN, "a run of make_data with labels");
    s.output("features", ASSAY_CHECKPOINT, "the classifier").format("diffusion_features");
    s.output("loss", ASSAY_SERIES, "mean training loss, by epoch", ASSAY_LOWER_IS_BETTER);
    s.output("accuracy", ASSAY_SCALAR, "on held-out examples", ASSAY_HEADLINE);
  }

  void run(assay::Job& job) const {
    // Images and labels; a part of them is held out.
    const auto device = assay::begin(job);
    const Data data = read_data(job, "data");
    const auto [images, labels] = tensors(data);
    const int64_t test =
        std::max<int64_t>(1, std::llround(held_out * static_cast<double>(data.count())));
    const int64_t n = data.count() - test;
    if (n < batch)
      throw std::invalid_argument("batch = " + std::to_string(batch) + " exceeds the " +
                                  std::to_string(n) + " examples that are not held out");
    std::vector<int64_t> order(static_cast<size_t>(data.count()));
    std::iota(order.begin(), order.end(), 0);
    job.stream("held out").shuffle(order);
    const std::vector<int64_t> held(order.begin() + n, order.end());
    order.resize(static_cast<size_t>(n));

    // Train on the others.
    const int64_t classes = labels.max().item<int64_t>() + 1;
    FeatureNet net(data.shape, classes);
    net.to(device);
    torch::optim::Adam adam(net.parameters(), torch::optim::AdamOptions(lr));
    auto draws = job.stream("order");
    const int64_t steps = n / batch, total = steps * epochs;
    for (int64_t epoch = 0; epoch < epochs; ++epoch) {
      draws.shuffle(order);
      double sum = 0;
      for (int64_t step = 0; step < steps; ++step) {
        const double done = static_cast<double>(epoch * steps + step) / static_cast<double>(total);
        static_cast<torch::optim::AdamOptions&>(adam.param_groups()[0].options())
            .lr(lr * (1 + std::cos(std::numbers::pi * done)) / 2);
        const auto index = at::from_blob(order.data() + step * batch, {batch}, at::kLong);
        const auto loss =
            at::cross_entropy_loss(net.forward(images.index_select(0, index).to(device)),
                                   labels.index_select(0, index).to(device));
        adam.zero_grad();
        loss.backward();
        adam.step();
        sum += loss.item<double>();
        job.tick("training", epoch * steps + step + 1, total);
      }
      if (!std::isfinite(sum))
        throw assay::Error(ASSAY_DIVERGED, "the loss is not finite in epoch " +
                                               std::to_string(epoch + 1) + ": lower lr");
      job.scalar("loss", epoch + 1, sum / static_cast<double>(steps));
    }

    // How good they are.
    const double accuracy = accuracy_of(net, images, labels, held, device);
    job.scalar("accuracy", accuracy);
    if (accuracy < least_accuracy)
      job.warn("the classifier has an accuracy of " + std::to_string(accuracy) +
               " on held-out images, below " + std::to_string(least_accuracy) +
               ": its features are poor; train it for more epochs");
    save_features(job, "features", total, net, data.shape, classes);
  }

 private:
  static std::pair<at::Tensor, at::Tensor> tensors(const Data& data) {
    if (!data.images()) throw std::invalid_argument("the data are points, not images");
    if (data.label.empty())
      throw std::invalid_argument("the data have no labels, which the classifier is trained on");
    return {
        torch::tensor(data.x).reshape({data.count(), data.shape[0], data.shape[1], data.shape[2]}),
        torch::tensor(data.label)};
  }

  static double accuracy_of(FeatureNet& net, const at::Tensor& images, const at::Tensor& labels,
                            const std::vector<int64_t>& index, at::Device device) {
    const torch::NoGradGuard no_grad;
    int64_t right = 0;
    for (size_t at = 0; at < index.size(); at += 256) {
      const auto size = static_cast<int64_t>(std::min<size_t>(256, index.size() - at));
      const auto rows = at::tensor(at::ArrayRef<int64_t>(index.data() + at, size));
      const auto answer = net.forward(images.index_select(0, rows).to(device)).argmax(1).cpu();
      right += (answer == labels.index_select(0, rows)).sum().item<int64_t>();
    }
    return static_cast<double>(right) / static_cast<double>(index.size());
  }
};

}  // namespace diffusion

ASSAY_METHOD(diffusion::TrainFeatures)
