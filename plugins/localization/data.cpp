// Method `data`: labelled images, and which of them a network can only have learned by heart
// (the paper's label noise; the released code also takes consistency scores. Deviation: a
// wrong label is any other class with equal probability, where the released code never draws the
// class just below the true one: noise_mode = "reference").
#include "plugins/common/data/compose.hpp"
#include "plugins/common/data/noise.hpp"
#include "plugins/common/data/pool.hpp"
#include "plugins/common/data/score_file.hpp"
#include "plugins/common/data/source.hpp"

#include <assay/plugin.hpp>

#include <algorithm>
#include <map>
#include <numeric>

namespace localization {

using assay::data::ImageSet;

struct Data {
  static constexpr const char* name = "data";
  int64_t n = 0, n_test = 0;
  int64_t subset_seed = 0;
  double noise = 0.1;
  std::string noise_mode = "uniform_other";
  int64_t noise_seed = 0;
  int64_t input_pool = 1;
  std::string memorised_by = "label_noise";
  double score_threshold = 0.5, mem_threshold = 0.25;

  static void describe(assay::Schema<Data>& s) {
    s.summary("Labelled images, some of which can only be learned by heart, and test images");
    s.flag(ASSAY_SEEDLESS);
    s.param("n", &Data::n, "training examples; 0: all").min(0).unit("examples");
    s.param("n_test", &Data::n_test, "test examples; 0: all").min(0).unit("examples");
    s.param("subset_seed", &Data::subset_seed, "chooses the examples").min(0);
    s.param("noise", &Data::noise, "share of the training examples that gets a wrong label")
        .min(0)
        .below(1);
    s.param("noise_mode", &Data::noise_mode,
            "uniform_other: any other class; reference: the true class plus a shift of 1 to C - 2, "
            "as the released code; any_class: any class, so that some labels stay right")
        .choices({ASSAY_NOISE_MODES});
    s.param("noise_seed", &Data::noise_seed, "chooses the examples and their wrong labels").min(0);
    s.param("input_pool", &Data::input_pool, "averages blocks of so many pixels a side")
        .min(1)
        .max(4)
        .unit("pixels");
    s.param("memorised_by", &Data::memorised_by,
            "which examples count as memorised: those with a wrong label, those whose score in the "
            "input `scores` is below score_threshold, or those whose score in the input "
            "`memorisation` is above mem_threshold")
        .choices({"label_noise", "score_file", "feldman"});
    s.param("score_threshold", &Data::score_threshold, "examples below it are memorised");
    s.param("mem_threshold", &Data::mem_threshold, "examples above it are memorised");

    s.input("images", ASSAY_DIR, "IDX, CIFAR, NumPy or HDF5 with a training and a test part")
        .format("images");
    s.input("scores", ASSAY_FILE, "one number an example of the training part: .npy, .npz, text",
            ASSAY_OPTIONAL);
    s.input("memorisation", ASSAY_RUN,
            "a run of localization.memorisation that scored these examples with these labels",
            ASSAY_OPTIONAL);

    s.output("images", ASSAY_ARRAY, "(N, H, W) or (N, H, W, C), bytes").format("images");
    s.output("images_test", ASSAY_ARRAY, "(T, H, W) or (T, H, W, C), bytes").format("images");
    s.output("examples", ASSAY_TABLE, "a training example a row, in the images' order")
        .column("index", ASSAY_INT, "in the source's training part, from 0")
        .column("label", ASSAY_INT, "as given to the network")
        .column("true_label", ASSAY_INT, "before noise")
        .column("memorised", ASSAY_BOOL, "whether who fits it must have learned it by heart");
    s.output("test", ASSAY_TABLE, "a test example a row")
        .column("index", ASSAY_INT, "in the source's test part")
        .column("label", ASSAY_INT);
    s.output("classes", ASSAY_TABLE, "the classes by number")
        .column("label", ASSAY_INT)
        .column("name", ASSAY_STRING);
    s.output("memorised", ASSAY_SCALAR, "how many training examples").unit("examples");
  }

  void check() const {
    if (memorised_by == "label_noise" && noise == 0)
      throw assay::Error(ASSAY_INVALID_ARGUMENT,
                         "noise is 0, so no example would count as memorised: raise noise, or set "
                         "memorised_by = \"score_file\"");
    if (memorised_by == "score_file" && noise > 0)
      throw assay::Error(
          ASSAY_INVALID_ARGUMENT,
          "memorised_by = \"score_file\" takes the labels as they are: set noise to 0");
  }

  void run(assay::Job& job) const;

