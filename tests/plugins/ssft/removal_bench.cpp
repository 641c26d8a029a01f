// ssft.removal on Fashion-MNIST in a host in memory: seconds to drop 300 of 3000 examples, train on
// the rest and test on 10,000 images, whole runs of the method. Usage: bench_removal FOLDER EPOCHS
// N
#include "tests/plugins/fake_host.hpp"

#include <chrono>
#include <cstdio>

int main(int argc, char** argv) {
  if (argc != 4) return std::fprintf(stderr, "usage: bench_removal FOLDER EPOCHS N\n"), 2;
  using namespace fake;
  const int64_t epochs = std::stoll(argv[2]), count = std::stoll(argv[3]);
  const std::string folder = argv[1];
  const Host host(ASSAY_SSFT);
  Params recipe{{"model", std::string("cnn_small")},
                {"batch", int64_t{32}},
                {"epochs_a", epochs},
                {"lr_a", 0.05},
                {"patience_a", int64_t{0}}};
  const auto split =
      host.run("split", {{"n_per_split", int64_t{3000}}, {"noise_a", 0.1}}, {{"images", {folder}}});
  const auto learn = host.run("learn", recipe, {{"split", {split}}});
  const auto forget = host.run("forget", {{"epochs_b", int64_t{2}}, {"batch", int64_t{32}}},
                               {{"split", {split}}, {"model", {{learn, "model"}}}});
  const auto scores =
      host.run("score", {}, {{"split", {split}}, {"learn", {learn}}, {"forget", {forget}}});
  recipe["metric"] = std::string("joint");
  recipe["k"] = int64_t{300};
  double accuracy = 0;
  const auto start = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < count; ++i) {
    const auto run = host.run("removal", recipe,
                              {{"split", {split}}, {"scores", {scores}}, {"images", {folder}}},
                              {.seed = static_cast<uint64_t>(i)});
    if (!run.ok()) return std::fprintf(stderr, "%s\n", run.message.c_str()), 1;
    accuracy += run.out.metric("accuracy") / static_cast<double>(count);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("{\"seconds\": %.4f, \"accuracy\": %.4f}\n",
              seconds.count() / static_cast<double>(count), accuracy);
}
