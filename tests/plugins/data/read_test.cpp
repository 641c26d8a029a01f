// What each format reads as: the shapes, the values, the labels and the names.
#include "plugins/common/data/images.hpp"
#include "plugins/common/data/zip.hpp"
#include "tests/plugins/data/sample_files.hpp"

using assay::data::ImageSet;
using assay::data::Part;
using assay::data::read_images;
using sample::Bytes;
using sample::TempFolder;
using Ints = std::vector<int32_t>;

namespace {
std::vector<int64_t> shape(const ImageSet& set) {
  return {set.count, set.channels, set.height, set.width};
}
using Shape = std::vector<int64_t>;

/// Features that make_files.py derives from the ramp: x / 4 - 9.
std::vector<float> quarter_ramp(size_t n) {
  std::vector<float> values;
  for (const uint8_t v : sample::ramp(n)) values.push_back(static_cast<float>(v) / 4 - 9);
  return values;
}
}  // namespace

TEST_CASE("a gzipped Fashion-MNIST folder reads part by part, with its class names") {
  TempFolder folder;
  for (const auto& file : std::filesystem::directory_iterator(sample::kFiles + "/tiny-fashion"))
    std::filesystem::copy(file, folder.path());
  const ImageSet train = read_images(folder.path(), Part::train);
  CHECK(shape(train) == Shape{5, 1, 4, 3});
  CHECK(train.pixels == sample::ramp(60));
  CHECK(train.labels == Ints{0, 1, 2, 0, 1});
  CHECK(train.classes == 3);
  CHECK(train.class_names.empty());  // three classes are not Fashion-MNIST's ten
  const ImageSet test = read_images(folder.path(), Part::test);
  CHECK(test.pixels == sample::ramp(36));
  const ImageSet all = read_images(folder.path(), Part::all);
  CHECK(shape(all) == Shape{8, 1, 4, 3});
  CHECK(all.labels == Ints{0, 1, 2, 0, 1, 0, 1, 2});
}

TEST_CASE("raw IDX files read as packed ones do, and one file names its pair") {
  TempFolder folder;
  folder.write("emnist-letters-train-images-idx3-ubyte", sample::idx({2, 2, 2}, sample::ramp(8)));
  folder.write("emnist-letters-train-labels-idx1-ubyte", sample::idx({2}, {4, 1}));
  const std::string file = folder.path("emnist-letters-train-images-idx3-ubyte");
  for (const std::string& path : {folder.path(), file}) {
    CAPTURE(path);
    const ImageSet set = read_images(path, Part::train);
    CHECK(set.pixels == sample::ramp(8));
    CHECK(set.labels == Ints{4, 1});
    CHECK(set.classes == 5);
  }
}