 private:
  std::vector<uint8_t> memorised(const assay::Job& job, const ImageSet& set,
                                 const std::vector<int32_t>& labels,
                                 const std::vector<int64_t>& chosen) const;
};

namespace {

/// `count` of 0 .. size-1, ascending; all of them if `count` is 0.
std::vector<int64_t> subset(int64_t size, int64_t count, const char* name, assay::Stream stream) {
  if (count > size)
    throw std::invalid_argument(std::string(name) + " is " + std::to_string(count) +
                                ", but the source has " + std::to_string(size) + " examples");
  std::vector<int64_t> all(static_cast<size_t>(size));
  std::iota(all.begin(), all.end(), 0);
  if (count == 0) return all;
  stream.shuffle(all);
  all.resize(static_cast<size_t>(count));
  std::sort(all.begin(), all.end());
  return all;
}

template <class T>
std::vector<int64_t> at(const std::vector<T>& values, const std::vector<int64_t>& index) {
  std::vector<int64_t> out;
  for (const auto i : index) out.push_back(values[static_cast<size_t>(i)]);
  return out;
}

void log_images(const assay::Job& job, const char* name, const ImageSet& set,
                const std::vector<int64_t>& index) {
  const auto pixels = assay::data::interleaved(set, index);
  job.array(name, assay::Tensor(pixels.data(), assay::data::interleaved_shape(set, index.size())));
}

/// What the input `memorisation` says of the examples `chosen` of the source, whose labels must be
/// those that the scores were made under.
std::vector<double> memorisation_scores(const assay::Job& job, const std::vector<int64_t>& chosen,
                                        const std::vector<int32_t>& labels) {
  if (!job.inputs("memorisation"))
    throw std::invalid_argument("memorised_by = \"feldman\" needs the input `memorisation`");
  const auto run = job.open("memorisation");
  const auto index = run.read<int64_t>("tables/scores/index"),
             label = run.read<int64_t>("tables/scores/label");
  const auto score = run.read<double>("tables/scores/score");
  std::map<int64_t, size_t> by_index;
  for (size_t i = 0; i < index.size(); ++i) by_index[index[i]] = i;
  std::vector<double> out;
  for (const auto i : chosen) {
    const auto found = by_index.find(i);
    if (found == by_index.end())
      throw std::invalid_argument("the memorisation scores lack example " + std::to_string(i) +
                                  " of the source");
    if (label[found->second] != labels[static_cast<size_t>(i)])
      throw std::invalid_argument(
          "the memorisation scores were made under another label of example " + std::to_string(i) +
          ": take the same n, subset_seed, noise "
          "and noise_seed");
    out.push_back(score[found->second]);
  }
  return out;
}

void log_classes(const assay::Job& job, const ImageSet& set) {
  std::vector<int64_t> numbers(static_cast<size_t>(set.classes));
  std::iota(numbers.begin(), numbers.end(), 0);
  job.rows("classes", {{"label", numbers}, {"name", assay::data::names_of_classes(set)}});
}

}  // namespace

std::vector<uint8_t> Data::memorised(const assay::Job& job, const ImageSet& set,
                                     const std::vector<int32_t>& labels,
                                     const std::vector<int64_t>& chosen) const {
  const auto& truth = set.true_labels.empty() ? set.labels : set.true_labels;
  std::vector<uint8_t> out;
  std::string remedy = "raise noise or n";
  if (memorised_by == "score_file") {
    if (!job.inputs("scores"))
      throw std::invalid_argument("memorised_by = \"score_file\" needs the input `scores`");
    const auto scores = assay::data::read_scores(job.path("scores"), set.count);
    for (const auto i : chosen) out.push_back(scores[static_cast<size_t>(i)] < score_threshold);
    remedy = "raise score_threshold";
  } else if (memorised_by == "feldman") {
    // An example that the estimate says nothing of is not above the threshold: its score is NaN.
    for (const double score : memorisation_scores(job, chosen, labels))
      out.push_back(score > mem_threshold);
    remedy = "lower mem_threshold";
  } else {
    for (const auto i : chosen)
      out.push_back(labels[static_cast<size_t>(i)] != truth[static_cast<size_t>(i)]);
  }
  const auto count = std::accumulate(out.begin(), out.end(), size_t{0});
  if (count == 0) throw std::invalid_argument("no example counts as memorised: " + remedy);
  if (count == out.size()) throw std::invalid_argument("every example counts as memorised");
  return out;
}

void Data::run(assay::Job& job) const {
  // Read both parts and choose examples.
  using assay::data::Part;
  auto train = assay::data::read_source(job, "images", Part::train),
       test = assay::data::read_source(job, "images", Part::test);
  assay::data::pool(train, input_pool);
  assay::data::pool(test, input_pool);
  const std::string which = "subset " + std::to_string(subset_seed);
  const auto chosen = subset(train.count, n, "n", job.stream(which)),
             held_out = subset(test.count, n_test, "n_test", job.stream(which + " test"));

  // Corrupt labels, and say who must be memorised.
  auto labels = train.labels;
  assay::data::mislabel(labels, chosen, noise, train.classes, assay::data::noise_mode(noise_mode),
                        job.key("noise " + std::to_string(noise_seed)));
  const auto flags = memorised(job, train, labels, chosen);

  // Log.
  const auto& truth = train.true_labels.empty() ? train.labels : train.true_labels;
  const auto given = at(labels, chosen), true_label = at(truth, chosen),
             test_label = at(test.labels, held_out);
  job.rows("examples", {{"index", chosen},
                        {"label", given},
                        {"true_label", true_label},
                        {"memorised", assay::bools(flags)}});
  job.rows("test", {{"index", held_out}, {"label", test_label}});
  log_images(job, "images", train, chosen);
  log_images(job, "images_test", test, held_out);
  log_classes(job, train);
  job.scalar("memorised", std::accumulate(flags.begin(), flags.end(), 0.0));
}

}  // namespace localization

ASSAY_METHOD(localization::Data)
