// CSV: headers, quotes, text labels, and what is refused.
#include "plugins/common/data/csv.hpp"
#include "tests/plugins/data/sample_files.hpp"

using assay::data::images_from_csv;
using assay::data::ImageSet;
using Ints = std::vector<int32_t>;
using Floats = std::vector<float>;

namespace {
ImageSet read(const std::string& text) { return images_from_csv(sample::view(text), "t.csv"); }
}  // namespace

TEST_CASE("a CSV with a header has its special columns wherever they stand") {
  const ImageSet set = read(
      "a,label,group,b,true_label,noisy\n"
      "1.5,0,7,-2e3,1,1\n"
      "+3, 2 ,8,.5,2,0\n");
  CHECK(set.count == 2);
  CHECK(set.width == 2);
  CHECK(set.features == Floats{1.5F, -2000, 3, 0.5F});
  CHECK(set.labels == Ints{0, 2});
  CHECK(set.true_labels == Ints{1, 2});
  CHECK(set.groups == Ints{7, 8});
  CHECK(set.noisy == std::vector<uint8_t>{1, 0});
}

TEST_CASE("without a header the last column is the label") {
  const ImageSet set = read(
      "\xEF\xBB\xBF"
      "1,2,0\r\n\r\n3,4,1\r\n5,6,0");
  CHECK(set.features == Floats{1, 2, 3, 4, 5, 6});
  CHECK(set.labels == Ints{0, 1, 0});
}

TEST_CASE("text labels become classes in alphabetical order, shared with true_label") {
  const ImageSet set = read(
      "width,label,true_label\n1,virginica,setosa\n2,\"set,osa\",virginica\n3,setosa,setosa\n");
  CHECK(set.class_names == std::vector<std::string>{"set,osa", "setosa", "virginica"});
  CHECK(set.labels == Ints{2, 0, 1});
  CHECK(set.true_labels == Ints{1, 2, 1});
  CHECK(set.classes == 3);
  CHECK(read("5.1,3.5,b\n4.9,3,a\n").labels == Ints{1, 0});
}

TEST_CASE("quoted fields may hold quotes, commas and line breaks") {
  const ImageSet set = read("x,label\n1,\"a\"\"b\nc\"\n2,d\n");
  CHECK(set.class_names == std::vector<std::string>{"a\"b\nc", "d"});
}

TEST_CASE("a malformed CSV is one sentence with its line") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "is empty"},
      {"\n\n", "is empty"},
      {"a,b\n1,2\n", "line 1 is a header without a column label"},
      {"label\n1\n", "line 1 has no column of features"},
      {"x,label,label\n1,2,3\n", "line 1 names two columns label"},
      {"x,label\n1,0\n2\n", "line 3 has 1 fields; the first row has 2"},
      {"x,label\n\nmany,0\n", "line 3 has \"many\" in column \"x\"; features are finite numbers"},
      {"x,label\n1,0\n,0\n", "line 3 has \"\" in column \"x\"; features are finite numbers"},
      {"x,label\nnan,0\n", "line 2 has \"nan\" in column \"x\"; features are finite numbers"},
      {"1,0\n1e99,0\n", "line 2 has \"1e99\" in column \"1\"; features are finite numbers"},
      {"x,label\n1,-1\n",
       "line 2 has the label \"-1\"; it must be a whole number from 0 to 999999"},
      {"x,label\n1,0.5\n",
       "line 2 has the label \"0.5\"; it must be a whole number from 0 to 999999"},
      {"x,label\n1,0\n1,cat\n",
       "line 3 has the label \"cat\"; it must be a whole number from 0 to 999999"},
      {"x,label,noisy\n1,0,2\n",
       "line 2 has the noisy \"2\"; it must be a whole number from 0 to 1"},
      {"x,label\n1,a\n1,\n", "line 3 has an empty label"},
      {"x,label\n1,\"a\n2,b\n", "line 2 opens a quote that is never closed"},
      {"x,label\n1,\"a\"b\n", "line 2 has text after a closing quote"},
  };
  for (const auto& [text, sentence] : cases) {
    CAPTURE(text);
    CHECK(sample::complaint([&] { read(text); }) == "t.csv: " + sentence);
  }
}
