// Files by their format, HDF5 by the host.
#include "plugins/common/data/source.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>

namespace assay::data {
namespace {

bool is_hdf5(const std::string& path) {
  char magic[8] = {};
  std::ifstream file(path, std::ios::binary);
  file.read(magic, sizeof magic);
  return file && std::equal(magic, magic + 8, "\x89HDF\r\n\x1a\n");
}

template <class T>
std::vector<int32_t> narrowed(const Reader& file, const std::string& key) {
  std::vector<int32_t> out;
  for (const T x : file.read<T>(key)) {
    if (static_cast<double>(x) > std::numeric_limits<int32_t>::max() ||
        static_cast<double>(x) < std::numeric_limits<int32_t>::min())
      throw std::invalid_argument("\"" + key + "\" holds a number that is no label");
    out.push_back(static_cast<int32_t>(x));
  }
  return out;
}

/// Integers of any width; empty when the file has no such dataset.
std::vector<int32_t> integers(const Reader& file, const std::string& key) {
  if (!file.has(key)) return {};
  const auto [code, bits, lanes] = file.dtype(key);
  const bool sign = code == ASSAY_DT_INT;
  if (code == ASSAY_DT_BOOL) {
    std::vector<uint8_t> flags(static_cast<size_t>(file.shape(key).at(0)));
    file.read_into(file.index(key), flags.data(), file.about(file.index(key)).second);
    return {flags.begin(), flags.end()};
  }
  if (sign || code == ASSAY_DT_UINT) {
    if (bits == 8) return sign ? narrowed<int8_t>(file, key) : narrowed<uint8_t>(file, key);
    if (bits == 16) return sign ? narrowed<int16_t>(file, key) : narrowed<uint16_t>(file, key);
    if (bits == 32) return sign ? narrowed<int32_t>(file, key) : narrowed<uint32_t>(file, key);
    if (bits == 64) return sign ? narrowed<int64_t>(file, key) : narrowed<uint64_t>(file, key);
  }
  throw std::invalid_argument("\"" + key + "\" must hold integers");
}

/// `x` as pixels or as features.
void read_examples(ImageSet& set, const Reader& file, const std::string& x) {
  const auto [code, bits, lanes] = file.dtype(x);
  if (code == ASSAY_DT_UINT && bits == 8) {
    set.pixels = file.read<uint8_t>(x);
  } else if (code == ASSAY_DT_FLOAT && bits == 32) {
    set.features = file.read<float>(x);
  } else if (code == ASSAY_DT_FLOAT && bits == 64) {
    for (const double v : file.read<double>(x)) set.features.push_back(static_cast<float>(v));
  } else {
    throw std::invalid_argument(set.source + ": \"" + x +
                                "\" must be uint8 (images), float or double (features)");
  }
  if (!std::all_of(set.features.begin(), set.features.end(),
                   [](float v) { return std::isfinite(v); }))
    throw std::invalid_argument(set.source + ": \"" + x + "\" holds a number that is not finite");
}

/// Features that can be pixels become pixels.
void take_whole_numbers_as_pixels(ImageSet& set) {
  if (std::any_of(set.features.begin(), set.features.end(),
                  [](float x) { return x < 0 || x > 255 || x != std::floor(x); }))
    return;
  set.pixels.assign(set.features.begin(), set.features.end());
  set.features.clear();
}

/// One part; the datasets' names end in `suffix`.
ImageSet one_part(const Reader& file, const std::string& suffix, const std::string& path) {
  const std::string x = "x" + suffix;
  for (const auto& key : {x, "y" + suffix})
    if (!file.has(key)) throw std::invalid_argument(path + " has no dataset \"" + key + "\"");
  ImageSet set;
  set.source = path;
  const auto shape = file.shape(x);
  if (shape.size() < 2 || shape.size() > 4)
    throw std::invalid_argument(path + ": \"" + x + "\" must be (N, D), (N, H, W) or (N, C, H, W)");
  set_shape(set, shape);
  read_examples(set, file, x);
  set.labels = integers(file, "y" + suffix);
  set.true_labels = integers(file, "true_label" + suffix);
  set.groups = integers(file, "group" + suffix);
  for (const int32_t flag : integers(file, "noisy" + suffix)) set.noisy.push_back(flag != 0);
  validate(set);
  return set;
}

ImageSet read_hdf5(const Job& job, const std::string& name, const std::string& path, Part part) {
  const Reader file = job.open(name);
  const bool has_test = file.has("x_test"), two_parts = file.has("x_train");
  if (part == Part::test) {
    if (!has_test)
      throw std::invalid_argument(path + " has no test part (datasets x_test and y_test)");
    return one_part(file, "_test", path);
  }
  ImageSet set = one_part(file, two_parts ? "_train" : "", path);
  if (part == Part::all && (has_test || two_parts)) append(set, one_part(file, "_test", path));
  return set;
}

}  // namespace

ImageSet read_any_source(const Job& job, const std::string& name, Part part) {
  const std::string path = job.path(name);
  ImageSet set = is_hdf5(path) ? read_hdf5(job, name, path, part) : read_images(path, part);
  if (!set.has_pixels() && !set.has_texts()) take_whole_numbers_as_pixels(set);
  if (set.classes < 2) throw std::invalid_argument(set.source + " has fewer than 2 classes");
  return set;
}

ImageSet read_source(const Job& job, const std::string& name, Part part) {
  ImageSet set = read_any_source(job, name, part);
  if (set.has_texts()) throw std::invalid_argument(set.source + " holds texts, not images");
  if (!set.has_pixels())
    throw std::invalid_argument(set.source +
                                " holds features, not images: whole numbers from 0 to 255 "
                                "would be taken as pixels");
  return set;
}

}  // namespace assay::data
