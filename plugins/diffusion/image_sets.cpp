#include "plugins/common/data/bytes.hpp"
#include "plugins/common/data/idx.hpp"
#include "plugins/common/data/images.hpp"
#include "plugins/common/data/npy.hpp"
#include "plugins/common/data/pool.hpp"
#include "plugins/common/data/subset.hpp"
#include "plugins/diffusion/image_sets.hpp"
#include "plugins/diffusion/shape_detector.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <stdexcept>

namespace diffusion {
namespace {
using assay::data::ImageSet;
namespace fs = std::filesystem;

/// A set without labels out of one array.
ImageSet unlabelled(const std::string& path, const std::vector<int64_t>& shape) {
  if (shape.size() != 3 && shape.size() != 4)
    assay::data::malformed(path, "has the shape " + assay::data::show_shape(shape) +
                                     "; images are (N, H, W) or (N, C, H, W)");
  ImageSet set;
  set.source = path;
  assay::data::set_shape(set, shape);
  set.labels.assign(static_cast<size_t>(set.count), 0);
  return set;
}

ImageSet read_npy(const std::string& path) {
  const auto bytes = assay::data::read_bytes(path);
  const auto array = assay::data::parse_npy(bytes, path);
  ImageSet set = unlabelled(path, array.shape);
  if (array.kind == 'u' && array.item == 1)
    set.pixels.assign(array.values.begin(), array.values.end());
  else if (array.kind == 'f')
    set.features = assay::data::finite_floats(array, "the array", path);
  else
    assay::data::malformed(path, "holds " + array.dtype() + "; images are uint8 or floats");
  return set;
}

/// Is there a file of labels beside one of IDX images?
bool labelled_idx(const std::string& path) {
  std::string labels = path;
  const auto replace = [&](const std::string& from, const std::string& to) {
    if (const auto at = labels.rfind(from); at != std::string::npos)
      labels.replace(at, from.size(), to);
  };
  replace("images", "labels");
  replace("idx3", "idx1");
  const std::string other =
      labels.ends_with(".gz") ? labels.substr(0, labels.size() - 3) : labels + ".gz";
  return fs::exists(labels) || fs::exists(other);
}

ImageSet read_set(const std::string& path, assay::data::Part part) {
  const std::string name = fs::path(path).filename().string();
  if (name.ends_with(".npy")) return read_npy(path);
  if ((name.ends_with("-ubyte") || name.ends_with("-ubyte.gz")) && !labelled_idx(path)) {
    const auto bytes = assay::data::read_bytes(path);
    const auto array = assay::data::parse_idx(bytes, path);
    ImageSet set = unlabelled(path, array.shape);
    set.pixels.assign(array.values.begin(), array.values.end());
    return set;
  }
  return assay::data::read_images(path, part);
}

/// Floats that can be bytes become bytes, so that they can be pooled.
void take_bytes(ImageSet& set) {
  const auto whole = [](float x) { return x >= 0 && x <= 255 && x == std::floor(x); };
  const auto& x = set.features;
  if (x.empty() || !std::all_of(x.begin(), x.end(), whole) ||
      *std::max_element(x.begin(), x.end()) <= 1)
    return;
  set.pixels.assign(x.begin(), x.end());
  set.features.clear();
}

/// In [-1, 1], (n, C, H, W).
std::vector<float> scaled(const ImageSet& set) {
  std::vector<float> x;
  if (set.has_pixels()) {
    x.reserve(set.pixels.size());
    for (const uint8_t b : set.pixels) x.push_back(static_cast<float>(b) / 127.5f - 1);
    return x;
  }
  x = set.features;
  const auto [low, high] = std::minmax_element(x.begin(), x.end());
  if (*low < -1 || *high > 1)
    assay::data::malformed(set.source, "holds values from " + std::to_string(*low) + " to " +
                                           std::to_string(*high) +
                                           "; images are bytes, or floats in [-1, 1] or [0, 1]");
  if (*low >= 0)
    for (float& v : x) v = 2 * v - 1;
  return x;
}

}  // namespace

Data shapes_data(const ShapeWorld& world, const ShapeDraws& draws) {
  Data data;
  data.shape = {1, world.canvas, world.canvas};
  data.set = world.name;
  data.label = draws.label;
  data.x.reserve(draws.images.size());
  for (const uint8_t b : draws.images) data.x.push_back(static_cast<float>(b) / 127.5f - 1);
  return data;
}

Data image_file_data(const ImageFileOptions& options) {
  using assay::data::Part;
  ImageSet set = read_set(options.path, options.part == "train"  ? Part::train
                                        : options.part == "test" ? Part::test
                                                                 : Part::all);
  take_bytes(set);
  if (set.has_texts() || set.count < 1 || set.example_size() < 1 || set.height < 2)
    assay::data::malformed(set.source, "holds no images");

  // A random order: training takes slices of the array, and files may be sorted by class.
  std::vector<int64_t> order(static_cast<size_t>(set.count));
  std::iota(order.begin(), order.end(), 0);
  assay::Stream(options.order_key).shuffle(order);
  if (options.size > 0 && options.size < set.count) order.resize(static_cast<size_t>(options.size));
  set = assay::data::subset(set, order);
  assay::data::pool(set, options.pool);

  Data data;
  data.shape = {set.channels, set.height, set.width};
  data.set = "images";
  if (set.classes > 1) data.label.assign(set.labels.begin(), set.labels.end());
  data.x = scaled(set);
  return data;
}

void log_gallery(const assay::Job& job, const std::string& name, const Data& data,
                 std::span<const int64_t> index) {
  if (index.empty()) return;
  const int64_t channels = data.shape.at(0), pixels = data.shape.at(1) * data.shape.at(2);
  const auto features = static_cast<size_t>(data.features());
  std::vector<uint8_t> out;
  for (const int64_t i : index) {
    const auto planar =
        as_bytes(std::span(data.x).subspan(static_cast<size_t>(i) * features, features));
    for (int64_t p = 0; p < pixels; ++p)
      for (int64_t c = 0; c < channels; ++c)
        out.push_back(planar[static_cast<size_t>(c * pixels + p)]);
  }
  std::vector<int64_t> shape{static_cast<int64_t>(index.size()), data.shape[1], data.shape[2]};
  if (channels > 1) shape.push_back(channels);
  job.array(name, assay::Tensor(out.data(), shape));
}

void log_gallery(const assay::Job& job, const std::string& name, const Data& data, int64_t most) {
  std::vector<int64_t> index(static_cast<size_t>(std::min(most, data.count())));
  std::iota(index.begin(), index.end(), 0);
  log_gallery(job, name, data, index);
}

}  // namespace diffusion
