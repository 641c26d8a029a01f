// The method `data`: which images, which labels, and who counts as memorised.
#include "tests/plugins/fake_host.hpp"
#include "tests/plugins/fake_images.hpp"

#include <doctest/doctest.h>

#include <numeric>

using namespace fake;

namespace {

const Host& host() {
  static const Host h(ASSAY_LOCALIZATION);
  return h;
}

const ImageFolder& folder() {
  static const ImageFolder f(200);
  return f;
}

Run data(const Params& params, Inputs inputs = {}) {
  inputs.emplace("images", std::vector<Source>{folder().path()});
  return host().run("data", params, inputs);
}

int64_t count(const Run& run) {
  const auto flags = run.out.column("examples", "memorised").bytes;
  return std::accumulate(flags.begin(), flags.end(), int64_t{0});
}

}  // namespace

TEST_CASE("exactly floor(noise n) labels are wrong, and these examples count as memorised") {
  const auto run = data({{"n", int64_t{150}}, {"noise", 0.25}, {"n_test", int64_t{40}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto label = run.out.column("examples", "label").as<int64_t>(),
             truth = run.out.column("examples", "true_label").as<int64_t>();
  const auto flags = run.out.column("examples", "memorised").bytes;
  int64_t wrong = 0;
  for (size_t i = 0; i < label.size(); ++i) {
    CHECK((label[i] != truth[i]) == (flags[i] != 0));
    wrong += label[i] != truth[i];
  }
  CHECK(wrong == 37);
  CHECK(run.out.metric("memorised") == 37);
  CHECK(run.out.arrays.at("images").shape == std::vector<int64_t>{150, 12, 12});
  CHECK(run.out.arrays.at("images_test").shape == std::vector<int64_t>{40, 12, 12});
}

TEST_CASE("a pooled image holds the rounded means of its blocks") {
  const auto whole = data({}), half = data({{"input_pool", int64_t{2}}});
  const auto& big = whole.out.arrays.at("images").bytes;
  const auto& small = half.out.arrays.at("images").bytes;
  CHECK(half.out.arrays.at("images").shape == std::vector<int64_t>{200, 6, 6});
  for (const size_t i : {0, 7, 35, 36 * 200 - 1}) {
    const size_t image = i / 36, y = i % 36 / 6 * 2, x = i % 6 * 2, at = image * 144 + y * 12 + x;
    CHECK(small[i] == (big[at] + big[at + 1] + big[at + 12] + big[at + 13] + 2) / 4);
  }
  CHECK(data({{"input_pool", int64_t{1}}}).out == whole.out);
}

TEST_CASE("with a score file, examples below the threshold count as memorised") {
  std::string text = "score\n";
  for (int i = 0; i < 200; ++i) text += std::to_string(i / 200.0) + "\n";
  const auto path = folder().write("scores.csv", text);
  const auto run =
      data({{"memorised_by", std::string("score_file")}, {"noise", 0.0}}, {{"scores", {path}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(count(run) == 100);
  CHECK(run.out.column("examples", "memorised").bytes[99] == 1);
  CHECK(run.out.column("examples", "memorised").bytes[100] == 0);
}

TEST_CASE("bad input to data is refused with a sentence") {
  const auto why = [](const Params& params, Inputs inputs = {}) {
    const auto run = data(params, std::move(inputs));
    CHECK_FALSE(run.ok());
    return run.message;
  };
  const Params by_score{{"memorised_by", std::string("score_file")}, {"noise", 0.0}};
  CHECK(why({{"n", int64_t{201}}}) == "n is 201, but the source has 200 examples");
  CHECK(why({{"noise", 0.001}}) == "no example counts as memorised: raise noise or n");
  CHECK(why(by_score) == "memorised_by = \"score_file\" needs the input `scores`");
  const auto few = folder().write("few.txt", "0.5\n0.7\n");
  CHECK(why(by_score, {{"scores", {few}}}) ==
        few + ": has 2 scores, but there are 200 examples");
  const auto words = folder().write("words.txt", "score\n0.5\nhigh\n");
  CHECK(why(by_score, {{"scores", {words}}}) == words + ": line 3 does not end in a number");
  const ImageFolder odd(8, 14);
  CHECK(host().run("data", {{"input_pool", int64_t{4}}}, {{"images", {odd.path()}}}).message ==
        "images of 14 x 14 cannot be pooled by 4: both must be multiples of it");
}
