// Images from files: what becomes of their values, order and shape, and what is refused.
#include "plugins/diffusion/image_sets.hpp"
#include "tests/plugins/data/sample_files.hpp"

#include <algorithm>
#include <cstring>

using namespace diffusion;
using sample::Bytes;
using sample::complaint;
using sample::TempFolder;

namespace {

Bytes floats(const std::vector<float>& values) {
  Bytes bytes(values.size() * 4);
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

Data read(const TempFolder& folder, const std::string& name, int64_t size = 0, int64_t pool = 1) {
  return image_file_data({folder.path(name), "train", size, pool, 7});
}

std::vector<float> sorted(std::vector<float> x) {
  std::sort(x.begin(), x.end());
  return x;
}

}  // namespace

TEST_CASE("bytes 0 and 255 become -1 and 1, and one channel stays one") {
  TempFolder folder;
  folder.write("x.npy", sample::npy("|u1", "(1, 2, 2)", {0, 255, 51, 102}));
  const Data data = read(folder, "x.npy");
  CHECK(data.shape == std::vector<int64_t>{1, 2, 2});
  CHECK(data.x == std::vector<float>{-1, 1, 51 / 127.5f - 1, 102 / 127.5f - 1});
  CHECK(data.label.empty());
  CHECK(data.set == "images");
}

TEST_CASE("three channels stay three") {
  TempFolder folder;
  folder.write("x.npy", sample::npy("|u1", "(1, 3, 2, 1)", {1, 2, 3, 4, 5, 6}));
  const Data data = read(folder, "x.npy");
  CHECK(data.shape == std::vector<int64_t>{3, 2, 1});
  CHECK(data.x[2] == 3 / 127.5f - 1);
}

TEST_CASE("floats are taken as they are in [-1, 1], stretched from [0, 1], and as bytes above") {
  TempFolder folder;
  folder.write("a.npy", sample::npy("<f4", "(1, 2, 2)", floats({-1, 1, 0.5f, 0})));
  CHECK(read(folder, "a.npy").x == std::vector<float>{-1, 1, 0.5f, 0});
  folder.write("b.npy", sample::npy("<f4", "(1, 2, 2)", floats({0, 1, 0.5f, 0.25f})));
  CHECK(read(folder, "b.npy").x == std::vector<float>{-1, 1, 0, -0.5f});
  folder.write("c.npy", sample::npy("<f4", "(1, 2, 2)", floats({0, 255, 2, 3})));
  CHECK(read(folder, "c.npy").x == std::vector<float>{-1, 1, 2 / 127.5f - 1, 3 / 127.5f - 1});
  folder.write("d.npy", sample::npy("<f4", "(1, 2, 2)", floats({-3, 2, 0, 0})));
  CHECK(complaint([&] { read(folder, "d.npy"); }) ==
        folder.path("d.npy") +
            ": holds values from -3.000000 to 2.000000; images are bytes, or "
            "floats in [-1, 1] or [0, 1]");
}

TEST_CASE("IDX images are read with labels, and without where no file of them is beside") {
  TempFolder folder;
  folder.write("train-images-idx3-ubyte", sample::idx({2, 2, 2}, {0, 0, 0, 0, 255, 255, 255, 255}));
  CHECK(read(folder, "train-images-idx3-ubyte").label.empty());
  folder.write("train-labels-idx1-ubyte", sample::idx({2}, {0, 1}));
  const Data data = read(folder, "train-images-idx3-ubyte");
  REQUIRE(data.label.size() == 2);
  for (size_t i = 0; i < 2; ++i)  // labels go with their images into the random order
    CHECK(data.x[4 * i] == (data.label[i] == 1 ? 1 : -1));
  CHECK(read(folder, "").count() == 2);
}

TEST_CASE("a part of the images is drawn without replacement, the same again") {
  TempFolder folder;
  Bytes values;
  for (uint8_t i = 0; i < 50; ++i) values.insert(values.end(), 4, i);
  folder.write("x.npy", sample::npy("|u1", "(50, 2, 2)", values));
  const Data part = read(folder, "x.npy", 20), all = read(folder, "x.npy", 99);
  CHECK(part.count() == 20);
  CHECK(all.count() == 50);
  CHECK(part.x == read(folder, "x.npy", 20).x);
  CHECK(part.x != sorted(part.x));
  auto distinct = sorted(part.x);
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  CHECK(distinct.size() == 20);
}

TEST_CASE("pooling takes means of squares, and refuses sizes that they do not fill") {
  TempFolder folder;
  folder.write("x.npy", sample::npy("|u1", "(1, 2, 4)", {0, 255, 1, 1, 255, 0, 3, 3}));
  const Data data = read(folder, "x.npy", 0, 2);
  CHECK(data.shape == std::vector<int64_t>{1, 1, 2});
  CHECK(data.x == std::vector<float>{128 / 127.5f - 1, 2 / 127.5f - 1});
  CHECK(complaint([&] { read(folder, "x.npy", 0, 3); }) ==
        "images of 2 x 4 cannot be pooled by 3: both must be multiples of it");
}

TEST_CASE("arrays that are no images are refused") {
  TempFolder folder;
  folder.write("flat.npy", sample::npy("|u1", "(2, 2)", {1, 2, 3, 4}));
  CHECK(complaint([&] { read(folder, "flat.npy"); }) ==
        folder.path("flat.npy") + ": has the shape 2 x 2; images are (N, H, W) or (N, C, H, W)");
  folder.write("whole.npy", sample::npy("<i4", "(1, 1, 2)", Bytes(8)));
  CHECK(complaint([&] { read(folder, "whole.npy"); }) ==
        folder.path("whole.npy") + ": holds int32; images are uint8 or floats");
  folder.write("none.npy", sample::npy("|u1", "(0, 2, 2)", {}));
  CHECK(complaint([&] { read(folder, "none.npy"); }) ==
        folder.path("none.npy") + ": holds no images");
}
