// Malformed files: one sentence each, at every length and for every corrupted byte.
#include "plugins/common/data/cifar.hpp"
#include "plugins/common/data/gzip.hpp"
#include "plugins/common/data/idx.hpp"
#include "plugins/common/data/npy.hpp"
#include "plugins/common/data/numpy_set.hpp"
#include "tests/plugins/data/sample_files.hpp"

#include <algorithm>
#include <functional>
#include <iterator>

using namespace assay::data;
using sample::complaint;
using sample::TempFolder;

namespace {
/// The file as it is: read_bytes would unpack gzip.
Bytes file(const std::string& name) {
  std::ifstream in(sample::kFiles + "/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Every proper prefix of `whole` is refused with a sentence that begins with the path.
void check_prefixes(const Bytes& whole, const std::function<void(View)>& read) {
  REQUIRE(!whole.empty());
  for (size_t n = 0; n < whole.size(); ++n) {
    const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n));
    CAPTURE(n);
    CHECK(complaint([&] { read(cut); }).rfind("f: ", 0) == 0);
  }
}

/// Each byte in turn replaced: the reader refuses the file or returns a set that is whole.
void check_corruptions(const Bytes& whole, const std::function<ImageSet(View)>& read) {
  for (size_t i = 0; i < whole.size(); ++i)
    for (const int change : {1, 0x80, 0xff}) {
      Bytes bad = whole;
      bad[i] = static_cast<uint8_t>(bad[i] ^ change);
      CAPTURE(i);
      CAPTURE(change);
      ImageSet set;
      const std::string said = complaint([&] { set = read(bad); });
      if (said.empty()) CHECK_NOTHROW(validate(set));
    }
}

const Bytes kImages = sample::idx({3, 2, 2}, sample::ramp(12)),
            kLabels = sample::idx({3}, {0, 1, 2});
ImageSet idx_set(View images) { return images_from_idx(images, "f", kLabels, "labels"); }
ImageSet npz_set(View bytes) { return images_from_npz(bytes, Part::train, "f"); }
}  // namespace

TEST_CASE("an IDX file that is cut off anywhere is refused") {
  CHECK(idx_set(kImages).count == 3);
  check_prefixes(kImages, idx_set);
  check_corruptions(kImages, idx_set);
}

TEST_CASE("a .npz file that is cut off anywhere is refused, and a corrupt one never misread") {
  for (const char* name : {"images.npz", "features.npz", "zip64.npz"}) {
    CAPTURE(name);
    check_prefixes(file(name), npz_set);
    check_corruptions(file(name), npz_set);
  }
}

TEST_CASE("a .npy file that is cut off anywhere is refused") {
  check_prefixes(sample::npy("<f4", "(2, 1)", Bytes(8)), [](View b) { parse_npy(b, "f"); });
}

TEST_CASE("a gzip file that is cut off anywhere is refused, and its members join") {
  const Bytes packed = file("tiny-fashion/train-images-idx3-ubyte.gz");
  const Bytes plain = gunzip(packed, "f");
  CHECK(plain == sample::idx({5, 4, 3}, sample::ramp(60)));
  check_prefixes(packed, [](View b) { gunzip(b, "f"); });
  Bytes twice = packed;
  twice.insert(twice.end(), packed.begin(), packed.end());
  CHECK(gunzip(twice, "f").size() == 2 * plain.size());
  twice.back() ^= 1;  // the last member's length
  CHECK(complaint([&] { gunzip(twice, "f"); }) == "f: holds corrupt compressed data");
  Bytes tail = packed;
  tail.push_back('x');
  CHECK(complaint([&] { gunzip(tail, "f"); }) == "f: has 1 bytes after its gzip data");
}

TEST_CASE("a malformed IDX file is one sentence") {
  const std::vector<std::pair<Bytes, std::string>> cases = {
      {{1, 2, 8, 3, 0}, "is not an IDX file: its first two bytes are not 0"},
      {sample::idx({1, 1}, {0, 0, 0, 0}, 0x0d),
       "holds 32-bit floats; an image set in IDX holds unsigned bytes"},
      {sample::idx({1, 1}, {0}, 0x42),
       "holds values of the unknown type 66; an image set in IDX holds unsigned bytes"},
      {sample::idx({}, {}), "has 0 dimensions; an image set has 1 to 4"},
      {sample::idx({1, 1, 1, 1, 1}, {0}), "has 5 dimensions; an image set has 1 to 4"},
      {sample::idx({~0U, ~0U, ~0U}, {}),
       "claims the impossible shape 4294967295 x 4294967295 x 4294967295"},
      {sample::idx({60000, 28, 28}, {1}),
       "promises 60000 x 28 x 28 bytes in its header and holds 1"},
      {kLabels, "has 1 dimension; images have 2 to 4 (is this the label file?)"},
      {sample::idx({2, 1, 1}, {1, 2}), "holds 2 images, but labels holds 3 labels"},
  };
  for (const auto& [bytes, sentence] : cases)
    CHECK(complaint([&, &b = bytes] { idx_set(b); }) == "f: " + sentence);
}

