// The set-ups of `split` that make subgroups: sizes are exact, subgroups disjoint, bad input is
// refused in one sentence.
#include "tests/plugins/fake_host.hpp"
#include "tests/plugins/fake_images.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace fake;

namespace {

using Ints = std::vector<int64_t>;
using Texts = std::vector<std::string>;

const Host& host() {
  static const Host h(ASSAY_SSFT);
  return h;
}

/// 400 images of 8 classes, about 50 of each.
const ImageFolder& eight() {
  static const ImageFolder f(400, 12, 8);
  return f;
}
const ImageFolder& four() {
  static const ImageFolder f(200, 12, 4);
  return f;
}

Run split(const Params& params, const std::string& more = "") {
  Inputs inputs{{"images", {eight().path()}}};
  if (!more.empty()) inputs["more_images"] = {more};
  return host().run("split", params, inputs);
}

struct Examples {
  std::vector<int64_t> index, label, true_label;
  Texts part, subgroup;
  explicit Examples(const Run& run)
      : index(run.out.column("examples", "index").as<int64_t>()),
        label(run.out.column("examples", "label").as<int64_t>()),
        true_label(run.out.column("examples", "true_label").as<int64_t>()),
        part(run.out.column("examples", "part").strings),
        subgroup(run.out.column("examples", "subgroup").strings) {}

  /// Examples by (part, true label, subgroup).
  std::map<std::tuple<std::string, int64_t, std::string>, int64_t> counts() const {
    std::map<std::tuple<std::string, int64_t, std::string>, int64_t> out;
    for (size_t i = 0; i < index.size(); ++i) ++out[{part[i], true_label[i], subgroup[i]}];
    return out;
  }
};

Examples examples(const Run& run) {
  REQUIRE_MESSAGE(run.ok(), run.message);
  return Examples(run);
}

}  // namespace

TEST_CASE("random superclasses have one class of every level, with exactly the sizes asked for") {
  const Params params{{"superclasses", std::string("random")}, {"class_sizes", Ints{15, 7, 3, 1}}};
  const auto run = split(params);
  const auto e = examples(run);
  CHECK(run.out.column("classes", "name").strings == Texts{"superclass 0", "superclass 1"});
  const auto counts = e.counts();
  CHECK(counts.size() == 2 * 2 * 4);
  for (const auto& [key, count] : counts) {
    const auto level = std::get<2>(key);
    CAPTURE(level);
    CHECK(count == (level == "level 1" ? 15 : level == "level 2" ? 7 : level == "level 3" ? 3 : 1));
  }
  CHECK(std::set<int64_t>(e.index.begin(), e.index.end()).size() == e.index.size());
}

TEST_CASE("the group's seed deals the classes anew, and the split's seed does not") {
  Params params{{"superclasses", std::string("random")}, {"class_sizes", Ints{8, 4}}};
  // which label each class of the source has, by the images' true classes
  const auto labels_of = [&](const Params& p) {
    const auto e = examples(split(p));
    const auto plain = examples(split({}));
    std::map<int64_t, int64_t> of_index, out;
    for (size_t i = 0; i < plain.index.size(); ++i) of_index[plain.index[i]] = plain.label[i];
    for (size_t i = 0; i < e.index.size(); ++i) {
      const auto [place, fresh] = out.emplace(of_index[e.index[i]], e.label[i]);
      CHECK(place->second == e.label[i]);  // a class lies in one superclass
    }
    return out;
  };
  const auto first = labels_of(params);
  CHECK(first.size() == 8);
  params["split_seed"] = int64_t{5};
  CHECK(labels_of(params) == first);
  params["group_seed"] = int64_t{1};
  CHECK(labels_of(params) != first);
}