TEST_CASE("ten classes below a folder named fashion have Fashion-MNIST's names") {
  TempFolder folder;
  folder.write("Fashion/train-images-idx3-ubyte", sample::idx({10, 1, 1}, sample::ramp(10)));
  folder.write("Fashion/train-labels-idx1-ubyte",
               sample::idx({10}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  const ImageSet set = read_images(folder.path("Fashion"), Part::train);
  REQUIRE(set.class_names.size() == 10);
  CHECK(set.class_names[9] == "Ankle boot");
}

TEST_CASE("labels.txt names the classes, also ones that do not occur") {
  TempFolder folder;
  folder.write("train-images-idx3-ubyte", sample::idx({2, 1, 1}, {1, 2}));
  folder.write("train-labels-idx1-ubyte", sample::idx({2}, {0, 1}));
  folder.write("labels.txt", std::string("cat\r\ndog\n\nemu\n"));
  const ImageSet set = read_images(folder.path(), Part::train);
  CHECK(set.class_names == std::vector<std::string>{"cat", "dog", "emu"});
  CHECK(set.classes == 3);
  folder.write("labels.txt", std::string("cat\n"));
  CHECK(sample::complaint([&] { read_images(folder.path(), Part::train); }) ==
        folder.path("labels.txt") + ": names 1 classes, but the data has 2");
}

TEST_CASE("stored .npz holds pixels, labels, true labels, groups and the noise mask") {
  const ImageSet set = read_images(sample::kFiles + "/images.npz", Part::train);
  CHECK(shape(set) == Shape{6, 2, 3, 4});
  CHECK(set.pixels == sample::ramp(144));
  CHECK(set.features.empty());
  CHECK(set.labels == Ints{0, 1, 2, 0, 1, 2});
  CHECK(set.true_labels == Ints{1, 2, 3, 1, 2, 3});
  CHECK(set.groups == Ints{0, 10, 20, 0, 10, 20});
  CHECK(set.noisy == Bytes{0, 1, 0, 0, 1, 0});
  CHECK(set.classes == 4);
}

TEST_CASE("deflated .npz with float64 or float16 holds features") {
  const ImageSet wide = read_images(sample::kFiles + "/features.npz", Part::train);
  CHECK(shape(wide) == Shape{6, 1, 1, 5});
  CHECK(wide.pixels.empty());
  CHECK(wide.features == quarter_ramp(30));
  const ImageSet half = read_images(sample::kFiles + "/half.npz", Part::train);
  CHECK(half.features == quarter_ramp(30));  // quarters below 64 are exact in float16
  CHECK(half.labels == Ints{0, 1, 1, 0, 1, 1});
}

TEST_CASE(".npz with x_train and x_test has two parts") {
  const std::string path = sample::kFiles + "/parts.npz";
  CHECK(shape(read_images(path, Part::train)) == Shape{4, 1, 2, 2});
  CHECK(shape(read_images(path, Part::test)) == Shape{2, 1, 2, 2});
  CHECK(read_images(path, Part::all).labels == Ints{0, 1, 2, 0, 1, 2});
}

TEST_CASE("zip64 sizes and a zip64 directory are followed") {
  Bytes bytes = assay::data::read_bytes(sample::kFiles + "/zip64.npz");
  TempFolder folder;
  folder.write("a.npz", bytes);
  // As beyond 4 GiB: the classic end record only points to the 64-bit one.
  for (size_t i = 0; i < 4; ++i) bytes[bytes.size() - 6 + i] = 0xff;
  folder.write("b.npz", bytes);
  for (const char* name : {"a.npz", "b.npz"}) {
    CAPTURE(name);
    CHECK(read_images(folder.path(name), Part::train).pixels == sample::ramp(30));
  }
}

TEST_CASE("a folder of .npy files reads like the .npz with the same arrays") {
  TempFolder folder;
  const assay::data::Bytes npz = assay::data::read_bytes(sample::kFiles + "/images.npz");
  const assay::data::Zip zip(npz, "images.npz");
  CHECK(zip.names().size() == 5);
  for (const std::string& name : zip.names()) folder.write(name, *zip.read(name));
  const ImageSet set = read_images(folder.path(), Part::all);
  CHECK(set.pixels == sample::ramp(144));
  CHECK(set.noisy == Bytes{0, 1, 0, 0, 1, 0});
  CHECK(sample::complaint([&] { read_images(folder.path(), Part::test); }) ==
        folder.path() + ": has no test part (arrays x_test and y_test)");
}

TEST_CASE("CIFAR-10 batches read in order, planar, with the names of batches.meta.txt") {
  TempFolder folder;
  folder.write("data_batch_1.bin", sample::cifar({{7}, {0}}));
  folder.write("data_batch_2.bin", sample::cifar({{9}}, 200));
  folder.write("test_batch.bin", sample::cifar({{3}}));
  folder.write("batches.meta.txt", std::string("a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n"));
  const ImageSet train = read_images(folder.path(), Part::train);
  CHECK(shape(train) == Shape{3, 3, 32, 32});
  CHECK(train.labels == Ints{7, 0, 9});
  CHECK(train.classes == 10);
  CHECK(train.class_names.at(9) == "j");
  CHECK(train.pixels[2 * 3072 - 1] == 9);
  CHECK(train.pixels[2 * 3072] == 200);
  CHECK(read_images(folder.path(), Part::all).labels == Ints{7, 0, 9, 3});
  CHECK(read_images(folder.path("test_batch.bin"), Part::train).labels == Ints{3});
}

TEST_CASE("CIFAR-100's label is the fine one and its group the coarse one") {
  TempFolder folder;
  folder.write("train.bin", sample::cifar({{19, 99}, {0, 1}}));
  folder.write("test.bin", sample::cifar({{4, 50}}));
  const ImageSet set = read_images(folder.path(), Part::all);
  CHECK(set.labels == Ints{99, 1, 50});
  CHECK(set.groups == Ints{19, 0, 4});
  CHECK(set.classes == 100);
}
