// PNG images: every colour type as it is published, folders of them, and what is refused. The
// files are put together here by the format's description, without libpng.
#include "plugins/common/data/png.hpp"
#include "tests/plugins/data/sample_files.hpp"

#include <zlib.h>

using namespace assay::data;
using sample::complaint;
using sample::TempFolder;

namespace {

Bytes big32s(std::initializer_list<uint32_t> values) {
  Bytes out;
  for (const uint32_t v : values)
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<uint8_t>(v >> shift));
  return out;
}

void add(Bytes& to, const Bytes& more) { to.insert(to.end(), more.begin(), more.end()); }

Bytes chunk(const std::string& type, const Bytes& content) {
  Bytes named(type.begin(), type.end());
  add(named, content);
  Bytes out = big32s({static_cast<uint32_t>(content.size())});
  add(out, named);
  const auto crc = crc32(0, named.data(), static_cast<uInt>(named.size()));
  add(out, big32s({static_cast<uint32_t>(crc)}));
  return out;
}

enum Colour : uint8_t { grey = 0, rgb = 2, palette = 3, grey_alpha = 4, rgb_alpha = 6 };

/// `rows` are the unpacked data: each row (of each pass) after its filter byte.
Bytes png(uint32_t width, uint32_t height, uint8_t bits, Colour colour, const Bytes& rows,
          const Bytes& chunks_before = {}, bool interlaced = false) {
  Bytes header = big32s({width, height});
  add(header, {bits, colour, 0, 0, interlaced});
  Bytes packed(compressBound(static_cast<uLong>(rows.size())));
  uLongf size = packed.size();
  if (compress(packed.data(), &size, rows.data(), static_cast<uLong>(rows.size())) != Z_OK)
    throw std::runtime_error("zlib failed");
  packed.resize(size);
  Bytes out{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  add(out, chunk("IHDR", header));
  add(out, chunks_before);
  add(out, chunk("IDAT", packed));
  add(out, chunk("IEND", {}));
  return out;
}

const Bytes kGrey = png(3, 2, 8, grey, {0, 1, 2, 3, 0, 4, 5, 6});
const Bytes kPalette = chunk("PLTE", {9, 8, 7, 6, 5, 4});

}  // namespace

TEST_CASE("grey images have one channel, whatever their depth") {
  const PngImage eight = parse_png(kGrey, "f");
  CHECK(eight.channels == 1);
  CHECK(eight.height == 2);
  CHECK(eight.width == 3);
  CHECK(eight.pixels == Bytes{1, 2, 3, 4, 5, 6});
  CHECK(parse_png(png(3, 1, 1, grey, {0, 0b10100000}), "f").pixels == Bytes{255, 0, 255});
  CHECK(parse_png(png(3, 1, 4, grey, {0, 0x0f, 0x80}), "f").pixels == Bytes{0, 255, 136});
}

TEST_CASE("16 bits become the nearest 8") {
  // v / 257: 0x0080 is 0.498, 0x0081 is 0.502, 0xff7e is 254.498, 0xff7f is 254.502.
  const Bytes row{0, 0x00, 0x80, 0x00, 0x81, 0xff, 0x7e, 0xff, 0x7f};
  CHECK(parse_png(png(4, 1, 16, grey, row), "f").pixels == Bytes{0, 1, 254, 255});
}

TEST_CASE("colours and palettes have three planes") {
  const PngImage colours = parse_png(png(2, 1, 8, rgb, {0, 1, 2, 3, 4, 5, 6}), "f");
  CHECK(colours.channels == 3);
  CHECK(colours.pixels == Bytes{1, 4, 2, 5, 3, 6});
  CHECK(parse_png(png(3, 1, 1, palette, {0, 0b01000000}, kPalette), "f").pixels ==
        Bytes{9, 6, 9, 8, 5, 8, 7, 4, 7});
}

TEST_CASE("an opacity of 255 everywhere is left out; any other is refused") {
  CHECK(parse_png(png(1, 1, 8, rgb_alpha, {0, 1, 2, 3, 255}), "f").pixels == Bytes{1, 2, 3});
  CHECK(parse_png(png(2, 1, 8, grey_alpha, {0, 7, 255, 8, 255}), "f").pixels == Bytes{7, 8});
  const std::string form = "f: has transparent pixels; put it on a background first";
  CHECK(complaint([] { parse_png(png(1, 1, 8, rgb_alpha, {0, 1, 2, 3, 254}), "f"); }) == form);
  CHECK(complaint([] { parse_png(png(2, 1, 8, grey_alpha, {0, 7, 255, 8, 0}), "f"); }) == form);
  Bytes chunks = kPalette;
  add(chunks, chunk("tRNS", {255, 3}));
  CHECK(complaint([&] { parse_png(png(1, 1, 1, palette, {0, 0x80}, chunks), "f"); }) == form);
}

