#include "core/base/suggest.hpp"

#include <algorithm>

namespace assay {

size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i)
    for (size_t j = 1; j <= b.size(); ++j) {
      d[i][j] =
          std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[a.size()][b.size()];
}

std::vector<std::string> suggest(const std::string& name, const std::vector<std::string>& known) {
  const size_t limit = std::max<size_t>(1, name.size() / 3);
  std::vector<std::pair<size_t, std::string>> near;
  if (name.size() > 200) return {};
  for (const auto& k : known)
    if (const size_t d = edit_distance(name, k); d <= limit && d < name.size())
      near.emplace_back(d, k);
  std::sort(near.begin(), near.end());
  near.erase(std::unique(near.begin(), near.end()), near.end());
  std::vector<std::string> out;
  for (size_t i = 0; i < near.size() && i < 3; ++i) out.push_back(near[i].second);
  return out;
}

std::string did_you_mean(const std::string& name, const std::vector<std::string>& known) {
  const auto near = suggest(name, known);
  std::string out;
  for (size_t i = 0; i < near.size(); ++i)
    out += (i == 0                 ? "did you mean "
            : i + 1 == near.size() ? " or "
                                   : ", ") +
           ('"' + near[i] + '"');
  return out.empty() ? out : out + "?";
}

}  // namespace assay
