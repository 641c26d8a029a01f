// Example-tied dropout as a module of its own, and the network that is cut down to what it keeps.
#include "plugins/common/nn/classifier.hpp"
#include "plugins/common/nn/example_tied_dropout.hpp"

#include <assay/plugin.hpp>

#include <doctest/doctest.h>

using namespace assay::nn;

namespace {

ExampleTiedDropout layer(double p_gen = 0.25, double p_mem = 0.1, uint32_t number = 0) {
  return ExampleTiedDropout(ExampleTiedDropoutOptions{
      .channels = 64, .p_gen = p_gen, .p_mem = p_mem, .layer = number, .examples = 100000});
}

}  // namespace

TEST_CASE("an example has the same mask in every batch, and in every order") {
  auto etd = layer();
  const auto all = etd->masks(at::arange(1000));
  const auto order = at::randperm(1000);
  CHECK(etd->masks(order).equal(all.index_select(0, order)));
  for (const int64_t i : {0, 17, 999})
    CHECK(etd->masks(at::full({1}, i, at::kLong))[0].equal(all[i]));
}

TEST_CASE("masks are Bernoulli(p_mem), and those of two layers are independent") {
  // 48 * 20000 draws: the mean's standard error is 0.0003; six of them miss with odds below 1e-8.
  const auto first = layer()->masks(at::arange(20000)),
             second = layer(.25, .1, 1)->masks(at::arange(20000));
  CHECK(first.mean().item<double>() == doctest::Approx(0.1).epsilon(0.018));
  CHECK((first * second).mean().item<double>() == doctest::Approx(0.01).epsilon(0.06));
  // Every channel by itself: standard error 0.0021, 48 channels.
  CHECK((first.mean(0) - 0.1).abs().max().item<double>() < 0.013);
  CHECK(layer(.25, 0)->masks(at::arange(50)).sum().item<double>() == 0);
  CHECK(layer(.25, 1)->masks(at::arange(50)).mean().item<double>() == 1);
}

TEST_CASE("each mode does to the channels what its definition says") {
  auto etd = layer();
  REQUIRE(etd->generalisation() == 16);
  const auto x = at::rand({4, 64, 3, 2}) + 1;
  const auto ids = at::tensor(std::vector<int64_t>{7, 7, 0, 3});
  const auto gen = x.narrow(1, 0, 16), mem = x.narrow(1, 16, 48);
  const auto parts = [&](const at::Tensor& y) {
    return std::pair(y.narrow(1, 0, 16), y.narrow(1, 16, 48));
  };
  const auto tied = parts(etd(x, ids));
  CHECK(tied.first.equal(gen));
  CHECK(tied.second.equal(mem * etd->masks(ids).view({4, 48, 1, 1})));
  etd->set_mode(EtdMode::test);
  CHECK(parts(etd(x)).first.equal(gen));
  CHECK(parts(etd(x)).second.allclose(mem * 0.1));
  etd->set_mode(EtdMode::drop);
  CHECK(parts(etd(x)).first.equal(gen));
  CHECK(parts(etd(x)).second.abs().sum().item<double>() == 0);
  etd->set_mode(EtdMode::drop_scaled);
  CHECK(parts(etd(x)).first.allclose(gen * (0.35 / 0.25)));
  CHECK(parts(etd(x)).second.abs().sum().item<double>() == 0);
}

TEST_CASE("with p_gen = 1 the module is the identity") {
  auto etd = layer(1);
  const auto x = at::rand({2, 64});
  CHECK(etd->memorisation() == 0);
  CHECK(etd(x).equal(x));
}

TEST_CASE("a missing id, one out of range and wrong probabilities are refused with a sentence") {
  auto etd = layer();
  const auto x = at::rand({2, 64});
  CHECK_THROWS_WITH_AS(etd(x), "example-tied dropout needs the id of every example of the batch",
                       assay::Error);
  CHECK_THROWS_AS(etd(x, at::zeros({3}, at::kLong)), assay::Error);
  CHECK_THROWS_WITH_AS(etd(x, at::full({2}, 100000, at::kLong)),
                       "an example id is not below the number of examples, 100000", assay::Error);
  CHECK_THROWS_AS(etd(x, at::full({2}, -1, at::kLong)), assay::Error);
  CHECK_THROWS_AS(layer(0), std::invalid_argument);
  CHECK_THROWS_AS(layer(0.5, 1.5), std::invalid_argument);
}

TEST_CASE("the network that is cut down computes what the masked one does") {
  const at::NoGradGuard no_grad;
  const auto images = at::rand({6, 1, 28, 28});
  for (const char* model :
       {"mlp", "mlp2", "cnn_small", "lenet", "resnet9", "resnet18", "resnet50"}) {
    CAPTURE(model);
    torch::manual_seed(2);
    ClassifierConfig config{model, 0.5, {1, 28, 28}, 10, {}, 1, {}};
    auto whole = make_classifier(config);
    for (int i = 0; i < 3; ++i) whole->forward(images);  // running statistics that differ
    whole->eval();
    config.kept = 0.3;
    auto part = make_classifier(config);
    part->eval();
    cut_into(*whole, *part);

    const auto tied = example_tied_segments(model);
    Flow flow{images, {}};
    for (size_t i = 0; i < whole->segments().size(); ++i) {
      flow = whole->run(i, flow);
      if (std::find(tied.begin(), tied.end(), whole->segments()[i]) == tied.end()) continue;
      ExampleTiedDropout etd(ExampleTiedDropoutOptions{.channels = flow.x.size(1), .p_gen = 0.3});
      etd->set_mode(EtdMode::drop);
      flow.x = etd(flow.x);
    }
    CHECK(part->forward(images).allclose(flow.x, 1e-4, 1e-5));
    CHECK(weights(*part)[0].second.size(0) < weights(*whole)[0].second.size(0) + (model[3] == 'n'));
  }
}
