// Method `split`: two halves of a labelled image set, and mislabelled examples where asked for
// (paper §3; Deviation: label noise is any other class with equal probability, where the released
// code never draws the class just below the true one: noise_mode = "reference").
#include "plugins/common/data/noise.hpp"
#include "plugins/common/data/source.hpp"

#include <assay/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>
#include <sstream>
#include <tuple>

namespace ssft {

struct Split {
  static constexpr const char* name = "split";
  std::string part = "train";
  int64_t n_per_split = 0;
  double split_ratio = 0.5;
  int64_t split_seed = 0;
  double noise_a = 0, noise_b = 0;
  std::string noise_mode = "uniform_other";
  int64_t noise_seed = 0;
  bool reversed = false;

  static void describe(assay::Schema<Split>& s) {
    s.summary("Splits a labelled image set into halves A and B, with label noise if asked for");
    s.flag(ASSAY_SEEDLESS).identity(2);
    s.param("part", &Split::part, "which part of the source").choices({"train", "test", "all"});
    s.param("n_per_split", &Split::n_per_split, "examples kept of each half; 0: all")
        .min(0)
        .unit("examples");
    s.param("split_ratio", &Split::split_ratio, "share of the examples that goes to B")
        .above(0)
        .below(1);
    s.param("split_seed", &Split::split_seed, "chooses the halves").min(0);
    s.param("noise_a", &Split::noise_a, "share of A that gets a wrong label").min(0).below(1);
    s.param("noise_b", &Split::noise_b, "share of B that gets a wrong label").min(0).below(1);
    s.param("noise_mode", &Split::noise_mode,
            "uniform_other: any other class; reference: the true class plus a shift of 1 to "
            "C - 2, as the released code; any_class: any class, so that some labels stay right")
        .choices({ASSAY_NOISE_MODES});
    s.param("noise_seed", &Split::noise_seed, "chooses the examples and their wrong labels").min(0);
    s.param("reversed", &Split::reversed,
            "swaps A and B when everything else is done, so that B is scored");

    s.input("images", ASSAY_DIR, "IDX, CIFAR, NumPy, CSV or HDF5: a folder, or one file")
        .format("images");
    s.input("members", ASSAY_FILE,
            "instead of a random split: text with one line `INDEX a` or "
            "`INDEX b` for each example that takes part",
            ASSAY_OPTIONAL);

    s.output("images_a", ASSAY_ARRAY, "(N, H, W) or (N, H, W, C), bytes").format("images");
    s.output("images_b", ASSAY_ARRAY, "as images_a").format("images");
    s.output("examples", ASSAY_TABLE, "the examples of A, then those of B, in the images' order")
        .column("index", ASSAY_INT, "in the source, from 0")
        .column("part", ASSAY_STRING, "a or b")
        .column("label", ASSAY_INT, "as given to the network")
        .column("true_label", ASSAY_INT, "before noise")
        .column("noisy", ASSAY_BOOL, "whether the two differ")
        .column("group", ASSAY_INT, "of the source; -1 where it has none");
    s.output("classes", ASSAY_TABLE, "the classes by number")
        .column("label", ASSAY_INT)
        .column("name", ASSAY_STRING);
    s.output("size_a", ASSAY_SCALAR, "examples in A").unit("examples");
    s.output("size_b", ASSAY_SCALAR, "examples in B").unit("examples");
    s.output("noisy_a", ASSAY_SCALAR, "examples of A with a wrong label").unit("examples");
    s.output("noisy_b", ASSAY_SCALAR, "examples of B with a wrong label").unit("examples");
  }

  void check() const {
    if (n_per_split == 1)
      throw assay::Error(ASSAY_INVALID_ARGUMENT, "n_per_split is 1, but a half needs 2 examples");
  }

  void run(assay::Job& job) const;

