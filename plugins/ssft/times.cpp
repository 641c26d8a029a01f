#include "plugins/ssft/times.hpp"

namespace ssft {

std::vector<int64_t> settled(const BitMatrix& correct, bool right) {
  const int64_t T = correct.rows();
  std::vector<int64_t> out(static_cast<size_t>(correct.columns()));
  for (int64_t i = 0; i < correct.columns(); ++i) {
    int64_t t = T;
    while (t > 0 && correct.at(t - 1, i) == right) --t;
    out[static_cast<size_t>(i)] = t + 1;
  }
  return out;
}

std::vector<int64_t> first(const BitMatrix& correct, bool right) {
  const int64_t T = correct.rows();
  std::vector<int64_t> out(static_cast<size_t>(correct.columns()));
  for (int64_t i = 0; i < correct.columns(); ++i) {
    int64_t t = 0;
    while (t < T && correct.at(t, i) != right) ++t;
    out[static_cast<size_t>(i)] = t + 1;
  }
  return out;
}

std::vector<int64_t> events(const BitMatrix& correct) {
  std::vector<int64_t> out(static_cast<size_t>(correct.columns()));
  for (int64_t t = 0; t + 1 < correct.rows(); ++t)
    for (int64_t i = 0; i < correct.columns(); ++i)
      out[static_cast<size_t>(i)] += correct.at(t, i) && !correct.at(t + 1, i);
  return out;
}

std::vector<int64_t> times_right(const BitMatrix& correct) {
  std::vector<int64_t> out(static_cast<size_t>(correct.columns()));
  for (int64_t t = 0; t < correct.rows(); ++t)
    for (int64_t i = 0; i < correct.columns(); ++i) out[static_cast<size_t>(i)] += correct.at(t, i);
  return out;
}

}  // namespace ssft
