#include "plugins/common/data/noise.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <stdexcept>

using namespace assay::data;

namespace {

std::vector<int64_t> first(int64_t n) {
  std::vector<int64_t> members(static_cast<size_t>(n));
  std::iota(members.begin(), members.end(), 0);
  return members;
}

/// Labels 0, 1, ..., classes - 1, 0, ... of n examples, after noise.
std::vector<int32_t> noised(const std::vector<int64_t>& members, double share, int classes,
                            const char* mode, uint64_t key = 1) {
  std::vector<int32_t> labels(members.size());
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int32_t>(i) % classes;
  mislabel(labels, members, share, classes, noise_mode(mode), key);
  return labels;
}

std::vector<size_t> changed(const std::vector<int32_t>& labels, int classes) {
  std::vector<size_t> out;
  for (size_t i = 0; i < labels.size(); ++i)
    if (labels[i] != static_cast<int32_t>(i) % classes) out.push_back(i);
  return out;
}

}  // namespace

TEST_CASE("noise takes exactly floor(share n) examples, and always another label") {
  for (const char* mode : {"uniform_other", "reference"}) {
    CHECK(changed(noised(first(201), 0.155, 4, mode), 4).size() == 31);
    CHECK(changed(noised(first(201), 0, 4, mode), 4).empty());
    CHECK(changed(noised(first(50), 0.5, 2, mode), 2).size() == 25);
  }
}

TEST_CASE("the order of the members does not matter") {
  auto members = first(300);
  const auto labels = noised(members, 0.2, 5, "uniform_other");
  std::reverse(members.begin(), members.end());
  CHECK(noised(members, 0.2, 5, "uniform_other") == labels);
}

TEST_CASE("a larger share takes the same examples and more, with the same labels") {
  const auto less = noised(first(300), 0.1, 5, "uniform_other"),
             more = noised(first(300), 0.3, 5, "uniform_other");
  for (const size_t i : changed(less, 5)) CHECK(more[i] == less[i]);
}

TEST_CASE("another key takes other examples") {
  CHECK(changed(noised(first(300), 0.1, 5, "uniform_other", 1), 5) !=
        changed(noised(first(300), 0.1, 5, "uniform_other", 2), 5));
}

TEST_CASE("each mode draws the shifts that it says, each as often") {
  // 9000 draws over k shifts; the standard deviation is below 41 for k = 4, 5 and 47 for k = 3: 300
  // off has probability below 1e-9
  const auto shifts = [](const char* mode) {
    std::vector<int64_t> count(5);
    const auto labels = noised(first(10000), 0.9, 5, mode);
    for (size_t i = 0; i < labels.size(); ++i)
      ++count[(static_cast<size_t>(labels[i]) + 5 - i % 5) % 5];
    return count;
  };
  const auto about = [](int64_t count, int64_t expected) {
    return std::abs(count - expected) < 300;
  };
  const auto other = shifts("uniform_other"), reference = shifts("reference"),
             any = shifts("any_class");
  for (size_t shift = 1; shift < 5; ++shift) {
    CAPTURE(shift);
    CHECK(about(other[shift], 9000 / 4));
    CHECK(about(any[shift], 9000 / 5));
    CHECK((shift == 4 ? reference[shift] == 0 : about(reference[shift], 9000 / 3)));
  }
  CHECK(about(any[0], 1000 + 9000 / 5));
}

TEST_CASE("an unknown mode is refused with the known ones") {
  CHECK_THROWS_WITH_AS(noise_mode("some"),
                       "label noise \"some\" is none of uniform_other, reference, any_class",
                       std::invalid_argument);
}
