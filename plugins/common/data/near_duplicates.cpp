#include "plugins/common/data/duplicates.hpp"
#include "plugins/common/data/near_duplicates.hpp"
#include "plugins/common/kernel.hpp"

#include <xxhash.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utf8proc.h>

namespace assay::data {
namespace {

/// SplitMix64's finaliser.
uint64_t mixed(uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
  x = (x ^ x >> 27) * 0x94d049bb133111ebU;
  return x ^ x >> 31;
}

bool in_word(utf8proc_int32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  const auto category = utf8proc_category(c);
  return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO);
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  size_t begin = 0;
  for (size_t at = 0; at < text.size();) {
    utf8proc_int32_t c = static_cast<uint8_t>(text[at]);
    utf8proc_ssize_t n = 1;
    if (c >= 0x80)
      n = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                           static_cast<utf8proc_ssize_t>(text.size() - at), &c);
    if (n <= 0) n = 1, c = 0xfffd;
    if (!in_word(c)) {
      if (at > begin) words.push_back(text.substr(begin, at - begin));
      begin = at + static_cast<size_t>(n);
    }
    at += static_cast<size_t>(n);
  }
  if (text.size() > begin) words.push_back(text.substr(begin));
  return words;
}

/// Multiply-shift: hash i of x is the upper half of a_i x + b_i mod 2^64.
ASSAY_KERNEL void take_minima(uint32_t* minima, const uint64_t* a, const uint64_t* b, uint64_t x) {
  for (size_t i = 0; i < kBands * kRows; ++i) {
    const auto hash = static_cast<uint32_t>((a[i] * x + b[i]) >> 32);
    minima[i] = hash < minima[i] ? hash : minima[i];
  }
}
}  // namespace

std::vector<uint64_t> shingles(std::string_view text, int words) {
  const std::string normal = normal_text(text);
  const auto all = words_of(normal);
  std::vector<uint64_t> out;
  if (all.empty()) return out;
  const size_t length = std::min(all.size(), static_cast<size_t>(words));
  std::string joined;
  for (size_t i = 0; i + length <= all.size(); ++i) {
    joined.clear();
    for (size_t j = 0; j < length; ++j) {
      joined += all[i + j];
      joined += ' ';
    }
    out.push_back(XXH3_64bits(joined.data(), joined.size()));
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

double jaccard(std::span<const uint64_t> a, std::span<const uint64_t> b) {
  size_t both = 0, i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (a[i] == b[j])
      ++both, ++i, ++j;
    else
      a[i] < b[j] ? ++i : ++j;
  }
  const size_t either = a.size() + b.size() - both;
  return either == 0 ? 0 : static_cast<double>(both) / static_cast<double>(either);
}

Signature signature(std::span<const uint64_t> shingles, uint64_t seed) {
  std::array<uint64_t, kBands * kRows> a, b;
  for (size_t i = 0; i < a.size(); ++i) {
    a[i] = mixed(seed ^ mixed(2 * i)) | 1;
    b[i] = mixed(seed ^ mixed(2 * i + 1));
  }
  Signature minima;
  minima.fill(std::numeric_limits<uint32_t>::max());
  for (const uint64_t x : shingles) take_minima(minima.data(), a.data(), b.data(), x);
  return minima;
}

NearIndex::NearIndex(const NearOptions& options) : options_(options) {
  if (options.words < 1 || !(options.jaccard > 0 && options.jaccard <= 1))
    throw std::invalid_argument(
        "near-duplicates need shingles of at least 1 word and a Jaccard coefficient above 0 and at "
        "most 1");
}

std::array<uint64_t, kBands> NearIndex::bands(std::span<const uint64_t> shingles) const {
  const Signature minima = signature(shingles, options_.seed);
  std::array<uint64_t, kBands> keys;
  for (size_t band = 0; band < kBands; ++band)
    keys[band] = XXH3_64bits(&minima[band * kRows], kRows * sizeof(uint32_t));
  return keys;
}

Near NearIndex::find(std::span<const uint64_t> shingles,
                     const std::array<uint64_t, kBands>& keys) const {
  std::vector<uint32_t> candidates;
  for (size_t band = 0; band < kBands; ++band) {
    const auto [begin, end] = by_band_[band].equal_range(keys[band]);
    for (auto at = begin; at != end; ++at) candidates.push_back(at->second);
  }
  std::sort(candidates.begin(), candidates.end());
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  Near best;
  for (const uint32_t i : candidates) {
    const double similarity = data::jaccard(shingles, kept_[i].shingles);
    if (similarity >= options_.jaccard && similarity > best.jaccard)
      best = {kept_[i].id, similarity};
  }
  return best;
}

void NearIndex::add(std::vector<uint64_t> shingles, const std::array<uint64_t, kBands>& keys,
                    int64_t id) {
  if (shingles.empty()) return;
  for (size_t band = 0; band < kBands; ++band)
    by_band_[band].emplace(keys[band], static_cast<uint32_t>(kept_.size()));
  kept_.push_back({id, std::move(shingles)});
}

Near NearIndex::find(std::string_view text) const {
  const auto set = shingles(text, options_.words);
  return find(set, bands(set));
}

void NearIndex::add(std::string_view text, int64_t id) {
  auto set = shingles(text, options_.words);
  const auto keys = bands(set);
  if (find(set, keys).jaccard < 1) add(std::move(set), keys, id);
}

Near NearIndex::find_or_add(std::string_view text, int64_t id) {
  auto set = shingles(text, options_.words);
  const auto keys = bands(set);
  const Near near = find(set, keys);
  if (near.of < 0) add(std::move(set), keys, id);
  return near;
}

std::vector<Near> near_duplicates(std::span<const std::string> texts, const NearOptions& options) {
  NearIndex index(options);
  std::vector<Near> out;
  for (size_t i = 0; i < texts.size(); ++i)
    out.push_back(index.find_or_add(texts[i], static_cast<int64_t>(i)));
  return out;
}

std::vector<Near> near_duplicates(std::span<const std::string> texts,
                                  std::span<const std::string> others, const NearOptions& options) {
  NearIndex index(options);
  for (size_t i = 0; i < others.size(); ++i) index.add(others[i], static_cast<int64_t>(i));
  std::vector<Near> out;
  for (const auto& text : texts) out.push_back(index.find(text));
  return out;
}

}  // namespace assay::data
