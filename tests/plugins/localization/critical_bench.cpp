// localization.critical on Fashion-MNIST in a host in memory: seconds a target. Prints what the
// method logs, and how many units were switched off.
// Usage: bench_critical FOLDER EXAMPLES TEST_EXAMPLES EPOCHS TARGETS EVAL_SUBSET [TOGETHER]
#include "tests/plugins/fake_host.hpp"

#include <cstdio>
#include <numeric>

int main(int argc, char** argv) {
  if (argc < 7 || argc > 8)
    return std::fprintf(stderr,
                        "usage: bench_critical FOLDER EXAMPLES TEST_EXAMPLES EPOCHS TARGETS "
                        "EVAL_SUBSET [TOGETHER]\n"),
           2;
  const auto number = [&](int i) { return i < argc ? int64_t{std::stoll(argv[i])} : 0; };
  const fake::Host host(ASSAY_LOCALIZATION);
  const auto data =
      host.run("data", {{"n", number(2)}, {"n_test", number(3)}, {"input_pool", int64_t{2}}},
               {{"images", {std::string(argv[1])}}});
  const auto trained = host.run("train",
                                {{"width", 0.25},
                                 {"epochs", number(4)},
                                 {"batch", int64_t{64}},
                                 {"lr", 0.1},
                                 {"schedule", std::string("triangle")},
                                 {"track_gradients", false}},
                                {{"data", {data}}});
  const auto run = host.run("critical",
                            {{"targets", number(5)},
                             {"eot", int64_t{2}},
                             {"search_batch", int64_t{64}},
                             {"eval_subset", number(6)},
                             {"together", number(7)}},
                            {{"data", {data}}, {"model", {{trained, "model"}}}});
  if (!data.ok() || !trained.ok() || !run.ok())
    return std::fprintf(stderr, "%s %s %s\n", data.message.c_str(), trained.message.c_str(),
                        run.message.c_str()),
           1;
  const auto counts = run.out.column("targets", "count").as<int64_t>();
  std::printf(
      "{\"log\": \"%s\", \"units\": %.3f}\n", run.log.back().c_str(),
      std::accumulate(counts.begin(), counts.end(), 0.0) / static_cast<double>(counts.size()));
}
