#include "plugins/common/data/npy.hpp"
#include "plugins/common/data/score_file.hpp"
#include "plugins/common/data/zip.hpp"

#include <charconv>
#include <cmath>
#include <optional>

namespace assay::data {
namespace {

std::vector<double> from_npy(View bytes, const std::string& path) {
  const auto array = parse_npy(bytes, path);
  if (array.shape.size() != 1)
    malformed(path, "has the shape " + show_shape(array.shape) + "; scores are (N,)");
  const auto values = finite_floats(array, "scores", path);
  return {values.begin(), values.end()};
}

std::optional<double> number(std::string_view field) {
  double value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  if (error != std::errc() || end != field.data() + field.size() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

std::vector<double> from_text(std::string_view text, const std::string& path) {
  std::vector<double> scores;
  for (int64_t line = 1; !text.empty(); ++line) {
    const auto end = std::min(text.find('\n'), text.size());
    auto row = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!row.empty() && row.back() == '\r') row.remove_suffix(1);
    if (row.empty()) continue;
    const auto field = row.substr(row.rfind(',') + 1);  // npos + 1 is 0
    if (const auto value = number(field))
      scores.push_back(*value);
    else if (line > 1)
      malformed(path, "line " + std::to_string(line) + " does not end in a number");
  }
  return scores;
}

}  // namespace

std::vector<double> read_scores(const std::string& path, int64_t count,
                                const std::string& what) {
  const auto bytes = read_bytes(path);
  std::vector<double> scores;
  if (path.ends_with(".npy")) {
    scores = from_npy(bytes, path);
  } else if (path.ends_with(".npz")) {
    const auto member = Zip(bytes, path).read("scores.npy");
    if (!member) malformed(path, "has no array scores");
    scores = from_npy(*member, path + "/scores");
  } else {
    scores = from_text(as_text(bytes), path);
  }
  if (static_cast<int64_t>(scores.size()) != count)
    malformed(path, "has " + std::to_string(scores.size()) + " " + what + ", but there are " +
                        std::to_string(count) + " examples");
  return scores;
}

}  // namespace assay::data
