#include "core/archive/hash.hpp"
#include "core/base/sha256.hpp"

#include <xxhash.h>

namespace assay {

ContentHash::ContentHash() : state_(XXH3_createState()) { XXH3_128bits_reset(state_); }
ContentHash::~ContentHash() { XXH3_freeState(state_); }

ContentHash& ContentHash::add(const void* data, size_t bytes) {
  if (bytes > 0) XXH3_128bits_update(state_, data, bytes);
  return *this;
}

ContentHash& ContentHash::add_string(std::string_view text) {
  const uint64_t n = text.size();
  return add(&n, sizeof n).add(text.data(), text.size());
}

ContentHash::Digest ContentHash::digest() const {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state_));
  Digest out;
  static_assert(sizeof canonical.digest == 16);
  for (size_t i = 0; i < out.size(); ++i) out[i] = canonical.digest[i];
  return out;
}

std::string to_hex(const ContentHash::Digest& digest) {
  return hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

uint64_t hash64(const void* data, size_t bytes) { return XXH3_64bits(data, bytes); }

}  // namespace assay
