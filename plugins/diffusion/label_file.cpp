#include "plugins/common/data/bytes.hpp"
#include "plugins/common/data/npy.hpp"
#include "plugins/common/data/score_file.hpp"
#include "plugins/diffusion/label_file.hpp"

namespace diffusion {
using namespace assay::data;

std::vector<uint8_t> read_labels(const std::string& path, int64_t count) {
  std::vector<uint8_t> labels;
  if (path.ends_with(".npy")) {
    const auto bytes = read_bytes(path);
    for (const int32_t x : whole_numbers(parse_npy(bytes, path), 2, "labels", path))
      labels.push_back(static_cast<uint8_t>(x));
    if (static_cast<int64_t>(labels.size()) != count)
      malformed(path, "has " + std::to_string(labels.size()) + " labels, but there are " +
                          std::to_string(count) + " samples");
    return labels;
  }
  for (const double x : read_scores(path, count, "labels")) {
    if (x != 0 && x != 1)
      malformed(path, "label " + std::to_string(labels.size()) +
                          " is neither 0 (in the support) nor 1 (hallucinated)");
    labels.push_back(x != 0);
  }
  return labels;
}

}  // namespace diffusion
