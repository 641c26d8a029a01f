// diffusion.train and diffusion.sample on gaussian25 in a host in memory, one thread, each method
// as a whole: milliseconds per optimiser step, microseconds per network evaluation, and what share
// of the speed of LibTorch's own matrix product the step reaches. Usage: bench_diffusion WIDTH
// BATCH STEPS N CHAIN
#include "plugins/common/torch.hpp"
#include "tests/plugins/fake_host.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>

namespace {

template <class F>
double seconds(const F& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Multiply-adds a second of at::mm on (batch, F) by (F, F): the best of several.
double product_speed(int64_t batch, int64_t F) {
  const auto a = at::randn({batch, F}), b = at::randn({F, F});
  auto c = at::empty({batch, F});
  double best = 1e9;
  for (int i = 0; i < 50; ++i)
    best = std::min(best, seconds([&] {
                      for (int k = 0; k < 10; ++k) at::mm_out(c, a, b);
                    }));
  return 10 * static_cast<double>(batch * F * F) / best;
}

/// Of the F x F products of one step: 6 for each example, and 2 for each timestep it meets; three
/// times as many with the way back, but for the inputs of the time path.
double multiply_adds(double batch, double F, double timesteps) {
  const double met = timesteps * (1 - std::pow(1 - 1 / timesteps, batch));
  return (18 * batch + 5 * met) * F * F;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6)
    return std::fprintf(stderr, "usage: bench_diffusion WIDTH BATCH STEPS N CHAIN\n"), 2;
  int64_t number[5];
  for (int i = 0; i < 5; ++i) number[i] = std::stoll(argv[i + 1]);
  const auto [width, batch, steps, n, chain] = number;
  at::set_num_threads(1);
  const fake::Host host(ASSAY_DIFFUSION);
  auto data =
      host.run("make_data", {{"dataset", std::string("gaussian25")}, {"size", 100 * batch}}, {});
  fake::Run model, samples;
  const double training = seconds([&] {
    model = host.run(
        "train",
        {{"width", width}, {"batch", batch}, {"budget", std::string("steps")}, {"steps", steps}},
        {{"data", {data}}});
  });
  const double sampling = seconds([&] {
    samples = host.run("sample", {{"n", n}, {"t_max", chain}},
                       {{"data", {data}}, {"model", {{model, "model"}}}});
  });
  for (auto* run : {&data, &model, &samples})
    if (!run->ok()) return std::fprintf(stderr, "%s\n", run->message.c_str()), 1;
  const double step = training / static_cast<double>(steps);
  std::printf(
      "{\"step_ms\": %.4f, \"evaluation_us\": %.4f, \"peak_share\": %.3f, \"loss\": %.4f}\n",
      1e3 * step, 1e6 * sampling / static_cast<double>(n * chain),
      multiply_adds(static_cast<double>(batch), static_cast<double>(width), 1000) /
          product_speed(batch, width) / step,
      model.out.metric("final_loss"));
}
