// The decoder: as published, and its fused form against it.
#include "plugins/diffusion/decoder.hpp"
#include "plugins/diffusion/fused_decoder.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>

using namespace diffusion;

namespace {

ModelConfig decoder_config(int64_t D, int64_t F, int64_t L = 3, bool share = true,
                           bool bias = false, const std::string& variance = "fixed_large") {
  ModelConfig c;
  c.network.shape = {D};
  c.network.width = F;
  c.network.layers = L;
  c.network.share_layers = share;
  c.network.in_bias = bias;
  c.variance = variance;
  c.network.learned_variance = variance == "learned";
  return c;
}

/// A decoder whose every parameter is away from where it starts.
std::shared_ptr<Decoder> moved_decoder(const ModelConfig& config, uint64_t seed) {
  torch::manual_seed(seed);
  auto net = std::make_shared<Decoder>(config.network);
  const at::NoGradGuard no_grad;
  for (auto& p : net->parameters()) p.add_(at::randn_like(p), 0.2);
  return net;
}

int64_t place(const Slice& s, int64_t r, int64_t c) {
  return s.transposed ? s.at + c * s.stride + r : s.at + r * s.stride + c;
}

std::vector<float> flat(const FusedDecoder& fused, const Decoder& net) {
  std::vector<float> out(static_cast<size_t>(fused.size()));
  const auto parameters = net.named_parameters();
  for (const auto& s : fused.layout()) {
    const auto p = parameters[s.name].detach().view({s.rows, s.columns});
    for (int64_t r = 0; r < s.rows; ++r)
      for (int64_t c = 0; c < s.columns; ++c)
        out[static_cast<size_t>(place(s, r, c))] = p[r][c].item<float>();
  }
  return out;
}

Batch random_batch(int64_t n, int64_t D, int64_t timesteps) {
  const auto numbers = static_cast<size_t>(n * D);
  Batch b{n,
          D,
          std::vector<int64_t>(static_cast<size_t>(n)),
          std::vector<float>(numbers),
          std::vector<float>(numbers),
          std::vector<float>(static_cast<size_t>(n))};
  at::from_blob(b.t.data(), {n}, at::kLong).random_(0, timesteps);
  at::from_blob(b.x_t.data(), {n, D}).normal_(0, 1.5);
  at::from_blob(b.target.data(), {n, D}).normal_();
  return b;
}

/// The largest difference, over the largest number of `b`.
double relative(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).abs().max() / b.abs().max()).item<double>();
}

at::Tensor embedded(Decoder& net, const Batch& b) {
  auto x = b.x_t;
  auto t = b.t;
  return net.forward(at::from_blob(x.data(), {b.n, b.D}).clone(),
                     at::from_blob(t.data(), {b.n}, at::kLong).to(at::kFloat));
}

/// Largest relative difference of answers, losses and gradients between module and fused form.
double disagreement(const ModelConfig& config, const std::string& loss, int64_t n,
                    const Kernels& kernels) {
  auto net = moved_decoder(config, 7);
  FusedDecoder fused(config, kernels);
  const auto parameters = flat(fused, *net);
  const Objective objective(config.make_schedule(), config.predict, config.variance, loss);
  auto batch = random_batch(n, config.network.features(), config.timesteps);
  auto same = batch;

  std::vector<float> gradient(parameters.size());
  fused.use(parameters.data());
  fused.differentiate(batch, objective, gradient.data());

  const auto out = embedded(*net, same);
  auto d = at::empty_like(out);
  objective.grade(out.const_data_ptr<float>(), same.target.data(), same.t.data(), n, same.D,
                  1 / static_cast<float>(n), same.losses.data(), d.data_ptr<float>());
  out.backward(d);

  double worst =
      relative(at::from_blob(batch.losses.data(), {n}), at::from_blob(same.losses.data(), {n}));
  const auto truth = net->named_parameters();
  for (const auto& s : fused.layout()) {
    auto mine = at::empty({s.rows, s.columns});
    for (int64_t r = 0; r < s.rows; ++r)
      for (int64_t c = 0; c < s.columns; ++c)
        mine[r][c] = gradient[static_cast<size_t>(place(s, r, c))];
    const double here = relative(mine, truth[s.name].grad().view({s.rows, s.columns}));
    INFO(s.name, " differs by ", here);
    CHECK(here < 1e-5);
    worst = std::max(worst, here);
  }
  return worst;
}

}  // namespace

