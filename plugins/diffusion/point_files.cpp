// Reading points.
#include "plugins/common/data/npy.hpp"
#include "plugins/diffusion/point_files.hpp"

#include <algorithm>
#include <stdexcept>

namespace diffusion {

Data point_file_data(const std::string& path, PointSetOptions options) {
  const auto bytes = assay::data::read_bytes(path);
  const auto array = assay::data::parse_npy(bytes, path);
  if (array.shape.empty() || array.shape.size() > 2 || array.shape[0] == 0)
    assay::data::malformed(path, "is no array (N,) or (N, d) of points");
  const int64_t d = array.shape.size() == 2 ? array.shape[1] : 1;
  Data data;
  if (!options.modes.empty()) {
    if (!(options.sigma > 0))
      throw std::invalid_argument(
          "modes of dataset = \"points\" need sigma, their width in the file's units");
    options.dataset = "mixture";
    options.dimension = d;
    options.normalise = "no";
    data = point_world(options);
  }
  data.set = "points";
  data.shape = {d};
  data.x = assay::data::finite_floats(array, "the array of points", path);
  data.x.resize(std::min(data.x.size(), static_cast<size_t>(options.size * d)));
  return data;
}

}  // namespace diffusion
