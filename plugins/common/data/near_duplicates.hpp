// Texts that share most of their wording: MinHash with locality-sensitive hashing.
//
// The shingles of a text are its runs of 5 words; two texts are near-duplicates if the Jaccard
// coefficient J = |A and B| / |A or B| of their shingles is at least 0.8. Of each text 128 minima
// of random hashes are kept, in 16 bands of 8: two texts are compared if a band is equal, which
// happens with probability 1 - (1 - J^8)^16: 0.95 at J = 0.8, 0.9999 at 0.9, 0.06 at 0.5, 0.001 at
// 0.3. What is compared is compared exactly, so that none is reported whose J is too small. Broder,
// "On the resemblance and containment of documents" (1997); Leskovec, Rajaraman, Ullman, "Mining of
// Massive Datasets", section 3.4.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace assay::data {

struct NearOptions {
  int words = 5;         // in a shingle
  double jaccard = 0.8;  // the least that counts
  uint64_t seed = 0;     // of the random hashes
};

struct Near {
  int64_t of = -1;  // the text it resembles most; -1: none
  double jaccard = 0;
};

inline constexpr size_t kBands = 16, kRows = 8;
using Signature = std::array<uint32_t, kBands * kRows>;

/// The hashes (XXH3, 64 bits) of a text's shingles, sorted, each once. Words are the runs of
/// letters, marks and digits of normal_text. A text with fewer words than a shingle is one shingle;
/// without any it has none.
std::vector<uint64_t> shingles(std::string_view text, int words);

/// |a and b| / |a or b| of sorted sets; 0 if both are empty.
double jaccard(std::span<const uint64_t> a, std::span<const uint64_t> b);

/// The smallest value of each of the random hashes over the shingles.
Signature signature(std::span<const uint64_t> shingles, uint64_t seed);

/// Texts to compare with. Keeps 8 bytes a shingle and 0.8 kB a text.
class NearIndex {
 public:
  /// Throws std::invalid_argument unless words >= 1 and 0 < jaccard <= 1.
  explicit NearIndex(const NearOptions& options = {});
  /// The most similar of the texts that were added; of equals the first.
  Near find(std::string_view text) const;
  /// Adds a text, unless one with the same shingles is there; its number is `id`.
  void add(std::string_view text, int64_t id);
  /// Both in one: adds the text if nothing in the index is near it.
  Near find_or_add(std::string_view text, int64_t id);

 private:
  struct Kept {
    int64_t id;
    std::vector<uint64_t> shingles;
  };
  std::array<uint64_t, kBands> bands(std::span<const uint64_t> shingles) const;
  Near find(std::span<const uint64_t> shingles, const std::array<uint64_t, kBands>& keys) const;
  void add(std::vector<uint64_t> shingles, const std::array<uint64_t, kBands>& keys, int64_t id);

  NearOptions options_;
  std::vector<Kept> kept_;
  std::array<std::unordered_multimap<uint64_t, uint32_t>, kBands> by_band_;
};

/// For each text the one it is a near-duplicate of, among those before it that are no
/// near-duplicates themselves.
std::vector<Near> near_duplicates(std::span<const std::string> texts,
                                  const NearOptions& options = {});

/// For each text the most similar one in `others`.
std::vector<Near> near_duplicates(std::span<const std::string> texts,
                                  std::span<const std::string> others,
                                  const NearOptions& options = {});

}  // namespace assay::data
