#include "plugins/common/lm/packing.hpp"

#include <doctest/doctest.h>

using namespace assay;
using Ids = std::vector<text::Id>;

namespace {

const std::vector<Ids> kDocuments{{1, 2, 3}, {}, {4, 5}, {6}, {7, 8, 9}};  // 0 ends each

std::vector<Ids> windows(const lm::PackingOptions& options) {
  const lm::Packing packing(kDocuments, options);
  std::vector<Ids> out;
  for (int64_t w = 0; w < packing.windows(); ++w)
    for (const auto& e : packing.window(w)) out.push_back(e.ids);
  return out;
}

}  // namespace

TEST_CASE("packed windows share a token, so that each but the first is a label once") {
  // The stream: 1 2 3 0 | 0 | 4 5 0 | 6 0 | 7 8 9 0 (14 tokens).
  CHECK(windows({.length = 4}) ==
        std::vector<Ids>{{1, 2, 3, 0, 0}, {0, 4, 5, 0, 6}, {6, 0, 7, 8, 9}});
  CHECK(lm::Packing(kDocuments, {.length = 13}).windows() == 1);
}

TEST_CASE("documents that are not attended across are examples of their own") {
  CHECK(windows({.length = 4, .across = false}) ==
        std::vector<Ids>{{1, 2, 3, 0}, {4, 5, 0}, {6, 0}, {7, 8, 9}});
}

TEST_CASE("documents that do not fill a window are an error") {
  CHECK_THROWS_WITH_AS(lm::Packing(kDocuments, {.length = 14}),
                       "5 documents have 14 tokens in all, which is too few for one window of 14",
                       std::invalid_argument);
  CHECK_THROWS_AS(lm::Packing(kDocuments, {.length = 0}), std::invalid_argument);
}
