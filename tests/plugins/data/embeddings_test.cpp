// Word vectors as text and as JSON.
#include "plugins/common/data/embeddings.hpp"
#include "tests/plugins/data/sample_files.hpp"

using namespace assay::data;
using sample::complaint;
using sample::TempFolder;
using Floats = std::vector<float>;
using Strings = std::vector<std::string>;

namespace {
Embeddings read(const std::string& content) {
  static TempFolder folder;
  folder.write("e", content);
  std::string said;
  Embeddings out;
  try {
    out = read_embeddings(folder.path("e"));
  } catch (const std::invalid_argument& e) {
    // The path is random: leave it out.
    throw std::invalid_argument(std::string(e.what()).substr(folder.path("e").size() + 2));
  }
  return out;
}
}  // namespace

TEST_CASE("text vectors: the last numbers of a line are the vector, before them is the word") {
  const Embeddings e = read("the 1 -0.5\r\n. . . 2e-1 3\nthe 9 9\n\xC3\xA9\t0 1\n");
  CHECK(e.words == Strings{"the", ". . .", "\xC3\xA9"});
  CHECK(e.dimensions == 2);
  CHECK(e.values == Floats{1, -0.5F, 0.2F, 3, 0, 1});
  CHECK(e.find(". . .") == 1);
  CHECK(e.find("The") == -1);
  CHECK(Floats(e.row(1).begin(), e.row(1).end()) == Floats{0.2F, 3});
}

TEST_CASE("word2vec's first line of two numbers is no word") {
  const Embeddings e = read("2 3\na 1 2 3 \nb 4 5 6 \n");
  CHECK(e.words == Strings{"a", "b"});
  CHECK(e.dimensions == 3);
}

TEST_CASE("a first word that is a brace is a word of text vectors") {
  const Embeddings e = read("{ 1 2\n} 3 4\n");
  CHECK(e.words == Strings{"{", "}"});
  CHECK(e.values == Floats{1, 2, 3, 4});
}

TEST_CASE("JSON vectors: an object of lists, or one within, cut to its dimensions") {
  CHECK(read("{\"a\": [1, 2], \"b\": [3, 4]}").values == Floats{1, 2, 3, 4});
  const std::string words = "\"words\": [\"b\", \"a\"], ", unknown = "\"unkVector\": [0, 0, 0, -1]",
                    vectors = "\"vectors\": {\"b\": [1, 2, 2.2, 0], \"a\": [3, 4, 5, 1]}, ";
  for (const std::string& content :
       {"{\"dimensions\": 2, " + words + vectors + unknown + "}",
        "{" + unknown + ", " + words + vectors + "\"dimensions\": 2}"}) {
    CAPTURE(content);
    const Embeddings e = read(content);
    CHECK(e.words == Strings{"b", "a"});
    CHECK(e.dimensions == 2);
    CHECK(e.values == Floats{1, 2, 3, 4});
    CHECK(e.find("a") == 1);
  }
}

TEST_CASE("malformed vectors are one sentence with the line") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "holds no vectors"},
      {"{}", "holds no vectors"},
      {"word\n", "line 1 has vectors of 0 dimensions; 1 to 65536 are possible"},
      {"5 0\n", "line 1 has vectors of 0 dimensions; 1 to 65536 are possible"},
      {"a 1 2\nb 1 x\n", "line 2 has \"x\" where the vector of 2 dimensions has number 2"},
      {"a 1 2\n\nb 1\n", "line 3 has \"b\" where the vector of 2 dimensions has number 1"},
      {"a 1 2\n2\n", "line 2 has \"\" where the vector of 2 dimensions has number 1"},
      {"a 1 2\n 1 2\n", "line 2 has no word before its 2 numbers"},
      {"a 1 nan\n", "line 1 has \"nan\" where the vector of 2 dimensions has number 2"},
      {"a 1 1e99\n", "line 1 has \"1e99\" where the vector of 2 dimensions has number 2"},
      {"{\"a\": [1],\n\"b\": [1, 2]}",
       "line 2 has a vector of 2 numbers for \"b\"; the first has 1"},
      {"{\"a\": []}", "line 1 has an empty vector for \"a\""},
      {"{\"a\": [1, \"x\"]}", "line 1 has '\"' where JSON needs a number"},
      {"{\"a\": [1e39]}", "line 1 has a number that is too large for float32"},
      {"{\"a\": [1], \"b\": 2}",
       "has \"b\", which is no list of numbers, and no object \"vectors\""},
      {"{\"a\": [1], \"b\": [\"x\"]}",
       "has \"b\", which is no list of numbers, and no object \"vectors\""},
      {"{\"dimensions\": 3, \"vectors\": {\"a\": [1, 2]}}",
       "says that vectors have 3 dimensions; they have 2"},
      {"{\"dimensions\": 0.5}",
       "line 1 has a number of dimensions that is no whole number from 1 to 65536"},
      {"{\"vectors\": {\"a\": [1, 2]}", "line 1 has the end where JSON needs a comma or '}'"}};
  for (const auto& [content, sentence] : cases) {
    CAPTURE(content);
    CHECK(complaint([&content = content] { read(content); }) == sentence);
  }
}
