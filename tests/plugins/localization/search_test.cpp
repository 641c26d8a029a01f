// The search for critical units: both of its ways, on small networks that have learned by heart.
#include "plugins/common/train/autograd_learner.hpp"
#include "plugins/common/train/trainer.hpp"
#include "plugins/localization/gate_search.hpp"
#include "plugins/localization/weight_search.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace localization;
using assay::nn::Classifier;
using assay::nn::ClassifierConfig;
using assay::train::Examples;

namespace {

constexpr int64_t kExamples = 48, kClasses = 4;

/// Prototypes of four classes with noise; every sixth label is wrong.
const Examples& data() {
  static const Examples examples = [] {
    torch::manual_seed(1);
    const auto truth = at::arange(kExamples, at::kLong).remainder(kClasses);
    const auto prototypes = at::rand({kClasses, 12, 12, 1});
    auto images = prototypes.index_select(0, truth) + 0.6 * at::rand({kExamples, 12, 12, 1});
    auto labels = truth.clone();
    for (int64_t i = 0; i < kExamples; i += 6) labels[i] = (truth[i] + 1).remainder(kClasses);
    return Examples{images, labels, {}};
  }();
  return examples;
}

std::shared_ptr<Classifier> trained(const std::string& model) {
  torch::manual_seed(2);
  const ClassifierConfig config{model, 0.125, {1, 12, 12}, kClasses, {}, 1, {}};
  auto net = assay::nn::make_classifier(config);
  assay::train::AutogradLearner learner(net, at::kCPU, {});
  assay::train::Trainer trainer(learner, data(), {"test", 12, {"triangle", 0.1, 40, 4, 0}, 3, 4});
  while (!trainer.done()) trainer.step();
  net->eval();
  return net;
}

SearchOptions small() {
  SearchOptions o;
  o.draws = 2;
  o.batch = 12;
  o.max_units = 20;
  o.batch_key = 5;
  o.noise_key = 6;
  return o;
}

/// The examples that the network gets right, as targets.
std::vector<Target> right_ones(Classifier& net, int64_t most = kExamples) {
  const at::NoGradGuard no_grad;
  const auto right = net.forward(data().slice(0, kExamples)).argmax(1).eq(data().labels);
  std::vector<Target> targets;
  for (int64_t i = 0; i < kExamples && static_cast<int64_t>(targets.size()) < most; ++i)
    if (right[i].item<bool>()) targets.push_back({i, {}, false, false, -1});
  return targets;
}

std::vector<Target> by_gates(Classifier& net, const SearchOptions& options, int64_t together,
                             std::vector<Target> targets) {
  GateSearch search(net, data(), options, together);
  while (search.advance(targets)) {
  }
  return targets;
}

std::vector<Target> by_weights(Classifier& net, const SearchOptions& options,
                               std::vector<Target> targets) {
  WeightSearch search(net, data(), options);
  for (auto& target : targets) {
    search.find(target);
    search.restore();
  }
  return targets;
}

void check_same(const std::vector<Target>& a, const std::vector<Target>& b) {
  REQUIRE(a.size() == b.size());
  for (size_t t = 0; t < a.size(); ++t) {
    CAPTURE("target " + std::to_string(t));
    CHECK(a[t].flipped == b[t].flipped);
    CHECK(a[t].predicted == b[t].predicted);
    REQUIRE(a[t].picks.size() == b[t].picks.size());
    for (size_t n = 0; n < a[t].picks.size(); ++n) {
      CHECK(a[t].picks[n].layer == b[t].picks[n].layer);
      CHECK(a[t].picks[n].unit == b[t].picks[n].unit);
      CHECK(a[t].picks[n].score == doctest::Approx(b[t].picks[n].score).epsilon(1e-3));
    }
  }
}

/// J of a target's first round when unit `unit` of the layer `name` is scaled by `gate`, in
/// doubles.
double J(Classifier& net, int64_t target, const SearchOptions& options, const std::string& name,
         int64_t unit, double gate) {
  const at::NoGradGuard no_grad;
  const TargetBatches batches(data(), options);
  const auto x = batches.noisy(target, 0).to(at::kDouble);
  auto w = net.named_parameters()[name];
  const auto kept = w[unit].clone();
  w[unit].mul_(gate);
  const auto logits = net.forward(x.flatten(0, 1)).view({x.size(0), x.size(1), kClasses});
  w[unit].copy_(kept);
  const auto z = logits.mean(0).log_softmax(1);  // (B, C)
  const auto labels = batches.labels(target);
  double others = 0;
  for (int64_t j = 1; j < x.size(1); ++j) others -= z[j][labels[j].item<int64_t>()].item<double>();
  return others / static_cast<double>(x.size(1)) + z[0][labels[0].item<int64_t>()].item<double>();
}

}  // namespace