TEST_CASE("the decoder has as many parameters as the released code's") {
  // d F + 2 (2 F) + F^2 + F^2 + (F^2 + F) + 2 F + (F O + O) + (F^2 + F), by hand for each.
  const auto count = [](const ModelConfig& c) {
    int64_t n = 0;
    for (const auto& p : Decoder(c.network).parameters()) n += p.numel();
    return n;
  };
  CHECK(count(decoder_config(1, 128)) == 66817);
  CHECK(count(decoder_config(2, 128)) == 67074);
  CHECK(count(decoder_config(2, 64)) == 17154);
  CHECK(count(decoder_config(2, 64, 9)) == 17154);
  CHECK(count(decoder_config(2, 64, 3, false)) == 17154 + 2 * (4 * 64 + 3 * 64 * 64 + 64));
  CHECK(count(decoder_config(2, 64, 3, true, true)) == 17154 + 64);
  CHECK(count(decoder_config(2, 64, 3, true, false, "learned")) == 17154 + 2 * 64 + 2);
}

TEST_CASE("the decoder refuses an odd width and images") {
  CHECK_THROWS_AS(Decoder(decoder_config(1, 7).network), std::invalid_argument);
  auto images = decoder_config(1, 8).network;
  images.shape = {1, 4, 4};
  CHECK_THROWS_AS(Decoder{images}, std::invalid_argument);
}

TEST_CASE("matrices start Xavier-uniform and biases at zero") {
  torch::manual_seed(1);
  const Decoder net(decoder_config(2, 64).network);
  for (const auto& p : net.named_parameters()) {
    CAPTURE(p.key());
    if (p.value().dim() == 2) {
      const double a = std::sqrt(6.0 / static_cast<double>(p.value().size(0) + p.value().size(1)));
      CHECK(p.value().abs().max().item<double>() <= a);
      CHECK(p.value().abs().max().item<double>() > 0.9 * a);
    } else {
      CHECK(p.value().eq(p.key().ends_with("weight") ? 1 : 0).all().item<bool>());
    }
  }
}

TEST_CASE("the time embedding has sines before cosines, from frequency 1 to 1/10000") {
  // F = 4: omega = 1, 1e-4. sin 3, sin 3e-4, cos 3, cos 3e-4 to ten digits.
  const auto e = time_embedding(at::tensor({3.0f}), 4);
  const double truth[] = {0.1411200081, 0.0002999999955, -0.9899924966, 0.9999999550};
  for (int64_t j = 0; j < 4; ++j)
    CHECK(e[0][j].item<double>() == doctest::Approx(truth[j]).epsilon(1e-7));
  // F = 6, t = 999: omega = 1, 0.01, 1e-4; sin 9.99 = -0.5356043..., cos 9.99 = -0.8444681...
  const auto far = time_embedding(at::tensor({999.0f}), 6);
  CHECK(far[0][1].item<double>() == doctest::Approx(std::sin(9.99)).epsilon(1e-6));
  CHECK(far[0][3].item<double>() == doctest::Approx(std::cos(999.0)).epsilon(1e-6));
}