TEST_CASE("a gamma in the file does not change the samples") {
  const Bytes gamma = chunk("gAMA", big32s({100000}));
  CHECK(parse_png(png(3, 1, 8, grey, {0, 10, 100, 200}, gamma), "f").pixels == Bytes{10, 100, 200});
}

TEST_CASE("an interlaced image is put together") {
  // Of 2 x 2 pixels, pass 1 has the first, pass 6 the rest of its row, pass 7 the second row.
  CHECK(parse_png(png(2, 2, 8, grey, {0, 1, 0, 2, 0, 3, 4}, {}, true), "f").pixels ==
        Bytes{1, 2, 3, 4});
}

TEST_CASE("a PNG that is cut off anywhere, or has a wrong bit, is refused in a sentence") {
  for (size_t n = 0; n < kGrey.size(); ++n) {
    CAPTURE(n);
    const Bytes cut(kGrey.begin(), kGrey.begin() + static_cast<std::ptrdiff_t>(n));
    CHECK(complaint([&] { parse_png(cut, "f"); }).rfind("f: ", 0) == 0);
  }
  for (size_t i = 0; i < kGrey.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      Bytes bad = kGrey;
      bad[i] = static_cast<uint8_t>(bad[i] ^ (1 << bit));
      PngImage image;
      const std::string said = complaint([&] { image = parse_png(bad, "f"); });
      CAPTURE(i);
      CHECK((said.rfind("f: ", 0) == 0 || image.pixels.size() == 6));
    }
}

TEST_CASE("dimensions that no image here has are refused before memory is asked for") {
  CHECK(complaint([] {
          parse_png(png(0x7fffffff, 0x7fffffff, 16, rgb_alpha, {0}), "f");
        }).find("f: cannot be decoded: ") == 0);
  CHECK(complaint([] { parse_png(png(4097, 1, 8, grey, {0}), "f"); }).find("f: cannot be") == 0);
  CHECK(complaint([] { parse_png(png(0, 1, 8, grey, {0}), "f"); }).find("f: cannot be") == 0);
  CHECK(complaint([] { parse_png(png(4096, 4096, 8, grey, {0}), "f"); }) ==
        "f: cannot be decoded: Not enough image data");
}

TEST_CASE("a file that is no PNG is called that") {
  CHECK(complaint([] { parse_png(Bytes{}, "f"); }) == "f: is no PNG image");
  CHECK(complaint([] { parse_png(sample::ramp(100), "f"); }) == "f: is no PNG image");
}

TEST_CASE("a folder of PNG files is a set of one class, in the order of their names") {
  TempFolder folder;
  folder.write("b.png", kGrey);
  folder.write("a.png", png(3, 2, 8, grey, {0, 9, 9, 9, 0, 9, 9, 8}));
  folder.write("notes.txt", std::string("not an image"));
  const ImageSet set = read_images(folder.path(), Part::train);
  CHECK(set.count == 2);
  CHECK(set.classes == 1);
  CHECK(set.pixels == Bytes{9, 9, 9, 9, 9, 8, 1, 2, 3, 4, 5, 6});
  CHECK(complaint([&] { read_images(folder.path(), Part::test); }) ==
        folder.path() + ": has no test part: it is all training");
}

TEST_CASE("subfolders of PNG files are classes") {
  TempFolder folder;
  folder.write("dogs/1.png", kGrey);
  folder.write("cats/1.png", kGrey);
  folder.write("cats/2.png", kGrey);
  const ImageSet set = read_images(folder.path(), Part::all);
  CHECK(set.class_names == std::vector<std::string>{"cats", "dogs"});
  CHECK(set.labels == std::vector<int32_t>{0, 0, 1});
}

TEST_CASE("images of two shapes in a folder are refused by name") {
  TempFolder folder;
  folder.write("a.png", kGrey);
  folder.write("b.png", png(2, 1, 8, rgb, {0, 1, 2, 3, 4, 5, 6}));
  CHECK(complaint([&] { read_images(folder.path(), Part::all); }) ==
        folder.path("b.png") + ": is 3 x 1 x 2, but " + folder.path("a.png") +
            " is 1 x 2 x 3; the images of a set have one shape");
}
