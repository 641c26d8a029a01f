// A planned network against the autograd network of the same weights.
#include "plugins/common/nn/planned.hpp"

#include <doctest/doctest.h>

#include <numeric>

using namespace assay::nn;

namespace {

struct Pair {
  ClassifierConfig config;
  std::shared_ptr<Classifier> net;
  PlannedNet planned;
  at::Tensor bytes;

  Pair(const char* model, ImageShape image, int64_t capacity)
      : config{model, 0.5, image, 7},
        net((torch::manual_seed(11), make_classifier(config))),
        planned(config, layers_of(config).value(), capacity),
        bytes(at::randint(0, 256, {20, image.height, image.width, image.channels}, at::kByte)) {
    planned.load(*net);
  }
  at::Tensor images(const std::vector<int64_t>& index) const {
    return bytes.index_select(0, at::tensor(index)).to(at::kFloat).div(255).permute({0, 3, 1, 2});
  }
  at::Tensor logits(const std::vector<int64_t>& index) {
    const at::NoGradGuard no_grad;
    const auto n = static_cast<int64_t>(index.size());
    const float* out = planned.forward(bytes, {}, index.data(), n);
    return at::from_blob(const_cast<float*>(out), {n, config.classes}).clone();
  }
};

const char* const kModels[] = {"mlp", "cnn_small"};
const ImageShape kShapes[] = {{1, 28, 28}, {3, 13, 18}};

}  // namespace

TEST_CASE("a planned network has the logits of its autograd network") {
  for (const char* model : kModels)
    for (const auto& shape : kShapes) {
      CAPTURE(model);
      Pair pair(model, shape, 8);
      for (const std::vector<int64_t>& index :
           {std::vector<int64_t>{3, 1, 19, 0, 7, 2, 4, 5}, {9, 9, 6}, {8}})
        CHECK(pair.logits(index).allclose(pair.net->forward(pair.images(index)), 1e-5, 1e-6));
    }
}

TEST_CASE("a planned network has the gradients of its autograd network") {
  for (const char* model : kModels)
    for (const auto& shape : kShapes) {
      Pair pair(model, shape, 8);
      const std::vector<int64_t> index{3, 1, 19, 0, 7};
      const auto labels = at::randint(0, 7, {5}, at::kLong);
      at::cross_entropy_loss(pair.net->forward(pair.images(index)), labels).backward();

      const auto logits = pair.logits(index);
      cross_entropy(logits.const_data_ptr<float>(), labels.const_data_ptr<int64_t>(), 5, 7, nullptr,
                    nullptr, pair.planned.logits_gradient());
      const at::NoGradGuard no_grad;
      pair.planned.backward();
      pair.planned.parameters().copy_(pair.planned.gradients());
      auto gradients = make_classifier(pair.config);
      pair.planned.store(*gradients);
      for (const auto& p : pair.net->named_parameters()) {
        CAPTURE(std::string(model) + " " + p.key());
        CHECK(gradients->named_parameters()[p.key()].allclose(p.value().grad(), 1e-4, 1e-6));
      }
    }
}

TEST_CASE("loading and storing weights changes no bit") {
  for (const char* model : kModels) {
    Pair pair(model, {3, 13, 18}, 4);
    auto copy = make_classifier(pair.config);
    pair.planned.store(*copy);
    for (const auto& p : pair.net->named_parameters())
      CHECK(copy->named_parameters()[p.key()].equal(p.value()));
  }
}

TEST_CASE("a pass over few images after one over many forgets the many") {
  Pair pair("cnn_small", {1, 28, 28}, 8);
  const auto alone = pair.logits({4, 5});
  pair.logits({0, 1, 2, 3, 4, 5, 6, 7});
  CHECK(pair.logits({4, 5}).equal(alone));
}

TEST_CASE("a planned network refuses more images than it has room for") {
  Pair pair("mlp", {1, 28, 28}, 2);
  CHECK_THROWS(pair.logits({0, 1, 2}));
}

TEST_CASE("only small plain feed-forward networks have a plan") {
  CHECK_FALSE(layers_of({"resnet9", 1, {}, 10}).has_value());
  CHECK_FALSE(layers_of({"lenet", 1, {}, 10}).has_value());
  CHECK(layers_of({"cnn_small", 1, {}, 10})->size() == 4);
}
