// diffusion.propagate on the true score of modes 1, 2, 3, in a host in memory: the mass beyond 6
// sigma, and the seconds, the best of three.
// Usage: bench_propagate TIMESTEPS CELLS
#include "tests/plugins/fake_host.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: bench_propagate TIMESTEPS CELLS\n"), 2;
  const fake::Host host(ASSAY_DIFFUSION);
  const auto data =
      host.run("make_data", {{"modes", std::vector<double>{1, 2, 3}}, {"size", int64_t{10}}}, {});
  double best = 1e9, beyond = 0;
  for (int round = 0; round < 3; ++round) {
    const auto start = std::chrono::steady_clock::now();
    const auto run = host.run("propagate",
                              {{"source", std::string("exact")},
                               {"timesteps", int64_t{std::stoll(argv[1])}},
                               {"cells", int64_t{std::stoll(argv[2])}}},
                              {{"data", {data}}});
    if (!run.ok()) return std::fprintf(stderr, "%s\n", run.message.c_str()), 1;
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count());
    beyond = run.out.metric("rate_beyond_6sigma");
  }
  std::printf("{\"seconds\": %.4f, \"beyond_6\": %.6e}\n", best, beyond);
}
