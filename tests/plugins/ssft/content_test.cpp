// Features and texts in place of images, from the split to the ranking.
#include "tests/plugins/fake_host.hpp"
#include "tests/plugins/fake_images.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace fake;

namespace {

const Host& host() {
  static const Host h(ASSAY_SSFT);
  return h;
}

/// 160 points around two means in three dimensions, as CSV.
std::string points() {
  assay::Stream draw(7);
  std::string text = "a,b,c,label\n";
  for (int i = 0; i < 160; ++i) {
    const int label = i % 2;
    for (int k = 0; k < 3; ++k)
      text += std::to_string((label == 0 ? -1.0 : 1.0) + draw.uniform() - 0.5) + ",";
    text += std::to_string(label) + "\n";
  }
  return text;
}

/// `count` glosses, by turns of an animal, a plant and a person, the last only every sixth time.
std::string glosses(int count) {
  std::string text = "  1 licence\n";
  for (int i = 0; i < count; ++i) {
    const int kind = i % 6 == 5 ? 2 : i % 2;
    text += std::string("00000000 ") +
            (kind == 0   ? "05"
             : kind == 1 ? "20"
                         : "18") +
            " n 01 thing 0 000 | " +
            (kind == 0   ? "a furry beast"
             : kind == 1 ? "a green herb"
                         : "someone who works") +
            " number" + std::to_string(i) + "; \"an example\"\n";
  }
  return text;
}

Run split(const ImageFolder& folder, const std::string& name, const std::string& text,
          const Params& params = {}) {
  return host().run("split", params, {{"images", {folder.write(name, text)}}});
}

/// Both stages and the score with a perceptron.
Run scored(const Run& halves) {
  const Params common{{"batch", int64_t{8}}, {"weight_decay", 0.0}};
  Params a = common, b = common;
  a.insert({{"model", std::string("mlp")}, {"epochs_a", int64_t{30}}, {"lr_a", 0.3}});
  b.insert({{"epochs_b", int64_t{4}}, {"lr_b", 0.3}});
  const Run learned = host().run("learn", a, {{"split", {halves}}});
  REQUIRE_MESSAGE(learned.ok(), learned.message);
  CHECK(learned.out.metric("accuracy") == 1);
  const Run forgotten =
      host().run("forget", b, {{"split", {halves}}, {"model", {{learned, "model"}}}});
  REQUIRE_MESSAGE(forgotten.ok(), forgotten.message);
  return host().run("score", {{"suspects", int64_t{5}}},
                    {{"split", {halves}}, {"learn", {learned}}, {"forget", {forgotten}}});
}
}  // namespace

TEST_CASE("features of a CSV file train a perceptron as the numbers they are, and have no images") {
  const ImageFolder folder(4);
  const Run halves = split(folder, "points.csv", points());
  REQUIRE_MESSAGE(halves.ok(), halves.message);
  const Item& a = halves.out.arrays.at("images_a");
  CHECK(a.shape == std::vector<int64_t>{80, 1, 3});
  const auto label = halves.out.column("examples", "label").as<int64_t>();
  const auto values = a.as<float>();
  for (size_t i = 0; i < 80; ++i) CHECK((values[3 * i] > 0) == (label[i] == 1));
  const Run score = scored(halves);
  REQUIRE_MESSAGE(score.ok(), score.message);
  CHECK(score.out.arrays.count("suspect_images") == 0);
  CHECK(score.out.texts.empty());
}

TEST_CASE("texts become hashed words, and the most suspicious are shown with their labels") {
  const ImageFolder folder(4);
  const Run halves = split(folder, "data.noun", glosses(90), {{"hash_dimensions", int64_t{512}}});
  REQUIRE_MESSAGE(halves.ok(), halves.message);
  const Item& a = halves.out.arrays.at("images_a");
  CHECK(a.shape == std::vector<int64_t>{45, 1, 512});
  const auto values = a.as<float>();
  double square = 0;
  for (size_t i = 0; i < 512; ++i) square += static_cast<double>(values[i]) * values[i];
  CHECK(square == doctest::Approx(1).epsilon(1e-6));
  // The texts follow the examples: those of A by index, then those of B.
  const auto index = halves.out.column("examples", "index").as<int64_t>();
  const auto& texts = halves.out.column("texts", "text").strings;
  REQUIRE(texts.size() == 90);
  for (size_t i = 0; i < texts.size(); ++i)
    CHECK(texts[i].substr(texts[i].rfind(' ')) == " number" + std::to_string(index[i]));
  const Run score = scored(halves);
  REQUIRE_MESSAGE(score.ok(), score.message);
  const std::string shown = score.out.texts.at("suspect_texts");
  CHECK(std::count(shown.begin(), shown.end(), '\n') == 5);
  const auto first = static_cast<size_t>(score.out.column("suspects", "index").as<int64_t>()[0]);
  CHECK(shown.find("number" + std::to_string(first) + "\n") < shown.find('\n'));
  CHECK(shown.rfind("noun.", 0) == 0);
}

TEST_CASE("the largest classes keep their examples' places in the source") {
  const ImageFolder folder(4);
  const Run halves = split(folder, "data.noun", glosses(90), {{"largest_classes", int64_t{2}}});
  REQUIRE_MESSAGE(halves.ok(), halves.message);
  CHECK(halves.out.column("classes", "name").strings ==
        std::vector<std::string>{"noun.animal", "noun.plant"});
  const auto index = halves.out.column("examples", "index").as<int64_t>();
  const auto label = halves.out.column("examples", "label").as<int64_t>();
  CHECK(index.size() == 75);
  for (size_t i = 0; i < index.size(); ++i) {
    CHECK(index[i] % 6 != 5);
    CHECK(label[i] == index[i] % 2);
  }
}

TEST_CASE("what cannot be done with features, texts or few classes is one sentence") {
  const ImageFolder folder(4);
  const Run grey = split(folder, "points.csv", points(), {{"patch_class", int64_t{1}}});
  CHECK(grey.status == ASSAY_INVALID_ARGUMENT);
  CHECK(grey.message.find("points.csv holds no images, and neither grey nor a patch") !=
        std::string::npos);
  const Run few = split(folder, "data.noun", glosses(30), {{"largest_classes", int64_t{4}}});
  CHECK(few.message.find("has examples of 3 classes, and the 4 largest were to be kept") !=
        std::string::npos);
}
