// Seconds for samples of one dimension through a table: bench_table [SAMPLES] [STEPS] prints the
// table's filling by the exact noise left out, as JSON.
#include "plugins/diffusion/generator.hpp"
#include "plugins/diffusion/point_sets.hpp"
#include "plugins/diffusion/table.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  using namespace diffusion;
  const int64_t n = argc > 1 ? std::atoll(argv[1]) : 400000;
  const int64_t steps = argc > 2 ? std::atoll(argv[2]) : 350;
  const auto schedule = make_schedule("linear", 1000, 0.001, 0.2);
  const auto world = point_world({"gaussian1d", 1, 1, {}, {}, 0, "auto"});
  GeneratorOptions options;
  options.sampler.chain = ddpm_chain(schedule, every_timestep(steps), "fixed_large");
  std::vector<int64_t> visited;
  for (const auto& step : options.sampler.chain) visited.push_back(step.t);
  options.snr = signal_to_noise(schedule, visited);
  options.windows = {{0, 10}};
  options.n = n;
  ExactDenoiser exact(world.mixture, schedule);
  TableDenoiser table(exact, options.sampler.chain, {-6, 8}, 4001);

  Generator generator(table, options);
  const auto start = std::chrono::steady_clock::now();
  while (!generator.done()) generator.step();
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("{\"seconds\": %.4f, \"evaluations\": %lld, \"ns\": %.3f}\n", seconds,
              static_cast<long long>(n * steps),
              seconds * 1e9 / static_cast<double>(n) / static_cast<double>(steps));
}