TEST_CASE("a unit's score is the derivative of J by its gate") {
  auto net = trained("resnet9");
  const auto options = small();
  const auto targets = by_gates(*net, options, 3, right_ones(*net, 6));
  const auto layers = channel_layers(*net);
  net->to(at::kDouble);
  int64_t checked = 0;
  for (const auto& target : targets) {
    if (target.picks.empty()) continue;
    const auto& pick = target.picks[0];
    const auto& layer = layers[static_cast<size_t>(pick.layer)];
    const double eps = 1e-5;
    const double slope = (J(*net, target.example, options, layer, pick.unit, 1 + eps) -
                          J(*net, target.example, options, layer, pick.unit, 1 - eps)) /
                         (2 * eps);
    CHECK(pick.score == doctest::Approx(slope).epsilon(2e-3));
    ++checked;
  }
  CHECK(checked >= 4);
}

TEST_CASE("the first pick has the greatest score of all units of all layers") {
  auto net = trained("cnn_small");
  const auto options = small();
  const auto targets = by_gates(*net, options, 1, right_ones(*net, 3));
  const auto layers = channel_layers(*net);
  net->to(at::kDouble);
  for (const auto& target : targets) {
    REQUIRE_FALSE(target.picks.empty());
    const double eps = 1e-5;
    for (const auto& layer : layers)
      for (int64_t u = 0; u < net->named_parameters()[layer].size(0); ++u) {
        const double slope = (J(*net, target.example, options, layer, u, 1 + eps) -
                              J(*net, target.example, options, layer, u, 1 - eps)) /
                             (2 * eps);
        CHECK(slope <= target.picks[0].score + 1e-3 * std::abs(target.picks[0].score));
      }
  }
}

TEST_CASE("gates and weights pick the same units") {
  for (const char* model : {"resnet9", "cnn_small", "mlp2"}) {
    auto net = trained(model);
    const auto targets = right_ones(*net, 5);
    for (const bool mean_gradients : {false, true})
      for (const bool population : {true, false}) {
        CAPTURE(model);
        CAPTURE(mean_gradients);
        CAPTURE(population);
        auto options = small();
        options.mean_gradients = mean_gradients;
        options.population_term = population;
        options.layer_std = mean_gradients;
        check_same(by_gates(*net, options, 4, targets), by_weights(*net, options, targets));
      }
  }
}

TEST_CASE("picks do not depend on how many targets are searched together") {
  auto net = trained("resnet9");
  const auto options = small();
  const auto targets = right_ones(*net, 9);
  REQUIRE(targets.size() == 9);
  const auto one = by_gates(*net, options, 1, targets);
  check_same(by_gates(*net, options, 5, targets), one);
  check_same(by_gates(*net, options, 100, targets), one);
}

TEST_CASE("a search repeated writes the same bits, and its order does not matter") {
  auto net = trained("cnn_small");
  const auto options = small();
  auto targets = right_ones(*net, 9);
  const auto first = by_gates(*net, options, 4, targets);
  CHECK((by_gates(*net, options, 4, targets) == first));
  std::reverse(targets.begin(), targets.end());
  auto backwards = by_gates(*net, options, 4, targets);
  std::reverse(backwards.begin(), backwards.end());
  check_same(backwards, first);
}

TEST_CASE("equal scores go to the lowest layer, then to the lowest unit") {
  const auto pick =
      best({at::tensor({0.0, 1.0}), at::tensor({2.0, 3.0, 3.0}), at::tensor({3.0})}, false);
  REQUIRE(pick);
  CHECK(pick->layer == 1);
  CHECK(pick->unit == 1);
  CHECK(pick->score == 3);
}

TEST_CASE("scores divided by their layer's deviation compare otherwise than raw ones") {
  // deviations with divisor n: 0.5 and 10
  const std::vector<at::Tensor> scores{at::tensor({1.0, 2.0}), at::tensor({10.0, 30.0}),
                                       at::tensor({7.0, 7.0})};
  CHECK(best(scores, false)->layer == 1);
  const auto pick = best(scores, true);
  CHECK(pick->layer == 0);
  CHECK(pick->unit == 1);
  CHECK(pick->score == doctest::Approx(4));
}

