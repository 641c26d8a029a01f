#include "plugins/common/data/png.hpp"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <filesystem>
#include <png.h>

namespace assay::data {
namespace {
namespace fs = std::filesystem;

/// A file that is being decoded. libpng reports errors by a jump, so the functions that call it
/// hold nothing with a destructor.
struct Decoder {
  View rest;
  png_structp png = nullptr;
  png_infop info = nullptr;
  char error[128] = "";

  explicit Decoder(View bytes) : rest(bytes) {}
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() { png_destroy_read_struct(&png, &info, nullptr); }
};

void take(png_structp png, png_bytep to, size_t n) {
  auto& decoder = *static_cast<Decoder*>(png_get_io_ptr(png));
  if (decoder.rest.size() < n) png_error(png, "the file is cut off");
  std::copy_n(decoder.rest.data(), n, to);
  decoder.rest = decoder.rest.subspan(n);
}

[[noreturn]] void fail(png_structp png, const char* what) {
  auto& decoder = *static_cast<Decoder*>(png_get_error_ptr(png));
  std::snprintf(decoder.error, sizeof decoder.error, "%s", what);
  png_longjmp(png, 1);
}

void ignore(png_structp, const char*) {}

/// Reads the header and asks for 8 bits, without palettes; false: decoder.error says why not.
bool open(Decoder& d) {
  d.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &d, fail, ignore);
  if (d.png) d.info = png_create_info_struct(d.png);
  if (!d.info) return false;
  if (setjmp(png_jmpbuf(d.png))) return false;
  png_set_read_fn(d.png, &d, take);
  png_set_user_limits(d.png, kLargestPng, kLargestPng);
  png_read_info(d.png, d.info);
  png_set_expand(d.png);    // palettes, fewer than 8 bits, a transparent colour
  png_set_scale_16(d.png);  // rounds
  png_set_interlace_handling(d.png);
  png_read_update_info(d.png, d.info);
  return true;
}

/// All rows, into memory of the height and the row size that `open` found.
bool read_rows(Decoder& d, png_bytepp rows) {
  if (setjmp(png_jmpbuf(d.png))) return false;
  png_read_image(d.png, rows);
  png_read_end(d.png, nullptr);
  return true;
}

/// Names below a folder, sorted: of its PNG files, or of its subfolders.
std::vector<std::string> names_in(const fs::path& folder, bool files) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (files ? entry.is_regular_file(error) && is_png(name) : entry.is_directory(error))
      names.push_back(name);
  }
  if (error) malformed(folder.string(), "cannot be listed: " + error.message());
  std::sort(names.begin(), names.end());
  return names;
}

std::string show(int64_t channels, int64_t height, int64_t width) {
  return show_shape({channels, height, width});
}

/// Adds the PNG files of `folder` as examples of class `label`. `first` is the set's first file.
void add_folder(ImageSet& set, const fs::path& folder, int32_t label, std::string& first) {
  for (const std::string& name : names_in(folder, true)) {
    const std::string path = (folder / name).string();
    const PngImage image = parse_png(read_bytes(path), path);
    if (first.empty()) {
      first = path;
      set.channels = image.channels;
      set.height = image.height;
      set.width = image.width;
    }
    if (image.channels != set.channels || image.height != set.height || image.width != set.width)
      malformed(path, "is " + show(image.channels, image.height, image.width) + ", but " + first +
                          " is " + show(set.channels, set.height, set.width) +
                          "; the images of a set have one shape");
    set.pixels.insert(set.pixels.end(), image.pixels.begin(), image.pixels.end());
    set.labels.push_back(label);
    ++set.count;
  }
}

}  // namespace

PngImage parse_png(View bytes, const std::string& path) {
  Decoder decoder(bytes);
  if (bytes.size() < 8 || png_sig_cmp(bytes.data(), 0, 8)) malformed(path, "is no PNG image");
  if (!open(decoder)) malformed(path, std::string("cannot be decoded: ") + decoder.error);

  // Samples as libpng gives them, channels interleaved.
  PngImage image;
  image.height = png_get_image_height(decoder.png, decoder.info);
  image.width = png_get_image_width(decoder.png, decoder.info);
  const int64_t given = png_get_channels(decoder.png, decoder.info);
  const size_t stride = png_get_rowbytes(decoder.png, decoder.info);
  Bytes samples(stride * static_cast<size_t>(image.height));
  std::vector<png_bytep> rows;
  for (int64_t y = 0; y < image.height; ++y)
    rows.push_back(samples.data() + stride * static_cast<size_t>(y));
  if (!read_rows(decoder, rows.data()))
    malformed(path, std::string("cannot be decoded: ") + decoder.error);

  // Planar, without an opacity that says nothing.
  image.channels = given == 1 || given == 2 ? 1 : 3;
  const int64_t plane = image.height * image.width;
  if (given != image.channels)
    for (int64_t p = 0; p < plane; ++p)
      if (samples[static_cast<size_t>(p * given + image.channels)] != 255)
        malformed(path, "has transparent pixels; put it on a background first");
  for (int64_t c = 0; c < image.channels; ++c)
    for (int64_t p = 0; p < plane; ++p)
      image.pixels.push_back(samples[static_cast<size_t>(p * given + c)]);
  return image;
}

bool is_png(const std::string& name) {
  return name.size() > 4 && name.compare(name.size() - 4, 4, ".png") == 0;
}

ImageSet images_from_pngs(const std::string& folder) {
  ImageSet set;
  set.source = folder;
  std::string first;
  add_folder(set, folder, 0, first);
  if (set.count == 0) {
    for (const std::string& name : names_in(folder, false)) {
      add_folder(set, fs::path(folder) / name, static_cast<int32_t>(set.class_names.size()), first);
      set.class_names.push_back(name);
    }
    set.classes = static_cast<int>(set.class_names.size());
  }
  if (set.count == 0) malformed(folder, "holds no .png file, and neither do its subfolders");
  return set;
}

}  // namespace assay::data
