#include "core/base/error.hpp"
#include "core/report/png.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <png.h>

namespace assay {
namespace {

std::string show_shape(const std::vector<int64_t>& shape) {
  return fmt::format("({})", fmt::join(shape, ", "));
}

bool planar(const Array& a) { return a.shape.size() == 4 && a.shape[3] != 1 && a.shape[3] != 3; }

/// Samples of image `i`, row by row, channels interleaved, 0..255.
std::vector<unsigned char> samples(const Array& a, const ImageShape& s, size_t i) {
  const size_t plane = s.height * s.width, size = plane * s.channels;
  std::vector<double> v(size);
  for (size_t k = 0; k < size; ++k) {
    const size_t from = planar(a) ? (k % s.channels) * plane + k / s.channels : k;
    v[k] = a.number(i * size + from);
  }
  const bool bytes = a.dtype.code == ASSAY_DT_UINT && a.dtype.bits == 8;
  double low = 0, high = bytes ? 255 : 1;
  if (!bytes) {
    const auto [least, most] = std::minmax_element(v.begin(), v.end());
    if (*least < -1e-6 || *most > 1 + 1e-6) {
      low = *least;
      high = *most > *least ? *most : *least + 1;
    }
  }
  std::vector<unsigned char> out(size);
  for (size_t k = 0; k < size; ++k) {
    const double x = std::isfinite(v[k]) ? (v[k] - low) / (high - low) : 0;
    out[k] = static_cast<unsigned char>(std::lround(255 * std::clamp(x, 0.0, 1.0)));
  }
  return out;
}

}  // namespace

ImageShape image_shape(const Array& a) {
  const auto at = [&](size_t i) { return static_cast<size_t>(a.shape[i]); };
  ImageShape s;
  if (!a.is_strings() && a.shape.size() == 3) {
    s = {at(0), at(1), at(2), 1};
  } else if (!a.is_strings() && a.shape.size() == 4 && !planar(a)) {
    s = {at(0), at(1), at(2), at(3)};
  } else if (!a.is_strings() && a.shape.size() == 4 && (a.shape[1] == 1 || a.shape[1] == 3)) {
    s = {at(0), at(2), at(3), at(1)};
  }
  if (s.height == 0 || s.width == 0 || s.height > 4096 || s.width > 4096)
    throw BadInput("E180", "an array of shape " + show_shape(a.shape) + " is no list of images",
                   "images are (N, H, W), (N, H, W, 3) or (N, 3, H, W)");
  return s;
}

std::string encode_png(const Array& array, const ImageShape& s, size_t i) {
  const auto pixels = samples(array, s, i);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(s.width);
  image.height = static_cast<png_uint_32>(s.height);
  image.format = s.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  png_alloc_size_t size = 0;
  std::string out;
  if (png_image_write_to_memory(&image, nullptr, &size, 0, pixels.data(), 0, nullptr)) {
    out.resize(size);
    if (png_image_write_to_memory(&image, out.data(), &size, 0, pixels.data(), 0, nullptr)) {
      out.resize(size);
      return out;
    }
  }
  throw Failure(std::string("cannot encode an image: ") + image.message);
}

std::string base64(std::string_view bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    unsigned v = 0;
    for (size_t k = 0; k < 3; ++k)
      v = v << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k)
      out += i + k > bytes.size() ? '=' : kDigits[v >> (18 - 6 * k) & 63];
  }
  return out;
}

}  // namespace assay
