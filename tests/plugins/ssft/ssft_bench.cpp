// ssft.learn on Fashion-MNIST in a host in memory: images per second, training and evaluation
// together, the whole method included. Usage: bench_ssft FOLDER EPOCHS COUNT BATCH
#include "tests/plugins/fake_host.hpp"

#include <chrono>
#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 5) return std::fprintf(stderr, "usage: bench_ssft FOLDER EPOCHS COUNT BATCH\n"), 2;
  const int64_t epochs = std::stoll(argv[2]), count = std::stoll(argv[3]),
                batch = std::stoll(argv[4]);
  const fake::Host host(ASSAY_SSFT);
  const auto split =
      host.run("split", {{"n_per_split", count}}, {{"images", {std::string(argv[1])}}});
  const auto start = std::chrono::steady_clock::now();
  const auto run = host.run("learn",
                            {{"model", std::string("cnn_small")},
                             {"batch", batch},
                             {"epochs_a", epochs},
                             {"lr_a", 0.05},
                             {"patience_a", int64_t{0}}},
                            {{"split", {split}}});
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  if (!split.ok() || !run.ok())
    return std::fprintf(stderr, "%s %s\n", split.message.c_str(), run.message.c_str()), 1;
  std::printf("{\"together\": %.1f, \"accuracy\": %.4f, \"log\": \"%s\"}\n",
              2.0 * static_cast<double>(epochs * count) / seconds.count(),
              run.out.metric("accuracy"), run.log.at(0).c_str());
}