TEST_CASE("a search in which no unit helps is stuck, not flipped and not endless") {
  CHECK_FALSE(best({at::tensor({0.0, -1.0}), at::tensor({0.0})}, false));
  // With all convolutions' weights zero every score is 0: the bias alone decides for class 0.
  auto net = trained("cnn_small");
  {
    const at::NoGradGuard no_grad;
    for (const auto& p : net->named_parameters()) p.value().zero_();
    net->named_parameters()["fc2.bias"][2] = 1;
  }
  for (int64_t i = 0; i < kExamples; ++i) {
    if (data().labels[i].item<int64_t>() != 2) continue;
    const std::vector<Target> target{{i, {}, false, false, -1}};
    for (const auto& found :
         {by_gates(*net, small(), 1, target)[0], by_weights(*net, small(), target)[0]}) {
      CHECK(found.done);
      CHECK_FALSE(found.flipped);
      CHECK(found.picks.empty());
    }
    break;
  }
}

TEST_CASE("max_units ends a search unflipped") {
  auto net = trained("resnet9");
  auto options = small();
  options.max_units = 1;
  for (const auto& target : by_gates(*net, options, 8, right_ones(*net))) {
    CHECK(target.done);
    CHECK(target.picks.size() <= 1);
    CHECK(target.flipped == (target.predicted != data().labels[target.example].item<int64_t>()));
  }
}

TEST_CASE("a target that is wrong from the start loses no unit") {
  auto net = trained("cnn_small");
  Examples wrong = data();
  wrong.labels = (data().labels + 1).remainder(kClasses);
  std::vector<Target> targets{{0, {}, false, false, -1}, {1, {}, false, false, -1}};
  const auto options = small();
  GateSearch search(*net, wrong, options, 2);
  while (search.advance(targets)) {
  }
  for (const auto& target : targets) {
    CHECK(target.flipped);
    CHECK(target.picks.empty());
  }
}

TEST_CASE("a non-finite score ends the search as diverged") {
  CHECK_THROWS_WITH_AS(best({at::tensor({1.0, std::nan("")})}, false),
                       "a score in the search for critical units is not finite", assay::Error);
}

TEST_CASE("noise has the asked share of the batch's norm, and is another in each round and draw") {
  auto options = small();
  const TargetBatches batches(data(), options);
  const auto clean = data().at(batches.examples(7));
  const auto first = batches.noisy(7, 0), second = batches.noisy(7, 1);
  for (int64_t k = 0; k < 2; ++k)
    CHECK((first[k] - clean).norm().item<double>() ==
          doctest::Approx(0.01 * clean.norm().item<double>()).epsilon(1e-3));
  CHECK(first.equal(batches.noisy(7, 0)));
  CHECK_FALSE(first[0].equal(first[1]));
  CHECK_FALSE(first.equal(second));
  options.noise_ratio = 0;
  CHECK(batches.noisy(7, 0).equal(clean.unsqueeze(0)));
}

TEST_CASE("a target's batch holds it once, at the front, and B - 1 different others") {
  const auto options = small();
  const TargetBatches batches(data(), options);
  for (const int64_t target : {0, 13, 47}) {
    const auto index = batches.examples(target);
    CHECK(index[0].item<int64_t>() == target);
    CHECK(index.numel() == 12);
    CHECK(std::get<0>(at::_unique(index)).numel() == 12);
    CHECK(index.min().item<int64_t>() >= 0);
    CHECK(index.max().item<int64_t>() < kExamples);
  }
  auto large = small();
  large.batch = 49;
  CHECK_THROWS_WITH_AS(TargetBatches(data(), large),
                       "search_batch is 49, but there are 48 training examples",
                       std::invalid_argument);
}

TEST_CASE("edited networks are judged alike with gates and with zeroed weights") {
  for (const char* model : {"resnet9", "cnn_small"}) {
    auto net = trained(model);
    auto targets = by_gates(*net, small(), 8, right_ones(*net, 8));
    const auto layers = channel_layers(*net);
    EditEvaluation evaluation(*net, data());
    std::stable_sort(targets.begin(), targets.end(), [&](const Target& a, const Target& b) {
      return evaluation.first_segment(a) < evaluation.first_segment(b);
    });
    for (const auto& target : targets) {
      const auto fast = evaluation.correct(target);
      const at::NoGradGuard no_grad;
      const auto copy =
          assay::nn::make_classifier({model, 0.125, {1, 12, 12}, kClasses, {}, 1, {}});
      copy->eval();
      const auto from = assay::nn::weights(*net), to = assay::nn::weights(*copy);
      for (size_t w = 0; w < from.size(); ++w) to[w].second.copy_(from[w].second);
      for (const auto& pick : target.picks)
        copy->named_parameters()[layers[static_cast<size_t>(pick.layer)]][pick.unit].zero_();
      const auto right = copy->forward(data().slice(0, kExamples)).argmax(1).eq(data().labels);
      for (int64_t i = 0; i < kExamples; ++i)
        CHECK(static_cast<bool>(fast[static_cast<size_t>(i)]) == right[i].item<bool>());
    }
  }
}