TEST_CASE("the source's groups make superclasses, if each class lies in one") {
  std::string text = "label,group,pixel1,pixel2\n";
  for (int i = 0; i < 48; ++i) {
    const int label = i % 4;
    text +=
        std::to_string(label) + "," + std::to_string(label % 2) + "," + std::to_string(i) + ",7\n";
  }
  const auto good = eight().write("groups.csv", text);
  const Params params{{"superclasses", std::string("groups")}, {"class_sizes", Ints{5, 2}}};
  const auto run = host().run("split", params, {{"images", {good}}});
  const auto e = examples(run);
  CHECK(run.out.column("classes", "name").strings == Texts{"0 + 2", "1 + 3"});
  for (size_t i = 0; i < e.index.size(); ++i) CHECK(e.label[i] == e.index[i] % 2);
  for (const auto& [key, count] : e.counts())
    CHECK(count == (std::get<2>(key) == "level 1" ? 5 : 2));

  const auto bad = eight().write("mixed.csv", text + "3,0,1,1\n");
  const auto refused = host().run("split", params, {{"images", {bad}}});
  CHECK(refused.status == ASSAY_INVALID_ARGUMENT);
  CHECK(refused.message ==
        "class 3 lies in the groups 1 and 0, but a superclass needs each class in one");
}

TEST_CASE("a union numbers the classes of the second source after those of the first") {
  // classes 8 .. 11 are the second source's; labels 0 and 1 take one class of each
  const Params params{{"label_map", Ints{0, -1, 1, -1, -1, -1, -1, -1, 1, -1, -1, 0}},
                      {"class_sizes", Ints{10}},
                      {"source_names", Texts{"first", "second"}}};
  const auto run = split(params, four().path());
  const auto e = examples(run);
  CHECK(run.out.column("classes", "name").strings == Texts{"0 + 3", "2 + 0"});
  CHECK(e.index.size() == 80);
  const auto counts = e.counts();
  CHECK(counts.size() == 8);
  for (const auto& [key, count] : counts) CHECK(count == 10);
  for (size_t i = 0; i < e.index.size(); ++i)
    CHECK((e.index[i] < 400 ? "first" : "second") == e.subgroup[i]);
}

TEST_CASE("levels and sources together name subgroups by both") {
  const auto e = examples(split({{"label_map", Ints{0, -1, 1, -1, -1, -1, -1, -1, 1, -1, -1, 0}},
                                 {"class_sizes", Ints{9, 2}},
                                 {"source_names", Texts{"first", "second"}}},
                                four().path()));
  std::map<std::string, int64_t> levels;
  for (const auto& s : e.subgroup) ++levels[s.substr(0, 7)];
  CHECK(levels == std::map<std::string, int64_t>{{"level 1", 36}, {"level 2", 8}});
  CHECK(e.subgroup[0].find(", ") == 7);
}

TEST_CASE("a patch is on the images of its class, except on the misaligned share of a half") {
  const auto run = split({{"label_map", Ints{0, 1, -1, -1, -1, -1, -1, -1}},
                          {"class_sizes", Ints{20}},
                          {"patch_class", int64_t{1}},
                          {"patch_rate_a", 0.9},
                          {"patch_side", int64_t{3}},
                          {"patch_corner", int64_t{2}}});
  const auto e = examples(run);
  std::map<std::string, int64_t> misaligned;
  for (size_t i = 0; i < e.index.size(); ++i) {
    const bool in_a = e.part[i] == "a";
    const auto& pixels = run.out.arrays.at(in_a ? "images_a" : "images_b").bytes;
    const uint8_t* image = pixels.data() + (in_a ? i : i - 40) * 144;
    bool patched = true;
    for (size_t row = 2; row < 5; ++row)
      for (size_t column = 2; column < 5; ++column) patched &= image[row * 12 + column] == 255;
    CHECK(patched == ((e.label[i] == 1) == (e.subgroup[i] == "aligned")));
    misaligned[e.part[i]] += e.subgroup[i] == "misaligned";
  }
  CHECK(misaligned == std::map<std::string, int64_t>{{"a", 4}, {"b", 0}});
}

TEST_CASE("noise is drawn among the new labels, and the patch follows the true ones") {
  const auto e = examples(split({{"label_map", Ints{0, 1, 2, -1, -1, -1, -1, -1}},
                                 {"class_sizes", Ints{15}},
                                 {"patch_class", int64_t{1}},
                                 {"noise_a", 0.5}}));
  int64_t noisy = 0;
  for (size_t i = 0; i < e.index.size(); ++i) {
    CHECK(e.label[i] < 3);
    CHECK(e.subgroup[i] == "aligned");
    noisy += e.label[i] != e.true_label[i];
  }
  CHECK(noisy == 22);
}