TEST_CASE("a malformed .npy file is one sentence") {
  const Bytes eight(8);
  const std::string ok = "'descr': '<f8', 'shape': (1,)";
  const std::vector<std::pair<Bytes, std::string>> cases = {
      {Bytes(64), "is not a .npy file"},
      {sample::npy("<f8", "(2,)", eight),
       "promises 2 values of float64 (16 bytes) and holds 8 bytes"},
      {sample::npy("<f8", "(4611686018427387904, 4)", eight),
       "claims the impossible shape 4611686018427387904 x 4"},
      {sample::npy("<f8", "(99999999999999999999,)", eight), "has a malformed .npy header"},
      {sample::npy("<f8", "(-1,)", eight), "has a malformed .npy header"},
      {sample::npy(">f8", "(1,)", eight),
       "holds big-endian numbers; save it as little-endian, e.g. x.astype('<f8')"},
      {sample::npy("<c8", "(1,)", eight),
       "has the unsupported dtype <c8; use integers, bool or floats of at most 64 bits"},
      {sample::npy("|O", "(1,)", eight),
       "has the unsupported dtype |O; use integers, bool or floats of at most 64 bits"},
      {sample::npy("{'descr': [('a', '<f4')], 'shape': (1,)}", eight),
       "holds records, not plain numbers"},
      {sample::npy("{'descr': '<f8', 'fortran_order': True, 'shape': (1, 1)}", eight),
       "is stored in Fortran order; save np.ascontiguousarray(x)"},
      {sample::npy("{'descr': '<f8'}", eight), "has a malformed .npy header"},
      {sample::npy("{" + ok + ", 'more': 1}", eight), "has a malformed .npy header"},
      {sample::npy("{" + ok, eight), "has a malformed .npy header"},
  };
  for (const auto& [bytes, sentence] : cases)
    CHECK(complaint([&, &b = bytes] { parse_npy(b, "f"); }) == "f: " + sentence);
  CHECK(parse_npy(sample::npy("{" + ok + "}", eight), "f").shape == std::vector<int64_t>{1});
}

TEST_CASE("arrays that are no data set are refused by name") {
  const Bytes x = sample::npy("|u1", "(2, 3)", Bytes(6)), y = sample::npy("|u1", "(2,)", {0, 1});
  const auto read = [](const std::vector<std::pair<std::string, Bytes>>& arrays) {
    return complaint([&] {
      images_from_arrays(
          [&](const std::string& name) -> std::optional<Bytes> {
            for (const auto& [key, bytes] : arrays)
              if (key == name) return bytes;
            return std::nullopt;
          },
          Part::all, "f");
    });
  };
  CHECK(read({{"x", x}, {"y", y}}).empty());
  CHECK(read({{"y", y}}) == "f: has no array x");
  CHECK(read({{"x", x}}) == "f: has no array y of labels");
  CHECK(read({{"x", y}, {"y", y}}) ==
        "f: x has the shape 2; it must be (N, D), (N, H, W) or (N, C, H, W)");
  CHECK(read({{"x", sample::npy("<i2", "(2, 1)", Bytes(4))}, {"y", y}}) ==
        "f: x has dtype int16; it must be uint8 (images) or a float type (features)");
  CHECK(read({{"x", sample::npy("<f2", "(2, 1)", {0, 0, 0, 0x7c})}, {"y", y}}) ==
        "f: x holds a value that is not a finite 32-bit float, at flat index 1");
  CHECK(read({{"x", x}, {"y", sample::npy("|u1", "(3,)", Bytes(3))}}) ==
        "f: x has 2 examples, but y has 3");
  CHECK(read({{"x", x}, {"y", sample::npy("|i1", "(2,)", {0, 255})}}) ==
        "f: y[1] is -1; it must be from 0 to 999999");
  CHECK(read({{"x", x}, {"y", sample::npy("<f4", "(2,)", Bytes(8))}}) ==
        "f: y has dtype float32; it must be whole numbers: save y.astype('int64')");
  CHECK(read({{"x", x}, {"y", sample::npy("|u1", "(2, 1)", {0, 1})}}) ==
        "f: y has the shape 2 x 1; it must have one dimension");
  CHECK(read({{"x", x}, {"y", y}, {"noisy", sample::npy("|u1", "(2,)", {0, 2})}}) ==
        "f: noisy[1] is 2; it must be from 0 to 1");
  CHECK(read({{"x_train", x}, {"y_train", y}}) == "f: has no array x_test");
}