TEST_CASE("with all_params, units are channels of convolutions and single other numbers") {
  auto net = trained("resnet9");
  auto options = small();
  options.all_params = true;
  WeightSearch search(*net, data(), options);
  CHECK(search.layers().size() == net->named_parameters().size());
  auto targets = right_ones(*net, 2);
  for (auto& target : targets) {
    const auto before = net->named_parameters()["linear.weight"].detach().clone();
    search.find(target);
    int64_t zeroed = 0;
    for (const auto& pick : target.picks)
      zeroed += search.layers()[static_cast<size_t>(pick.layer)] == "linear.weight";
    const auto changed = before.ne(net->named_parameters()["linear.weight"]).sum().item<int64_t>();
    CHECK(changed == zeroed);
    search.restore();
    CHECK(before.equal(net->named_parameters()["linear.weight"]));
  }
}

TEST_CASE("a step moves the picked unit against its gradient, and lowers J to first order") {
  auto net = trained("cnn_small");
  auto options = small();
  options.step = 1e-4;
  options.max_units = 1;
  WeightSearch search(*net, data(), options);
  auto targets = right_ones(*net, 1);
  std::vector<at::Tensor> before;
  for (const auto& p : net->parameters()) before.push_back(p.detach().clone());
  search.find(targets[0]);
  REQUIRE(targets[0].picks.size() == 1);
  const auto layer = search.layers()[static_cast<size_t>(targets[0].picks[0].layer)];
  net->to(at::kDouble);
  const double after = J(*net, targets[0].example, options, layer, 0, 1);
  search.restore();
  const double original = J(*net, targets[0].example, options, layer, 0, 1);
  CHECK(after < original);
}

TEST_CASE("a network without gates is searched by its weights, and finds what gates find") {
  struct Plain final : Classifier {  // cnn_small of the same weights, of layers without gates
    torch::nn::Conv2d conv1{nullptr}, conv2{nullptr};
    torch::nn::Linear fc1{nullptr}, fc2{nullptr};
    explicit Plain(const Classifier& like) : Classifier({"forward"}) {
      const auto w = [&](const char* name) { return like.named_parameters()[name].sizes(); };
      const auto strided = [](at::IntArrayRef shape) {
        return torch::nn::Conv2d(
            torch::nn::Conv2dOptions(shape[1], shape[0], 3).stride(2).padding(1));
      };
      conv1 = register_module("conv1", strided(w("conv1.weight")));
      conv2 = register_module("conv2", strided(w("conv2.weight")));
      fc1 = register_module("fc1", torch::nn::Linear(w("fc1.weight")[1], w("fc1.weight")[0]));
      fc2 = register_module("fc2", torch::nn::Linear(w("fc2.weight")[1], w("fc2.weight")[0]));
      const at::NoGradGuard no_grad;
      for (auto& p : named_parameters()) p.value().copy_(like.named_parameters()[p.key()]);
    }
    assay::nn::Flow run(size_t, assay::nn::Flow in) override {
      const auto x = conv2(conv1(in.x).relu()).relu().flatten(1);
      return {fc2(fc1(x).relu()), {}};
    }
  };
  auto net = trained("cnn_small");
  const auto plain = std::make_shared<Plain>(*net);
  CHECK(channel_layers(*plain) == channel_layers(*net));
  const auto targets = right_ones(*net, 5);
  check_same(by_weights(*plain, small(), targets), by_gates(*net, small(), 5, targets));
}

TEST_CASE("a network without a layer before its last one has no units") {
  struct Flat final : Classifier {
    torch::nn::Linear fc{nullptr};
    Flat() : Classifier({"fc"}) { fc = register_module("fc", torch::nn::Linear(144, kClasses)); }
    assay::nn::Flow run(size_t, assay::nn::Flow in) override { return {fc(in.x.flatten(1)), {}}; }
  };
  const auto net = std::make_shared<Flat>();
  CHECK_THROWS_WITH_AS(
      channel_layers(*net),
      "unit = \"conv_channel\" needs a convolution or a linear layer before the last layer, and "
      "the network has none",
      std::invalid_argument);
}
