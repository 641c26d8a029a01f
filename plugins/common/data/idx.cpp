// IDX arrays, and a pair of them as a labelled set.
#include "plugins/common/data/idx.hpp"

namespace assay::data {
namespace {
std::string type_name(uint8_t code) {
  switch (code) {
    case 0x09: return "signed bytes";
    case 0x0b: return "16-bit integers";
    case 0x0c: return "32-bit integers";
    case 0x0d: return "32-bit floats";
    case 0x0e: return "64-bit floats";
    default: return "values of the unknown type " + std::to_string(code);
  }
}
}  // namespace

IdxArray parse_idx(View bytes, const std::string& path) {
  if (bytes.size() < 4) malformed(path, "is too short for an IDX file");
  if (bytes[0] != 0 || bytes[1] != 0)
    malformed(path, "is not an IDX file: its first two bytes are not 0");
  if (bytes[2] != 0x08)
    malformed(path, "holds " + type_name(bytes[2]) + "; an image set in IDX holds unsigned bytes");
  const size_t rank = bytes[3];
  if (rank < 1 || rank > 4)
    malformed(path, "has " + std::to_string(rank) + " dimensions; an image set has 1 to 4");
  if (bytes.size() < 4 + 4 * rank) malformed(path, "ends in the middle of its IDX header");
  IdxArray array;
  for (size_t i = 0; i < rank; ++i) array.shape.push_back(big32(bytes, 4 + 4 * i));
  array.values = bytes.subspan(4 + 4 * rank);
  const int64_t promised = byte_count(path, array.shape, 1);
  if (promised != static_cast<int64_t>(array.values.size()))
    malformed(path, "promises " + show_shape(array.shape) + " bytes in its header and holds " +
                        std::to_string(array.values.size()));
  return array;
}

ImageSet images_from_idx(View images, const std::string& images_path, View labels,
                         const std::string& labels_path) {
  const IdxArray x = parse_idx(images, images_path), y = parse_idx(labels, labels_path);
  if (x.shape.size() < 2)
    malformed(images_path, "has 1 dimension; images have 2 to 4 (is this the label file?)");
  if (y.shape.size() != 1)
    malformed(labels_path, "has " + std::to_string(y.shape.size()) + " dimensions; labels have 1");
  if (x.shape[0] != y.shape[0])
    malformed(images_path, "holds " + std::to_string(x.shape[0]) + " images, but " + labels_path +
                               " holds " + std::to_string(y.shape[0]) + " labels");
  ImageSet set;
  set.source = images_path;
  set_shape(set, x.shape);
  set.pixels.assign(x.values.begin(), x.values.end());
  set.labels.assign(y.values.begin(), y.values.end());
  return set;
}

}  // namespace assay::data
