// Samples of one dimension through a table of the trained network, as a host runs them:
//     bench_table [SAMPLES] [STEPS]
// prints, as JSON, the seconds of the whole method (filling the table, sampling, scoring, logging)
// and nanoseconds a network evaluation that it stands for.
#include "tests/plugins/fake_host.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  const int64_t n = argc > 1 ? std::atoll(argv[1]) : 400000;
  const int64_t steps = argc > 2 ? std::atoll(argv[2]) : 350;
  const fake::Host host(ASSAY_DIFFUSION);
  const auto data = host.run("make_data", {{"size", int64_t{5120}}}, {});
  const auto model = host.run("train",
                              {{"width", int64_t{64}},
                               {"batch", int64_t{512}},
                               {"budget", std::string("steps")},
                               {"steps", int64_t{500}},
                               {"t_max", steps}},
                              {{"data", {data}}});
  const auto start = std::chrono::steady_clock::now();
  const auto samples =
      host.run("sample", {{"source", std::string("table")}, {"n", n}, {"paths", int64_t{0}}},
               {{"data", {data}}, {"model", {{model, "model"}}}});
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!samples.ok()) {
    std::fprintf(stderr, "%s\n", samples.message.c_str());
    return 1;
  }
  std::printf("{\"seconds\": %.4f, \"evaluation_us\": %.6f}\n", seconds,
              seconds * 1e6 / static_cast<double>(n) / static_cast<double>(steps));
}
