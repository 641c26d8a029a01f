#include "tests/plugins/fake_host.hpp"
#include "tests/plugins/fake_images.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace fake;

namespace {

const Host& host() {
  static const Host h(ASSAY_SSFT);
  return h;
}

struct Examples {
  std::vector<int64_t> index, label, true_label;
  std::vector<std::string> part;
  explicit Examples(const Run& run)
      : index(run.out.column("examples", "index").as<int64_t>()),
        label(run.out.column("examples", "label").as<int64_t>()),
        true_label(run.out.column("examples", "true_label").as<int64_t>()),
        part(run.out.column("examples", "part").strings) {}
  std::vector<int64_t> of(const std::string& half) const {
    std::vector<int64_t> out;
    for (size_t i = 0; i < index.size(); ++i)
      if (part[i] == half) out.push_back(index[i]);
    return out;
  }
  int64_t noisy(const std::string& half) const {
    int64_t n = 0;
    for (size_t i = 0; i < index.size(); ++i) n += part[i] == half && label[i] != true_label[i];
    return n;
  }
};

Run split(const ImageFolder& folder, const Params& params = {}) {
  return host().run("split", params, {{"images", {folder.path()}}});
}

}  // namespace

TEST_CASE("the halves are disjoint, sorted, and hold every example; B has floor(N * ratio)") {
  const ImageFolder folder(101);
  const auto run = split(folder, {{"split_ratio", 0.3}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  const Examples e(run);
  const auto a = e.of("a"), b = e.of("b");
  CHECK(b.size() == 30);
  CHECK(a.size() == 71);
  std::set<int64_t> all(a.begin(), a.end());
  all.insert(b.begin(), b.end());
  CHECK(all.size() == 101);
  CHECK(std::is_sorted(a.begin(), a.end()));
  CHECK(std::is_sorted(b.begin(), b.end()));
  CHECK(run.out.arrays.at("images_a").shape == std::vector<int64_t>{71, 12, 12});
}

TEST_CASE("noise takes exactly floor(share * N) of a half, and always another label") {
  const ImageFolder folder(200);
  for (const char* mode : {"uniform_other", "reference"}) {
    const Examples e(split(folder, {{"noise_a", 0.155}, {"noise_mode", std::string(mode)}}));
    CHECK(e.noisy("a") == 15);
    CHECK(e.noisy("b") == 0);
  }
}

TEST_CASE("the reference's noise never draws the class just below the true one") {
  const ImageFolder folder(400);
  bool below = false;
  const Examples e(split(folder, {{"noise_a", 0.9}, {"noise_mode", std::string("reference")}}));
  for (size_t i = 0; i < e.label.size(); ++i) CHECK((e.label[i] - e.true_label[i] + 4) % 4 != 3);
  const Examples any(split(folder, {{"noise_a", 0.9}}));
  for (size_t i = 0; i < any.label.size(); ++i)
    below |= (any.label[i] - any.true_label[i] + 4) % 4 == 3;
  CHECK(below);
}

TEST_CASE("the halves' noise falls on different positions") {
  const ImageFolder folder(400);
  const Examples e(split(folder, {{"noise_a", 0.25}, {"noise_b", 0.25}}));
  int64_t same = 0;
  for (size_t i = 0; i < 200; ++i)
    same += e.label[i] != e.true_label[i] && e.label[200 + i] != e.true_label[200 + i];
  CHECK(same < 25);  // 12.5 expected, 50 if the positions were shared
}

TEST_CASE("a reversed split swaps the halves and changes no label") {
  const ImageFolder folder(120);
  const Params noise{{"noise_a", 0.2}, {"noise_b", 0.1}};
  Params reversed = noise;
  reversed["reversed"] = true;
  const auto run = split(folder, noise), swapped = split(folder, reversed);
  const Examples e(run), r(swapped);
  CHECK(e.of("a") == r.of("b"));
  CHECK(e.of("b") == r.of("a"));
  CHECK(run.out.arrays.at("images_a") == swapped.out.arrays.at("images_b"));
  CHECK(e.noisy("a") == 12);
  CHECK(r.noisy("b") == 12);
}

TEST_CASE("the split's seed moves the halves, the noise's seed only the noise") {
  const ImageFolder folder(120);
  const Params noise{{"noise_a", 0.2}};
  Params other_noise = noise, other_split = noise;
  other_noise["noise_seed"] = int64_t{1};
  other_split["split_seed"] = int64_t{1};
  const Examples e(split(folder, noise)), n(split(folder, other_noise)),
      s(split(folder, other_split));
  CHECK(e.index == n.index);
  CHECK(e.label != n.label);
  CHECK(e.of("a") != s.of("a"));
}

TEST_CASE("n_per_split keeps that many of each half, the same ones that a larger number keeps") {
  const ImageFolder folder(100);
  const Examples few(split(folder, {{"n_per_split", int64_t{10}}})),
      more(split(folder, {{"n_per_split", int64_t{20}}}));
  CHECK(few.of("a").size() == 10);
  CHECK(few.of("b").size() == 10);
  const auto larger = more.of("a");
  for (const int64_t i : few.of("a")) CHECK(std::count(larger.begin(), larger.end(), i) == 1);
}

TEST_CASE("a user's own halves are taken as they are") {
  const ImageFolder folder(20);
  const auto members = folder.write("members.txt", "3 a\n7 b\n0 a\n\n19 b\n4 b\n");
  const auto run = host().run("split", {}, {{"images", {folder.path()}}, {"members", {members}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  const Examples e(run);
  CHECK(e.of("a") == std::vector<int64_t>{0, 3});
  CHECK(e.of("b") == std::vector<int64_t>{4, 7, 19});
}

TEST_CASE("bad members and halves that are too small are refused in one sentence") {
  const ImageFolder folder(20);
  const auto message = [&](const std::string& text) {
    const auto members = folder.write("members.txt", text);
    const auto run = host().run("split", {}, {{"images", {folder.path()}}, {"members", {members}}});
    CHECK(run.status == ASSAY_INVALID_ARGUMENT);
    return run.message;
  };
  CHECK(message("1 a\n2 c\n") == "line 2 of members is not `INDEX a` or `INDEX b`");
  CHECK(message("1 a\n20 b\n") == "line 2 of members: the source has 20 examples, from 0");
  CHECK(message("1 a\n1 b\n") == "line 2 of members names an example for the second time");
  CHECK(message("1 a\n2 a\n3 b\n") == "a half needs at least 2 examples, and B has 1");
  const auto run = split(folder, {{"n_per_split", int64_t{11}}});
  CHECK(run.message == "n_per_split is 11, but A has 10 examples");
}

TEST_CASE("the noise of all examples of a class is spread over the other classes") {
  // 300 draws over 3 classes: 100 each, standard deviation 8.2; 50 off has probability < 1e-8
  const ImageFolder folder(2000);
  const Examples e(split(folder, {{"noise_a", 0.3}}));
  int64_t shifts[4] = {};
  for (size_t i = 0; i < 1000; ++i) ++shifts[(e.label[i] - e.true_label[i] + 4) % 4];
  CHECK(shifts[0] == 700);
  for (int shift = 1; shift < 4; ++shift) CHECK(std::abs(shifts[shift] - 100) < 50);
}