TEST_CASE("module and fused form answer as numpy does") {
  const auto oracle =
      nlohmann::json::parse(std::ifstream(std::string(ASSAY_ORACLES) + "/decoder.json"));
  const auto config = decoder_config(2, oracle["width"], oracle["layers"]);
  Decoder net(config.network);
  {
    const at::NoGradGuard no_grad;
    for (auto& p : net.named_parameters()) {
      double sum = 0;
      for (const char c : p.key()) sum += c;
      auto values = (at::arange(p.value().numel(), at::kDouble) * 1.7 + sum).sin_().mul_(0.4);
      if (p.key().find("norm") != std::string::npos && p.key().ends_with("weight")) values += 1;
      p.value().copy_(values.view(p.value().sizes()));
    }
  }
  const auto fused = make_denoiser(config, net, at::kCPU);
  for (size_t i = 0; i < oracle["x"].size(); ++i) {
    CAPTURE(i);
    const std::vector<float> x = oracle["x"][i];
    const float t = oracle["t"][i];
    const auto answer = net.forward(at::tensor(x).unsqueeze(0), at::tensor({t}));
    float mine[2];
    fused->eps(x.data(), 1, static_cast<int64_t>(t), mine);
    for (int64_t j = 0; j < 2; ++j) {
      const double truth = oracle["answer"][i][static_cast<size_t>(j)];
      CHECK(answer[0][j].item<double>() == doctest::Approx(truth).epsilon(1e-5));
      CHECK(static_cast<double>(mine[j]) == doctest::Approx(truth).epsilon(1e-5));
    }
  }
}

TEST_CASE("a shared layer is the same network as equal layers of its own") {
  auto shared = moved_decoder(decoder_config(2, 16, 3, true), 3);
  auto own = moved_decoder(decoder_config(2, 16, 3, false), 4);
  const at::NoGradGuard no_grad;
  const auto from = shared->named_parameters();
  for (auto& p : own->named_parameters()) {
    auto name = p.key();
    if (name.starts_with("temp_fc.")) name[8] = '0';
    p.value().copy_(from[name]);
  }
  const auto batch = random_batch(20, 2, 1000);
  CHECK(at::equal(embedded(*shared, batch), embedded(*own, batch)));
}

TEST_CASE("in one dimension the first norm knows the sign of x alone") {
  auto net = moved_decoder(decoder_config(1, 32), 5);
  auto& norm = net->temp_fc[0]->as<TemporalLayer>()->norm1;
  const auto at_x = [&](float x) { return norm(net->in_fc(at::full({1, 1}, x))); };
  CHECK(at::allclose(at_x(5), at_x(500), 1e-3, 1e-3));
  CHECK_FALSE(at::allclose(at_x(5), at_x(-5), 1e-1, 1e-1));
  // Magnitude still reaches the answer.
  const auto t = at::tensor({10.0f});
  CHECK_FALSE(at::allclose(net->forward(at::full({1, 1}, 5.0), t),
                           net->forward(at::full({1, 1}, 50.0), t), 1e-2, 1e-2));
}

TEST_CASE("the fused decoder has the module's losses and gradients") {
  const Kernels* const* sets = nullptr;
  const int64_t count = available_kernels(&sets);
  for (int64_t i = 0; i < count; ++i) {
    const auto& k = *sets[i];
    CAPTURE(k.name);
    CHECK(disagreement(decoder_config(2, 64), "mse", 512, k) < 1e-5);
    CHECK(disagreement(decoder_config(1, 128), "mse", 301, k) < 1e-5);
    CHECK(disagreement(decoder_config(2, 20, 2, false, true), "mse", 77, k) < 1e-5);
    CHECK(disagreement(decoder_config(3, 100, 4, false), "kl", 50, k) < 1e-5);
    CHECK(disagreement(decoder_config(2, 32, 3, true, true, "learned"), "kl", 130, k) < 1e-5);
    CHECK(disagreement(decoder_config(20, 48, 1), "mse", 1, k) < 1e-5);
  }
}

