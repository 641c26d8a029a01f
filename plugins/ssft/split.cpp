// Method `split`: two halves of a labelled set of images, features or texts, and, where asked for,
// subgroups and mislabelled examples (the paper; Deviation: label noise is any other class
// with equal probability, where the released code never draws the class just below the true one:
// noise_mode = "reference").
#include "plugins/common/data/compose.hpp"
#include "plugins/common/data/hashed_words.hpp"
#include "plugins/common/data/noise.hpp"
#include "plugins/common/data/source.hpp"
#include "plugins/common/data/subset.hpp"
#include "plugins/ssft/subgroups.hpp"

#include <assay/plugin.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>
#include <sstream>
#include <tuple>

namespace ssft {

struct Split : Grouping {
  static constexpr const char* name = "split";
  std::string part = "train";
  int64_t n_per_split = 0;
  double split_ratio = 0.5;
  int64_t split_seed = 0;
  double noise_a = 0, noise_b = 0;
  std::string noise_mode = "uniform_other";
  int64_t noise_seed = 0;
  bool reversed = false;
  int64_t hash_dimensions = 2048;

  static void describe(assay::Schema<Split>& s) {
    s.summary("Splits a labelled set into halves A and B, with label noise if asked for");
    s.doc(
        "The classes of images and more_images get new labels (label_map, superclasses); examples "
        "are drawn into the halves; each half gets wrong labels (noise_a, noise_b) and marks "
        "(patch_*, grey). Subgroups by level, source or mark are in examples/subgroup.");
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
    s.param("hash_dimensions", &Split::hash_dimensions,
            "of texts: each word adds 1 at its CRC-32 modulo this, and rows get length 1")
        .min(1);
    Grouping::describe(s);

    s.input("images", ASSAY_DIR,
            "images, features or texts: IDX, CIFAR, NumPy, CSV, HDF5, digits in JSON or WordNet, a "
            "folder or one file")
        .format("images");
    s.input("more_images", ASSAY_DIR,
            "of the same shape: their classes and examples are numbered after those of images",
            ASSAY_OPTIONAL)
        .format("images");
    s.input("members", ASSAY_FILE,
            "instead of a random split: text with one line `INDEX a` or "
            "`INDEX b` for each example that takes part",
            ASSAY_OPTIONAL);

    s.output("images_a", ASSAY_ARRAY,
             "(N, H, W) or (N, H, W, C), bytes; of features and texts (N, 1, D), floats")
        .format("images");
    s.output("images_b", ASSAY_ARRAY, "as images_a").format("images");
    s.output("examples", ASSAY_TABLE, "the examples of A, then those of B, in the images' order")
        .column("index", ASSAY_INT, "in the source, from 0; those of more_images follow")
        .column("part", ASSAY_STRING, "a or b")
        .column("label", ASSAY_INT, "as given to the network")
        .column("true_label", ASSAY_INT, "before noise")
        .column("noisy", ASSAY_BOOL, "whether the two differ")
        .column("group", ASSAY_INT, "of the source; -1 where it has none")
        .column("subgroup", ASSAY_STRING, "level, source or mark, joined by commas; or empty");
    s.output("texts", ASSAY_TABLE, "of a source of texts: those of the examples, in their order")
        .column("text", ASSAY_STRING);
    s.output("classes", ASSAY_TABLE, "the classes by number")
        .column("label", ASSAY_INT)
        .column("name", ASSAY_STRING);
    s.output("size_a", ASSAY_SCALAR, "examples in A").unit("examples");
    s.output("size_b", ASSAY_SCALAR, "examples in B").unit("examples");
    s.output("noisy_a", ASSAY_SCALAR, "examples of A with a wrong label").unit("examples");
    s.output("noisy_b", ASSAY_SCALAR, "examples of B with a wrong label").unit("examples");
  }

