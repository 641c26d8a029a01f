// What the linear theory takes at n = 260 a half, d = 8000 and 10^4 steps, and how near a step is
// to reading its matrix once from the cache. Usage: bench_linear_theory [STEPS]
#include "plugins/ssft/dual_descent.hpp"
#include "plugins/ssft/hard_margin.hpp"
#include "plugins/ssft/theory_points.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace {

template <class Body>
double seconds(Body&& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Reads the block once and adds it up, as wide as the processor goes: the limit of a step.
#if defined(__x86_64__) && defined(__linux__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
double
sum_of(const double* data, size_t rows, size_t columns, size_t stride) {
  double lanes[64] = {};
  for (size_t i = 0; i < rows; ++i)
    for (size_t j = 0; j + 64 <= columns; j += 64)
      for (size_t k = 0; k < 64; ++k) lanes[k] += data[i * stride + j + k];
  double sum = 0;
  for (const double lane : lanes) sum += lane;
  return sum;
}
}  // namespace

int main(int argc, char** argv) {
  const int64_t steps = argc > 1 ? std::atoll(argv[1]) : 10000;
  const ssft::PointsOptions options;
  const auto n = static_cast<size_t>(options.n());
  ssft::Gram g;
  const double drawing =
      seconds([&] { g = ssft::gram_matrix(ssft::Points(options, 1), ssft::Points(options, 2)); });
  ssft::HardMargin w_a;
  const double solving = seconds([&] { w_a = ssft::hard_margin(g.block(0, n, 0, n)); });
  const ssft::Block within_b = g.block(n, n, n, n);
  std::vector<double> margins(n);
  ssft::add_combination(g.block(0, n, n, n), w_a.coefficients, margins);

  double stepping = 1e9, products = 1e9, reading = 1e9, sink = 0;
  for (int round = 0; round < 5; ++round) {
    ssft::DualDescent descent(within_b, margins, {});
    stepping = std::min(stepping, seconds([&] {
                          for (int64_t step = 0; step < steps; ++step) descent.step();
                        }));
    sink += descent.loss();
    std::vector<double> out(n);
    products = std::min(products, seconds([&] {
                          for (int64_t step = 0; step < steps; ++step)
                            ssft::add_combination(within_b, w_a.coefficients, out);
                        }));
    sink += out[0];
    reading = std::min(reading, seconds([&] {
                         for (int64_t step = 0; step < steps; ++step)
                           sink += sum_of(within_b.data, n, n, within_b.stride);
                       }));
  }
  const double bytes = static_cast<double>(steps) * static_cast<double>(n * n) * 8 * 1e-9;
  std::printf(
      "{\"draw_and_multiply_s\": %.4f, \"separate_s\": %.4f, \"sweeps\": %lld, "
      "\"steps_s\": %.4f, \"of_it_products_s\": %.4f, \"reading_alone_s\": %.4f, "
      "\"product_GB_per_s\": %.1f, \"reading_GB_per_s\": %.1f, \"sink\": %.3g}\n",
      drawing, solving, static_cast<long long>(w_a.sweeps), stepping, products, reading,
      bytes / products, bytes / reading, sink);
}
