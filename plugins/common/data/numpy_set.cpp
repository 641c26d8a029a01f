// Named arrays to an image set.
#include "plugins/common/data/npy.hpp"
#include "plugins/common/data/numpy_set.hpp"
#include "plugins/common/data/zip.hpp"

namespace assay::data {
namespace {

/// x as pixels or features, with its shape.
void take_examples(ImageSet& set, const NpyArray& x, const std::string& path) {
  if (x.shape.size() < 2 || x.shape.size() > 4)
    malformed(path, "x has the shape " + show_shape(x.shape) +
                        "; it must be (N, D), (N, H, W) or (N, C, H, W)");
  set_shape(set, x.shape);
  if (x.values.empty()) malformed(path, "holds no examples");
  if (x.kind == 'u' && x.item == 1)
    set.pixels.assign(x.values.begin(), x.values.end());
  else if (x.kind == 'f')
    set.features = finite_floats(x, "x", path);
  else
    malformed(path, "x has dtype " + x.dtype() +
                        "; it must be uint8 (images) or a float type (features)");
}

/// One part; the arrays' names end in `suffix`.
ImageSet one_part(const ArraySource& arrays, const std::string& suffix, const std::string& path) {
  const std::optional<Bytes> x = arrays("x" + suffix);
  if (!x) malformed(path, "has no array x" + suffix);
  ImageSet set;
  set.source = path;
  take_examples(set, parse_npy(*x, path + "/x" + suffix), path);
  const auto column = [&](const std::string& name, int64_t limit) -> std::vector<int32_t> {
    const std::optional<Bytes> bytes = arrays(name + suffix);
    if (!bytes) return {};
    const std::string where = path + "/" + name + suffix;
    auto values = whole_numbers(parse_npy(*bytes, where), limit, name, path);
    if (static_cast<int64_t>(values.size()) != set.count)
      malformed(path, "x has " + std::to_string(set.count) + " examples, but " + name + " has " +
                          std::to_string(values.size()));
    return values;
  };
  set.labels = column("y", kMaxClasses);
  if (set.labels.empty()) malformed(path, "has no array y" + suffix + " of labels");
  set.true_labels = column("true_label", kMaxClasses);
  set.groups = column("group", INT32_MAX);
  const std::vector<int32_t> noisy = column("noisy", 2);
  set.noisy.assign(noisy.begin(), noisy.end());
  return set;
}
}  // namespace

ImageSet images_from_arrays(const ArraySource& arrays, Part part, const std::string& path) {
  const bool has_test = arrays("x_test").has_value(), two_parts = arrays("x_train").has_value();
  if (part == Part::test) {
    if (!has_test) malformed(path, "has no test part (arrays x_test and y_test)");
    return one_part(arrays, "_test", path);
  }
  ImageSet set = one_part(arrays, two_parts ? "_train" : "", path);
  if (part == Part::all && (has_test || two_parts)) append(set, one_part(arrays, "_test", path));
  return set;
}

ImageSet images_from_npz(View bytes, Part part, const std::string& path) {
  const Zip zip(bytes, path);
  return images_from_arrays([&](const std::string& name) { return zip.read(name + ".npy"); }, part,
                            path);
}

}  // namespace assay::data
