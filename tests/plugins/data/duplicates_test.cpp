// Exact and near-duplicates.
#include "plugins/common/data/duplicates.hpp"
#include "plugins/common/data/near_duplicates.hpp"
#include "tests/plugins/data/sample_files.hpp"

#include <algorithm>
#include <cmath>
#include <random>
#include <set>

using namespace assay::data;
using sample::complaint;
using Ints = std::vector<int64_t>;
using Strings = std::vector<std::string>;

namespace {
/// `n` words of a vocabulary of a million.
std::vector<int> draw_words(std::mt19937_64& draw, int n) {
  std::vector<int> words(static_cast<size_t>(n));
  for (int& word : words) word = static_cast<int>(draw() % 1000000);
  return words;
}

std::string joined(const std::vector<int>& words) {
  std::string text;
  for (const int word : words) text += "w" + std::to_string(word) + " ";
  return text;
}

/// Jaccard's coefficient from sets of word runs, without hashes.
double by_definition(const std::vector<int>& a, const std::vector<int>& b) {
  const auto runs = [](const std::vector<int>& words) {
    std::set<std::vector<int>> set;
    for (size_t i = 0; i + 5 <= words.size(); ++i)
      set.emplace(words.begin() + static_cast<std::ptrdiff_t>(i),
                  words.begin() + static_cast<std::ptrdiff_t>(i + 5));
    return set;
  };
  const auto x = runs(a), y = runs(b);
  const auto both =
      std::count_if(x.begin(), x.end(), [&](const auto& r) { return y.count(r) > 0; });
  return static_cast<double>(both) /
         static_cast<double>(x.size() + y.size() - static_cast<size_t>(both));
}

/// The text with every word replaced with probability p.
std::vector<int> changed(std::mt19937_64& draw, std::vector<int> words, double p) {
  for (int& word : words)
    if (std::uniform_real_distribution<>()(draw) < p) word = static_cast<int>(draw() % 1000000);
  return words;
}
}  // namespace

TEST_CASE("texts are equal but for case, composition and white space") {
  CHECK(normal_text("  One\t\nTwo ") == "one two");
  CHECK(normal_text("CAFE\xCC\x81") == normal_text("caf\xC3\xA9"));
  CHECK(normal_text("stra\xC3\x9F"
                    "e") == normal_text("STRASSE"));
  CHECK(normal_text("a\xC2\xA0\xE2\x80\xA8z") == "a z");
  CHECK(normal_text("").empty());
  CHECK(exact_duplicates(Strings{"a b", "c", "A  B", "", "c", " "}) == Ints{-1, -1, 0, -1, 1, 3});
  CHECK(exact_duplicates(Strings{"C", "d"}, Strings{"x", "c", "c"}) == Ints{1, -1});
}

TEST_CASE("shingles are runs of five words, letters and digits alone") {
  CHECK(shingles("a b c d e f", 5).size() == 2);
  CHECK(shingles("A, b. (c) d-e", 5) == shingles("a b c d e", 5));
  CHECK(shingles("one two", 5).size() == 1);
  CHECK(shingles("a a a a a a a", 5).size() == 1);
  CHECK(shingles("... !", 5).empty());
  CHECK(shingles("\xD0\x94\xD0\xB0 \xE6\x97\xA5\xE6\x9C\xAC", 1).size() == 2);
}

TEST_CASE("Jaccard's coefficient of shingles is that of the definition") {
  std::mt19937_64 draw(1);
  for (const double p : {0.0, 0.01, 0.05, 0.3, 1.0}) {
    const auto a = draw_words(draw, 200), b = changed(draw, a, p);
    CAPTURE(p);
    CHECK(jaccard(shingles(joined(a), 5), shingles(joined(b), 5)) == by_definition(a, b));
  }
}

TEST_CASE("two minima are equal as often as the sets overlap") {
  // 200 pairs of J near 0.5, 128 minima each: 25600 trials, whose spread would be 0.0031 if the
  // minima of a pair were independent. A mean off by 0.016 has a probability below 1e-6.
  std::mt19937_64 draw(2);
  double expected = 0, seen = 0;
  for (int i = 0; i < 200; ++i) {
    const auto a = draw_words(draw, 300), b = changed(draw, a, 0.08);
    const auto x = shingles(joined(a), 5), y = shingles(joined(b), 5);
    expected += jaccard(x, y);
    const Signature s = signature(x, 7), t = signature(y, 7);
    for (size_t k = 0; k < s.size(); ++k) seen += s[k] == t[k] ? 1.0 / 128 : 0;
  }
  CHECK(std::abs(expected / 200 - 0.5) < 0.1);
  CHECK(std::abs(seen - expected) / 200 < 0.016);
}

TEST_CASE("near-duplicates are found with the probability of 16 bands of 8, and no others") {
  // A pair of coefficient J >= 0.8 is found with probability 1 - (1 - J^8)^16. Of 1000 pairs the
  // number found is within 5 standard deviations of the sum of that: fails once in 1e6.
  std::mt19937_64 draw(3);
  Strings originals, copies;
  std::vector<double> exact;
  for (int i = 0; i < 1000; ++i) {
    const auto a = draw_words(draw, 200), b = changed(draw, a, 0.005 + 0.03 * (i % 10) / 10);
    originals.push_back(joined(a));
    copies.push_back(joined(b));
    exact.push_back(by_definition(a, b));
  }
  const auto near = near_duplicates(copies, originals);
  double expected = 0, variance = 0;
  int found = 0;
  for (size_t i = 0; i < near.size(); ++i) {
    const double p = exact[i] < 0.8 ? 0 : 1 - std::pow(1 - std::pow(exact[i], 8), 16);
    expected += p;
    variance += p * (1 - p);
    if (near[i].of < 0) continue;
    ++found;
    CHECK(near[i].of == static_cast<int64_t>(i));
    CHECK(near[i].jaccard == exact[i]);
    CHECK(exact[i] >= 0.8);
  }
  CHECK(expected > 300);
  CHECK(expected < 900);
  CHECK(std::abs(found - expected) <= 5 * std::sqrt(variance) + 1);
}

TEST_CASE("within a set the first of near-duplicates stays, and equal seeds give equal answers") {
  std::mt19937_64 draw(4);
  const auto a = draw_words(draw, 400), b = draw_words(draw, 400);
  auto almost = a;
  almost[0] = 1000000;
  const Strings texts = {joined(a), joined(b), joined(almost), joined(a), "", ""};
  const auto near = near_duplicates(texts);
  CHECK(near[0].of == -1);
  CHECK(near[1].of == -1);
  CHECK(near[2].of == 0);
  CHECK(near[2].jaccard == doctest::Approx(395.0 / 397));
  CHECK(near[3].of == 0);
  CHECK(near[3].jaccard == 1);
  CHECK(near[5].of == -1);
  CHECK(near_duplicates(texts)[2].jaccard == near[2].jaccard);
}

TEST_CASE("near-duplicates of nothing, or with options that mean nothing, are one sentence") {
  CHECK(near_duplicates(Strings{}).empty());
  const std::string sentence =
      "near-duplicates need shingles of at least 1 word and a Jaccard coefficient above 0 and at "
      "most 1";
  CHECK(complaint([] { NearIndex({.words = 0}); }) == sentence);
  CHECK(complaint([] { NearIndex({.jaccard = 0}); }) == sentence);
  CHECK(complaint([] { NearIndex({.jaccard = 1.5}); }) == sentence);
}