 private:
  struct Halves {
    std::vector<int64_t> a, b;
  };
  Halves halves(const assay::Job& job, int64_t count) const;
};

namespace {

/// Reads lines `INDEX a` or `INDEX b`; each index at most once.
std::pair<std::vector<int64_t>, std::vector<int64_t>> read_members(const std::string& path,
                                                                   int64_t count) {
  std::vector<int64_t> part[2];
  std::vector<uint8_t> seen(static_cast<size_t>(count));
  std::ifstream file(path);
  std::string line;
  for (int64_t number = 1; std::getline(file, line); ++number) {
    std::istringstream words(line);
    int64_t index = -1;
    std::string name, rest;
    if (line.empty()) continue;
    if (!(words >> index >> name) || (name != "a" && name != "b") || words >> rest)
      throw std::invalid_argument("line " + std::to_string(number) +
                                  " of members is not `INDEX a` or `INDEX b`");
    if (index < 0 || index >= count)
      throw std::invalid_argument("line " + std::to_string(number) +
                                  " of members: the source has " + std::to_string(count) +
                                  " examples, from 0");
    if (std::exchange(seen[static_cast<size_t>(index)], uint8_t{1}))
      throw std::invalid_argument("line " + std::to_string(number) +
                                  " of members names an example for the second time");
    part[name == "b"].push_back(index);
  }
  return {part[0], part[1]};
}

}  // namespace

/// From a random order of all indices: B is its first floor(count * split_ratio), A the rest.
Split::Halves Split::halves(const assay::Job& job, int64_t count) const {
  Halves h;
  if (job.inputs("members")) {
    std::tie(h.a, h.b) = read_members(job.path("members"), count);
  } else {
    std::vector<int64_t> order(static_cast<size_t>(count));
    std::iota(order.begin(), order.end(), 0);
    job.stream("split " + std::to_string(split_seed)).shuffle(order);
    const auto in_b = static_cast<int64_t>(std::floor(static_cast<double>(count) * split_ratio));
    h.b.assign(order.begin(), order.begin() + in_b);
    h.a.assign(order.begin() + in_b, order.end());
  }
  for (auto* half : {&h.a, &h.b}) {
    const std::string name = half == &h.a ? "A" : "B";
    const auto size = static_cast<int64_t>(half->size());
    if (size < 2)
      throw std::invalid_argument("a half needs at least 2 examples, and " + name + " has " +
                                  std::to_string(size));
    if (n_per_split > size)
      throw std::invalid_argument("n_per_split is " + std::to_string(n_per_split) + ", but " +
                                  name + " has " + std::to_string(size) + " examples");
    if (n_per_split) half->resize(static_cast<size_t>(n_per_split));
    std::sort(half->begin(), half->end());
  }
  return h;
}

void Split::run(assay::Job& job) const {
  // Read the images.
  using assay::data::Part;
  const auto set = assay::data::read_source(job, "images",
                                            part == "train"  ? Part::train
                                            : part == "test" ? Part::test
                                                             : Part::all);

  // Split, then corrupt each half on its own.
  auto [a, b] = halves(job, set.count);
  const std::string noise = "noise " + std::to_string(noise_seed);
  auto labels = set.labels;
  const auto mode = assay::data::noise_mode(noise_mode);
  assay::data::mislabel(labels, a, noise_a, set.classes, mode, job.key(noise + " a"));
  assay::data::mislabel(labels, b, noise_b, set.classes, mode, job.key(noise + " b"));
  if (reversed) std::swap(a, b);

  // Log the two halves.
  const auto& truth = set.true_labels.empty() ? set.labels : set.true_labels;
  std::vector<int64_t> index, label, true_label, group;
  std::vector<std::string> parts;
  std::vector<uint8_t> noisy;
  for (const auto* half : {&a, &b})
    for (const int64_t i : *half) {
      const auto at = static_cast<size_t>(i);
      index.push_back(i);
      parts.emplace_back(half == &a ? "a" : "b");
      label.push_back(labels[at]);
      true_label.push_back(truth[at]);
      noisy.push_back(labels[at] != truth[at]);
      group.push_back(set.groups.empty() ? -1 : set.groups[at]);
    }
  job.rows("examples", {{"index", index},
                        {"part", parts},
                        {"label", label},
                        {"true_label", true_label},
                        {"noisy", assay::bools(noisy)},
                        {"group", group}});
  const auto pixels_a = assay::data::interleaved(set, a),
             pixels_b = assay::data::interleaved(set, b);
  job.array("images_a",
            assay::Tensor(pixels_a.data(), assay::data::interleaved_shape(set, a.size())));
  job.array("images_b",
            assay::Tensor(pixels_b.data(), assay::data::interleaved_shape(set, b.size())));
  const auto size_a = static_cast<int64_t>(a.size());
  const auto noisy_in_a = std::accumulate(noisy.begin(), noisy.begin() + size_a, 0);
  job.scalar("size_a", static_cast<double>(a.size()));
  job.scalar("size_b", static_cast<double>(b.size()));
  job.scalar("noisy_a", noisy_in_a);
  job.scalar("noisy_b", std::accumulate(noisy.begin() + size_a, noisy.end(), 0));

  // Name the classes.
  std::vector<int64_t> numbers(static_cast<size_t>(set.classes));
  std::iota(numbers.begin(), numbers.end(), 0);
  auto names = set.class_names;
  if (names.size() != numbers.size()) {
    names.clear();
    for (const auto k : numbers) names.push_back(std::to_string(k));
  }
  job.rows("classes", {{"label", numbers}, {"name", names}});
}

}  // namespace ssft

ASSAY_METHOD(ssft::Split)