TEST_CASE("a malformed CIFAR batch is one sentence") {
  const auto read = [](const Bytes& bytes, Cifar kind) {
    return complaint([&] { images_from_cifar(bytes, kind, "f"); });
  };
  CHECK(read(sample::cifar({{3}, {10}}), Cifar::ten) ==
        "f: record 1 has the label 10; it must be below 10");
  CHECK(read(sample::cifar({{20, 3}}), Cifar::hundred) ==
        "f: record 0 has the coarse label 20; it must be below 20");
  CHECK(read(sample::cifar({{3, 100}}), Cifar::hundred) ==
        "f: record 0 has the label 100; it must be below 100");
  Bytes cut = sample::cifar({{3}});
  cut.pop_back();
  CHECK(read(cut, Cifar::ten) ==
        "f: has 3072 bytes, which is not a multiple of 3073, a record of CIFAR-10");
  CHECK(read({}, Cifar::hundred) ==
        "f: has 0 bytes, which is not a multiple of 3074, a record of CIFAR-100");
}

TEST_CASE("a zip member that lies about its size does not make the reader allocate it") {
  Bytes bytes = file("features.npz");
  const std::string central = "PK\x01\x02";
  const auto at = std::search(bytes.begin(), bytes.end(), central.begin(), central.end());
  REQUIRE(at != bytes.end());
  std::fill(at + 24, at + 28, uint8_t{0xf0});  // the unpacked size of x.npy: 3.8 GiB
  CHECK(complaint([&] { npz_set(bytes); }).find("claims to unpack to 4042322160 bytes") !=
        std::string::npos);
}

TEST_CASE("a path that holds no data set is one sentence") {
  TempFolder folder;
  const auto read = [&](const std::string& name, Part part = Part::train) {
    return complaint([&] { read_images(folder.path(name), part); });
  };
  const auto at = [&](const std::string& name) { return folder.path(name) + ": "; };
  CHECK(read("nothing") == at("nothing") + "does not exist");
  folder.write("a.txt", std::string("1,2"));
  CHECK(read("a.txt") ==
        at("a.txt") +
            "is of an unknown format; known are .npz, .csv, .bin (CIFAR), *-ubyte[.gz] "
            "(IDX) and data.noun (WordNet)");
  CHECK(read("").find("holds no data set that is known: train-images-idx3-ubyte[.gz]") !=
        std::string::npos);
  folder.write("t.csv", std::string("1,0\n"));
  CHECK(read("t.csv", Part::test) == at("t.csv") + "has no test part: a CSV file is all training");
  folder.write("m/train-images-idx3-ubyte", kImages);
  CHECK(read("m") ==
        at("m/train-images-idx3-ubyte") + "has no label file beside it (train-labels-idx1-ubyte)");
  CHECK(read("m", Part::test) == at("m") + "has no t10k-images-idx3-ubyte[.gz]");
  folder.write("m/letters-train-images-idx3-ubyte", kImages);
  CHECK(read("m") == at("m") +
                         "has several image files: letters-train-images-idx3-ubyte, "
                         "train-images-idx3-ubyte; name the file instead of the folder");
  folder.write("e/x.npy", sample::npy("|u1", "(0, 3)", {}));
  folder.write("e/y.npy", sample::npy("|u1", "(0,)", {}));
  CHECK(read("e") == at("e") + "holds no examples");
  folder.write("c/data_batch_1.bin", sample::cifar({{1}}));
  CHECK(read("c", Part::test) == at("c") + "has no test_batch.bin");
}

TEST_CASE("a set from elsewhere is checked like one that was read") {
  ImageSet set;
  set.source = "s";
  set.count = 2;
  set.channels = set.height = set.width = 1;
  set.pixels = {1, 2};
  set.labels = {0, 4};
  const auto said = [](ImageSet s) { return complaint([&] { validate(s); }); };
  CHECK(said(set).empty());
  ImageSet bad = set;
  bad.classes = 3;
  CHECK(said(bad) == "s: has the label 4, but only 3 classes");
  bad = set;
  bad.labels = {0, -1};
  CHECK(said(bad) == "s: has the label -1; labels are from 0 to 999999");
  bad = set;
  bad.groups = {1};
  CHECK(said(bad) == "s: has 2 examples, but 1 values of group");
  bad = set;
  bad.pixels = {1};
  CHECK(said(bad) == "s: holds 1 values where its shape asks for 2");
  bad = set;
  bad.count = 0;
  CHECK(said(bad) == "s: holds no examples");
  ImageSet other = set;
  other.width = 2;
  CHECK(complaint([&] { append(set, other); }) ==
        "s: holds examples of another shape or kind than s");
}
