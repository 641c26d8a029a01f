// What the network is trained towards.
#include "plugins/diffusion/objective.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>

using namespace diffusion;

namespace {

struct Case {
  const char *predict, *variance;
};
constexpr Case kCases[] = {{"eps", "fixed_large"}, {"x0", "fixed_small"}, {"mean", "learned"},
                           {"eps", "learned"},     {"x0", "fixed_large"}, {"mean", "fixed_small"}};

Schedule short_schedule() { return make_schedule("linear", 20, 0.01, 0.3); }

}  // namespace

TEST_CASE("kl is the divergence of the posterior from the model's step, in bits") {
  // By the textbook: mu = c0 x0 + c1 x_t against the mean that the answer stands for.
  const auto s = short_schedule();
  for (const auto& [predict, variance] : kCases)
    for (const int64_t t : {0, 1, 7, 19}) {
      CAPTURE(predict);
      CAPTURE(t);
      const Objective objective(s, predict, variance, "kl");
      const float x0 = 0.7f, eps = -1.3f, answer[] = {0.4f, -2.5f};
      float x_t = 0, target = 0, loss = 0, gradient[2];
      objective.noise(&x0, &eps, &t, 1, 1, &x_t, &target);
      objective.grade(answer, &target, &t, 1, 1, 1, &loss, gradient);

      const double a = s.alpha_bar(t), x = static_cast<double>(x_t), guess = answer[0];
      const std::string what = predict;
      const double clean = what == "eps" ? (x - std::sqrt(1 - a) * guess) / std::sqrt(a) : guess;
      const double mean =
          what == "mean" ? guess : s.posterior_c0(t) * clean + s.posterior_c1(t) * x;
      const double log_v = std::string(variance) == "learned" ? static_cast<double>(answer[1])
                                                              : fixed_log_variance(s, variance, t);
      const double posterior = s.posterior_c0(t) * static_cast<double>(x0) + s.posterior_c1(t) * x;
      const double v = std::exp(log_v), known = s.posterior_variance(t);
      const double nats =
          t > 0 ? (log_v - std::log(known) - 1 + (known + std::pow(posterior - mean, 2)) / v) / 2
                : (std::log(2 * std::numbers::pi) + log_v +
                   std::pow(static_cast<double>(x0) - mean, 2) / v) /
                      2;
      CHECK(static_cast<double>(loss) ==
            doctest::Approx(nats / std::numbers::ln2).epsilon(2e-4).scale(0.1));
    }
}

TEST_CASE("the objective's gradient is the slope of its losses") {
  const auto s = short_schedule();
  for (const auto* loss : {"mse", "kl"})
    for (const auto& [predict, variance] : kCases) {
      CAPTURE(loss);
      CAPTURE(predict);
      CAPTURE(variance);
      const Objective objective(s, predict, variance, loss);
      const bool learned = objective.learned();
      if (learned && std::string(loss) == "mse") continue;
      const int64_t t[] = {0, 5};
      const float target[] = {0.2f, -0.4f, 1.1f, 0.6f};  // 2 examples of 2 numbers
      std::vector<float> answer{0.5f, 0.1f, -0.7f, 0.9f};
      if (learned) answer = {0.5f, 0.1f, -1.0f, -2.0f, -0.7f, 0.9f, -0.5f, -1.5f};
      std::vector<float> gradient(answer.size()), unused(answer.size());
      float losses[2];
      objective.grade(answer.data(), target, t, 2, 2, 3, losses, gradient.data());
      for (size_t j = 0; j < answer.size(); ++j) {
        CAPTURE(j);
        constexpr float h = 5e-3f;
        const auto at = [&](float x) {
          auto moved = answer;
          moved[j] += x;
          objective.grade(moved.data(), target, t, 2, 2, 3, losses, unused.data());
          return static_cast<double>(losses[0]) + static_cast<double>(losses[1]);
        };
        const double slope = 3 * (at(h) - at(-h)) / (2 * static_cast<double>(h));
        CHECK(static_cast<double>(gradient[j]) == doctest::Approx(slope).epsilon(1e-2).scale(1));
      }
    }
}

TEST_CASE("the right answer gives back the noise, whatever is predicted") {
  const auto s = short_schedule();
  for (const auto* predict : {"eps", "x0", "mean"})
    for (const int64_t t : {0, 4, 19}) {
      CAPTURE(predict);
      CAPTURE(t);
      const Objective objective(s, predict, "fixed_large", "mse");
      const float x0 = 1.5f, eps = 0.8f;
      float x_t = 0, target = 0, back = 0;
      objective.noise(&x0, &eps, &t, 1, 1, &x_t, &target);
      CHECK(static_cast<double>(x_t) ==
            doctest::Approx(std::sqrt(s.alpha_bar(t)) * 1.5 + std::sqrt(s.noise(t)) * 0.8));
      objective.to_eps(&target, 1, &x_t, t, 1, 1, &back);
      CHECK(static_cast<double>(back) == doctest::Approx(0.8).epsilon(1e-4));
    }
}