  void check() const {
    const auto invalid = [](const char* why) { throw assay::Error(ASSAY_INVALID_ARGUMENT, why); };
    if (n_per_split == 1) invalid("n_per_split is 1, but a half needs 2 examples");
    if (n_per_split && !class_sizes.empty())
      invalid("n_per_split and class_sizes both say how many examples a half has: set one of them");
    if (split_ratio != 0.5 && !class_sizes.empty())
      invalid("split_ratio does not apply with class_sizes, which gives both halves as many");
    Grouping::check();
  }

  void run(assay::Job& job) const;

 private:
  assay::data::ImageSet read(const assay::Job& job, int64_t& in_first) const;
  Halves halves(const assay::Job& job, const assay::data::ImageSet& set,
                const ClassPlan& plan) const;
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

/// Throws if the halves are too small; else keeps `most` examples of each (0: all), ascending.
void limit(Halves& h, int64_t most) {
  for (auto* half : {&h.a, &h.b}) {
    const std::string name = half == &h.a ? "A" : "B";
    const auto size = static_cast<int64_t>(half->size());
    if (size < 2)
      throw std::invalid_argument("a half needs at least 2 examples, and " + name + " has " +
                                  std::to_string(size));
    if (most > size)
      throw std::invalid_argument("n_per_split is " + std::to_string(most) + ", but " + name +
                                  " has " + std::to_string(size) + " examples");
    if (most) half->resize(static_cast<size_t>(most));
    std::sort(half->begin(), half->end());
  }
}

/// The examples of A, then those of B. Returns how many of each have a wrong label.
std::pair<int64_t, int64_t> log_examples(const assay::Job& job, const Halves& h,
                                         const assay::data::ImageSet& set,
                                         const std::vector<int32_t>& labels,
                                         const std::vector<int32_t>& truth,
                                         const std::vector<std::string>& subgroups) {
  std::vector<int64_t> index, label, true_label, group;
  std::vector<std::string> parts, subgroup;
  std::vector<uint8_t> noisy;
  for (const auto* half : {&h.a, &h.b})
    for (const int64_t i : *half) {
      const auto at = static_cast<size_t>(i);
      index.push_back(i);
      parts.emplace_back(half == &h.a ? "a" : "b");
      label.push_back(labels[at]);
      true_label.push_back(truth[at]);
      noisy.push_back(labels[at] != truth[at]);
      group.push_back(set.groups.empty() ? -1 : set.groups[at]);
      subgroup.push_back(subgroups[at]);
    }
  job.rows("examples", {{"index", index},
                        {"part", parts},
                        {"label", label},
                        {"true_label", true_label},
                        {"noisy", assay::bools(noisy)},
                        {"group", group},
                        {"subgroup", subgroup}});
  const auto b = noisy.begin() + static_cast<int64_t>(h.a.size());
  return {std::accumulate(noisy.begin(), b, int64_t{0}),
          std::accumulate(b, noisy.end(), int64_t{0})};
}

/// The examples of a half as a network takes them.
void log_content(const assay::Job& job, const std::string& array, const assay::data::ImageSet& set,
                 const std::vector<int64_t>& half, int64_t hash_dimensions) {
  const auto shape = assay::data::interleaved_shape(set, half.size());
  if (set.has_pixels()) {
    job.array(array, assay::Tensor(assay::data::interleaved(set, half).data(), shape));
  } else if (!set.has_texts()) {
    job.array(array, assay::Tensor(assay::data::interleaved_features(set, half).data(), shape));
  } else {
    const auto texts = assay::data::subset(set, half).texts;
    const auto words = assay::data::hashed_words(texts, hash_dimensions);
    job.array(array, assay::Tensor(words.data(), {shape[0], 1, hash_dimensions}));
    job.rows("texts", {{"text", texts}});
  }
}

}  // namespace

/// `images`, and `more_images` after them; `in_first`: how many examples are from `images`.
assay::data::ImageSet Split::read(const assay::Job& job, int64_t& in_first) const {
  using assay::data::Part;
  const auto wanted = part == "train" ? Part::train : part == "test" ? Part::test : Part::all;
  auto set = assay::data::read_any_source(job, "images", wanted);
  in_first = set.count;
  if (job.inputs("more_images"))
    assay::data::unite(set, assay::data::read_any_source(job, "more_images", wanted));
  else if (!source_names.empty())
    throw std::invalid_argument("source_names names two sources, but more_images is not given");
  return set;
}

/// As `members` says; else, from a random order of all examples, by class if there are class_sizes,
/// and otherwise B is the first floor(count * split_ratio), A the rest.
Halves Split::halves(const assay::Job& job, const assay::data::ImageSet& set,
                     const ClassPlan& plan) const {
  Halves h;
  if (job.inputs("members")) {
    if (!class_sizes.empty())
      throw std::invalid_argument("class_sizes and members both choose the examples: give one");
    std::tie(h.a, h.b) = read_members(job.path("members"), set.count);
    for (auto* half : {&h.a, &h.b})
      std::erase_if(*half, [&](int64_t i) { return !plan.keeps(set, i); });
  } else {
    std::vector<int64_t> order(static_cast<size_t>(set.count));
    std::iota(order.begin(), order.end(), 0);
    job.stream("split " + std::to_string(split_seed)).shuffle(order);
    std::erase_if(order, [&](int64_t i) { return !plan.keeps(set, i); });
    if (!class_sizes.empty()) {
      h = halves_by_class(*this, plan, set, order);
    } else {
      const auto in_b = std::floor(static_cast<double>(order.size()) * split_ratio);
      const auto middle = order.begin() + static_cast<int64_t>(in_b);
      h.b.assign(order.begin(), middle);
      h.a.assign(middle, order.end());
    }
  }
  limit(h, n_per_split);
  return h;
}

void Split::run(assay::Job& job) const {
  // Read the images, and give their classes the labels of the experiment.
  int64_t in_first = 0;
  auto set = read(job, in_first);
  const std::string groups = "groups " + std::to_string(group_seed);
  const auto plan = plan_classes(*this, set, job.stream(groups));
  auto labels = plan.new_labels(set.labels);
  const auto truth = set.true_labels.empty() ? labels : plan.new_labels(set.true_labels);

  // Split, then corrupt and mark each half on its own.
  auto [a, b] = halves(job, set, plan);
  const std::string noise = "noise " + std::to_string(noise_seed);
  const auto mode = assay::data::noise_mode(noise_mode);
  const auto classes = static_cast<int>(plan.names.size());
  assay::data::mislabel(labels, a, noise_a, classes, mode, job.key(noise + " a"));
  assay::data::mislabel(labels, b, noise_b, classes, mode, job.key(noise + " b"));
  auto subgroups = name_subgroups(*this, plan, set.labels, in_first);
  mark(*this, set, a, truth, patch_rate_a, job.key(groups + " a"), subgroups);
  mark(*this, set, b, truth, patch_rate_b, job.key(groups + " b"), subgroups);
  if (reversed) std::swap(a, b);

  // Log the two halves, and name the classes.
  const auto [noisy_in_a, noisy_in_b] = log_examples(job, {a, b}, set, labels, truth, subgroups);
  log_content(job, "images_a", set, a, hash_dimensions);
  log_content(job, "images_b", set, b, hash_dimensions);
  job.scalar("size_a", static_cast<double>(a.size()));
  job.scalar("size_b", static_cast<double>(b.size()));
  job.scalar("noisy_a", static_cast<double>(noisy_in_a));
  job.scalar("noisy_b", static_cast<double>(noisy_in_b));
  std::vector<int64_t> numbers(plan.names.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  job.rows("classes", {{"label", numbers}, {"name", plan.names}});
}

}  // namespace ssft

ASSAY_METHOD(ssft::Split)