TEST_CASE("the fused denoiser answers as LibTorch does, whatever is predicted") {
  for (const auto* predict : {"eps", "x0", "mean"}) {
    CAPTURE(predict);
    auto config = decoder_config(2, 64, 3, true, false, "learned");
    config.predict = predict;
    auto net = moved_decoder(config, 11);
    const auto fused = make_denoiser(config, *net, at::kCPU);
    const auto plain = make_network_denoiser(config, *net, at::kCPU);
    constexpr int64_t n = 700;
    const auto x = at::randn({n, 2});
    auto a = at::empty({n, 2}), b = at::empty({n, 2});
    for (const int64_t t : {0, 3, 100, 999}) {
      CAPTURE(t);
      fused->eps(x.const_data_ptr<float>(), n, t, a.data_ptr<float>());
      plain->eps(x.const_data_ptr<float>(), n, t, b.data_ptr<float>());
      CHECK(relative(a, b) < 1e-5);
      CHECK(relative(at::from_blob(const_cast<float*>(fused->log_variance()), {n, 2}),
                     at::from_blob(const_cast<float*>(plain->log_variance()), {n, 2})) < 1e-5);
    }
  }
}

TEST_CASE("a row's answer does not depend on its company, to the bit") {
  for (const int64_t F : {64, 128, 30}) {
    CAPTURE(F);
    const auto config = decoder_config(2, F);
    const auto denoiser = make_denoiser(config, *moved_decoder(config, 13), at::kCPU);
    constexpr int64_t n = 1001;
    const auto x = at::randn({n, 2});
    auto all = at::empty({n, 2}), one = at::empty({1, 2});
    denoiser->eps(x.const_data_ptr<float>(), n, 17, all.data_ptr<float>());
    for (const int64_t i : {0, 1, 5, 6, 95, 96, 500, 1000}) {
      CAPTURE(i);
      denoiser->eps(x.const_data_ptr<float>() + 2 * i, 1, 17, one.data_ptr<float>());
      CHECK(at::equal(one[0], all[i]));
    }
  }
}

TEST_CASE("a gradient's bits do not depend on the number of threads") {
  const auto config = decoder_config(2, 64);
  FusedDecoder fused(config);
  const auto parameters = flat(fused, *moved_decoder(config, 19));
  const Objective objective(config.make_schedule(), "eps", "fixed_large", "mse");
  auto batch = random_batch(3000, 2, 1000);
  fused.use(parameters.data());
  std::vector<float> one(parameters.size()), two(parameters.size());
  fused.differentiate(batch, objective, one.data());
  at::set_num_threads(2);
  fused.differentiate(batch, objective, two.data());
  at::set_num_threads(1);
  CHECK(one == two);
}

TEST_CASE("the fused gradient is the slope of the loss") {
  const auto config = decoder_config(2, 6, 2);
  auto net = moved_decoder(config, 17);
  FusedDecoder fused(config);
  auto parameters = flat(fused, *net);
  const Objective objective(config.make_schedule(), "eps", "fixed_large", "mse");
  auto batch = random_batch(5, 2, 1000);
  std::vector<float> gradient(parameters.size()), unused(parameters.size());
  fused.use(parameters.data());
  fused.differentiate(batch, objective, gradient.data());
  const auto loss = [&] {
    fused.use(parameters.data());
    fused.differentiate(batch, objective, unused.data());
    double sum = 0;
    for (const float l : batch.losses) sum += static_cast<double>(l);
    return sum / static_cast<double>(batch.n);
  };
  constexpr float h = 1e-3f;  // rounding 1e-7 / h; no kink of the activation is that near
  for (const auto& s : fused.layout()) {
    CAPTURE(s.name);
    const auto at = static_cast<size_t>(place(s, s.rows - 1, s.columns - 1));
    const float kept = parameters[at];
    parameters[at] = kept + h;
    const double above = loss();
    parameters[at] = kept - h;
    const double below = loss();
    parameters[at] = kept;
    CHECK(static_cast<double>(gradient[at]) ==
          doctest::Approx((above - below) / (2 * static_cast<double>(h))).epsilon(2e-2).scale(0.1));
  }
}
