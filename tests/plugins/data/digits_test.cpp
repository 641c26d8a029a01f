// Digits in JSON: pixels, labels, and what is refused.
#include "plugins/common/data/digits.hpp"
#include "tests/plugins/data/sample_files.hpp"

#include <cstdio>

using assay::data::ImageSet;
using assay::data::Part;
using assay::data::read_images;
using sample::Bytes;
using sample::complaint;
using sample::TempFolder;

namespace {
Bytes bytes(const std::string& text) { return {text.begin(), text.end()}; }

/// `images` images whose pixels are k / 255 to three decimals, as the files have them, of the ramp.
std::string digit(size_t images) {
  std::string text = "{ \"data\": [";
  const Bytes pixels = sample::ramp(784 * images);
  for (size_t i = 0; i < pixels.size(); ++i) {
    char number[16];
    std::snprintf(number, sizeof number, "%s%.3f", i > 0 ? "," : "", pixels[i] / 255.0);
    text += number;
  }
  return text + "] }";
}

/// All ten files; one of them replaced.
ImageSet read(int which = -1, const std::string& instead = "") {
  return assay::data::images_from_digits(
      [&](const std::string& path) {
        const int k = path.at(path.size() - 6) - '0';
        return bytes(k == which ? instead : digit(k == 2 ? 3 : 1));
      },
      "f");
}
}  // namespace

TEST_CASE("a folder of ten digit files reads as bytes, with the digits as labels") {
  TempFolder folder;
  for (int k = 0; k < 10; ++k)
    folder.write(std::to_string(k) + ".json", bytes(digit(k == 2 ? 3 : 1)));
  const ImageSet set = read_images(folder.path(), Part::train);
  CHECK(set.count == 12);
  CHECK(set.height == 28);
  CHECK(set.width == 28);
  CHECK(set.labels == std::vector<int32_t>{0, 1, 2, 2, 2, 3, 4, 5, 6, 7, 8, 9});
  CHECK(set.class_names.at(7) == "7");
  CHECK(Bytes(set.pixels.begin() + 2 * 784, set.pixels.begin() + 5 * 784) == sample::ramp(3 * 784));
  CHECK(complaint([&] { read_images(folder.path(), Part::test); }) ==
        folder.path() + ": has no test part: it is all training");
}

TEST_CASE("a folder without one of the ten names the file that is missing") {
  TempFolder folder;
  folder.write("0.json", bytes(digit(1)));
  CHECK(complaint([&] {
          read_images(folder.path(), Part::train);
        }).find("1.json: cannot be read") != std::string::npos);
}

TEST_CASE("a malformed digit file is refused in one sentence") {
  const std::string form = "f/4.json: is not of the form {\"data\": [numbers from 0 to 1]}";
  for (const char* text :
       {"[]", "{}", "3", "null", "{\"date\": [0]}", "{\"data\": 0}", "{\"data\": [[0]]}",
        "{\"data\": [1.01]}", "{\"data\": [-0.1]}", "{\"data\": [255]}", "{\"data\": [true]}",
        "{\"data\": [\"0\"]}", "{\"data\": [0], \"data\": [0]}", "{\"data\": {\"data\": [0]}}"}) {
    CAPTURE(text);
    CHECK(complaint([&] { read(4, text); }) == form);
  }
  CHECK(complaint([] { read(9, "{\"data\": [0, 1]}"); }) ==
        "f/9.json: holds 2 numbers; images of 28 x 28 pixels have 784 each");
  CHECK(complaint([] { read(9, "{\"data\": []}"); }).find("holds 0 numbers") != std::string::npos);
  CHECK(complaint([] { read(0, ""); }).find("f/0.json: is not JSON from byte") == 0);
  CHECK(complaint([] { read(0, digit(1) + "x"); }).find("f/0.json: is not JSON from byte") == 0);
}

TEST_CASE("a digit file that is cut off anywhere is refused") {
  const std::string whole = digit(1);
  for (size_t n = 0; n < whole.size(); n += n < 20 || n + 20 > whole.size() ? 1 : 97) {
    CAPTURE(n);
    CHECK(complaint([&] { read(5, whole.substr(0, n)); }).rfind("f/5.json: ", 0) == 0);
  }
}
