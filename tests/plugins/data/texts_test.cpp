// Texts: WordNet's glosses, words as numbers, and sets reduced to their largest classes.
#include "plugins/common/data/glosses.hpp"
#include "plugins/common/data/hashed_words.hpp"
#include "plugins/common/data/subset.hpp"
#include "tests/plugins/data/sample_files.hpp"

#include <algorithm>
#include <cmath>

using namespace assay::data;
using sample::complaint;
using sample::TempFolder;
using Ints = std::vector<int32_t>;
using Strings = std::vector<std::string>;

namespace {
const std::string kNouns =
    "  1 This software and database is being provided to you  \n"
    "00001740 03 n 01 entity 0 001 ~ 00001930 n 0000 | that which is perceived | or known  \n"
    "00002684 17 n 01 object 0 000 | a tangible entity; \"it was full of | rackets\"  \n"
    "00003553 06 n 01 whole 0 000 | an assemblage; \"how big\"; an artifact  \r\n"
    "00003554 06 n 01 odd 0 000 | \"only an example\"\n";

ImageSet read(const std::string& text) { return texts_from_wordnet(sample::view(text), "f"); }
}  // namespace

TEST_CASE("a gloss is the text from the bar to its first quote, its class the lexicographer file") {
  const ImageSet set = read(kNouns);
  CHECK(set.texts ==
        Strings{"that which is perceived | or known", "a tangible entity", "an assemblage", ""});
  CHECK(set.class_names == Strings{"noun.Tops", "noun.artifact", "noun.object"});
  CHECK(set.labels == Ints{0, 2, 1, 1});
  CHECK(set.count == 4);
}

TEST_CASE(
    "a WordNet folder reads its nouns, a file named data.verb its verbs, and none has a test "
    "part") {
  TempFolder folder;
  folder.write("data.noun", kNouns);
  const std::string verb =
      "00001740 29 v 01 breathe 0 000 01 + 02 00 | draw air into the lungs\n"
      "00001741 43 v 01 rain 0 000 01 + 02 00 | precipitate as rain\n";
  folder.write("data.verb", verb);
  const ImageSet nouns = read_images(folder.path(), Part::train);
  CHECK(nouns.has_texts());
  CHECK(nouns.count == 4);
  CHECK(read_images(folder.path("data.verb"), Part::all).class_names ==
        Strings{"verb.body", "verb.weather"});
  CHECK(complaint([&] {
          read_images(folder.path("data.noun"), Part::test);
        }).find("has no test part") != std::string::npos);
}

TEST_CASE("a malformed WordNet file is one sentence with its line") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"00001740 03 n 01 entity\n", "f: line 1 has no gloss after a bar"},
      {"  1 licence\n00001740 45 n 01 entity | x\n",
       "f: line 2 has no number of a lexicographer file, 00 to 44, as its second field"},
      {"00001740 -1 n | x\n",
       "f: line 1 has no number of a lexicographer file, 00 to 44, as its second field"},
      {"|", "f: line 1 has no number of a lexicographer file, 00 to 44, as its second field"},
      {"00001740| 3 x",
       "f: line 1 has no number of a lexicographer file, 00 to 44, as its second field"},
      {"", "f: holds no examples"},
      {"  1 licence\n", "f: holds no examples"}};
  for (const auto& [text, sentence] : cases) {
    CAPTURE(text);
    CHECK(complaint([&text = text] {
            ImageSet set = read(text);
            validate(set);
          }) == sentence);
  }
}

TEST_CASE("a WordNet file that is cut off anywhere is refused, or whole up to there") {
  for (size_t n = 0; n < kNouns.size(); ++n) {
    CAPTURE(n);
    ImageSet set;
    const std::string said = complaint([&] {
      set = read(kNouns.substr(0, n));
      validate(set);
    });
    CHECK((said.empty() || said.rfind("f: ", 0) == 0));
  }
}

TEST_CASE("a word adds one at its CRC-32, small or capital, and rows have length 1") {
  // crc32("hello") = 0x3610a686 and crc32("world") = 0x3a771143, of which the last five bits are
  // 6 and 3. Counts 2 and 1: the length is sqrt(5).
  const auto rows = hashed_words({"Hello, world -- HELLO!", "", "..."}, 32);
  REQUIRE(rows.size() == 96);
  CHECK(rows[6] == doctest::Approx(2 / std::sqrt(5.0)).epsilon(1e-6));
  CHECK(rows[3] == doctest::Approx(1 / std::sqrt(5.0)).epsilon(1e-6));
  for (size_t i = 0; i < 96; ++i)
    if (i != 3 && i != 6) CHECK(rows[i] == 0);
}

TEST_CASE("words of other alphabets stay whole, and apostrophes and hyphens part words") {
  const auto one = hashed_words({"na\xC3\xAFve"}, 1 << 16),
             two = hashed_words({"it's", "it s"}, 64);
  CHECK(std::count_if(one.begin(), one.end(), [](float v) { return v != 0; }) == 1);
  CHECK(std::equal(two.begin(), two.begin() + 64, two.begin() + 64));
  CHECK_THROWS_WITH_AS(hashed_words({"a"}, 0),
                       "words were to be hashed into 0 dimensions; at least 1 is needed",
                       std::invalid_argument);
}

TEST_CASE("the largest classes are those of the most examples, of equals the first") {
  ImageSet set;
  set.source = "f";
  set.labels = {4, 0, 2, 4, 2, 0, 4, 3};  // sizes 2, 0, 2, 1, 3
  set.classes = 5;
  CHECK(largest_classes(set, 1) == Ints{4});
  CHECK(largest_classes(set, 2) == Ints{0, 4});
  CHECK(largest_classes(set, 4) == Ints{0, 2, 3, 4});
  CHECK(complaint([&] { largest_classes(set, 5); }) ==
        "f: has examples of 4 classes, and the 5 largest were to be kept");
}

TEST_CASE("a subset has the pixels and everything else of the examples it names") {
  ImageSet set;
  set.channels = 1, set.height = 1, set.width = 2, set.count = 3;
  set.pixels = {1, 2, 3, 4, 5, 6};
  set.labels = {0, 1, 0};
  set.groups = {7, 8, 9};
  const ImageSet two = subset(set, {2, 0});
  CHECK(two.count == 2);
  CHECK(two.pixels == std::vector<uint8_t>{5, 6, 1, 2});
  CHECK(two.groups == Ints{9, 7});
  CHECK(two.noisy.empty());
}