TEST_CASE("a reversed split swaps the halves, marks included") {
  const Params params{
      {"class_sizes", Ints{10}}, {"patch_class", int64_t{3}}, {"patch_rate_a", 0.5}};
  auto reversed = params;
  reversed["reversed"] = true;
  const auto run = split(params), swapped = split(reversed);
  CHECK(run.out.arrays.at("images_a") == swapped.out.arrays.at("images_b"));
  CHECK(run.out.arrays.at("images_b") == swapped.out.arrays.at("images_a"));
}

TEST_CASE("a set-up that does not fit is refused in one sentence") {
  const auto message = [](const Params& params, const std::string& more = "") {
    const auto run = split(params, more);
    CHECK(run.status == ASSAY_INVALID_ARGUMENT);
    return run.message;
  };
  CHECK(message({{"label_map", Ints{0, 1, 0}}}) ==
        "label_map has 3 labels, but the source has 8 classes");
  CHECK(message({{"label_map", Ints{0, 1, 8, 0, 0, 0, 0, 0}}}) ==
        "label_map holds 8, but the new labels of 8 classes are below 8");
  CHECK(message({{"label_map", Ints{0, 3, 1, 0, 0, 0, 0, 0}}}) ==
        "no class has the new label 2, though one has 3");
  CHECK(message({{"label_map", Ints{0, -1, 0, 0, 0, 0, 0, 0}}}) ==
        "the classes that are kept have 1 label, but 2 are needed");
  CHECK(message({{"superclasses", std::string("groups")}}) ==
        eight().path() + "/train-images-idx3-ubyte has no groups to make superclasses of");
  CHECK(message({{"superclasses", std::string("random")}, {"class_sizes", Ints{3, 2, 1}}}) ==
        "class_sizes has 3 sizes, and 8 classes cannot be dealt into superclasses of 3");
  CHECK(message({{"class_sizes", Ints{3, 2}}}) ==
        "class_sizes has 2 sizes, but label 0 has 1 class");
  CHECK(
      message({{"class_sizes", Ints{60}}})
          .starts_with("class_sizes asks for 60 examples in each half of class 0 (0), which has "));
  CHECK(message({{"patch_class", int64_t{8}}}) ==
        "patch_class is 8, but the labels are from 0 to 7");
  CHECK(message({{"patch_class", int64_t{1}}, {"patch_corner", int64_t{9}}}) ==
        "a patch of 4 x 4 pixels at row and column 9 does not fit into images of 12 x 12");
  CHECK(message({{"grey", 0.5}}).ends_with("have no colour to take out: it needs 3 channels"));
  CHECK(message({{"source_names", Texts{"one", "two"}}}) ==
        "source_names names two sources, but more_images is not given");
  const ImageFolder small(40, 10);
  CHECK(message({}, small.path()) == "images of 1 x 10 x 10 (" + small.path() +
                                         "/train-images-idx3-ubyte) cannot join images of 1 x 12 "
                                         "x 12 (" +
                                         eight().path() +
                                         "/train-images-idx3-ubyte): channels x height x width "
                                         "must be equal");
}

TEST_CASE("parameters that contradict each other are refused before any image is read") {
  const auto& split = host().method("split");
  const auto refusal = [&](const Params& params) {
    std::vector<assay_value> values;
    std::map<std::string, std::vector<const char*>> strings;
    for (auto p = split.params; *p; ++p) {
      auto v = (*p)->fallback;
      if (const auto given = params.find((*p)->name); given != params.end())
        fill(v, given->second, strings[given->first]);
      values.push_back(v);
    }
    char why[300] = "";
    CHECK(split.check(values.data(), why, sizeof why) == ASSAY_INVALID_ARGUMENT);
    return std::string(why);
  };
  CHECK(refusal({{"label_map", Ints{0, 1}}, {"superclasses", std::string("groups")}}) ==
        "label_map and superclasses both give the classes new labels: set one of them");
  CHECK(refusal({{"superclasses", std::string("random")}}) ==
        "superclasses = random needs class_sizes with a size for each of its classes");
  CHECK(refusal({{"n_per_split", int64_t{9}}, {"class_sizes", Ints{3}}}) ==
        "n_per_split and class_sizes both say how many examples a half has: set one of them");
  CHECK(refusal({{"split_ratio", 0.4}, {"class_sizes", Ints{3}}}) ==
        "split_ratio does not apply with class_sizes, which gives both halves as many");
  CHECK(refusal({{"source_names", Texts{"one"}}}) ==
        "source_names must have two names, for images and for more_images");
}
