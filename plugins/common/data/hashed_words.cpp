#include "plugins/common/data/hashed_words.hpp"

#include <zlib.h>

#include <cmath>
#include <stdexcept>

namespace assay::data {
namespace {

/// ASCII alone, whatever the locale; bytes above 127 belong to words of other alphabets.
bool in_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 127 || (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= 'a' && byte <= 'z');
}

void add_words(const std::string& text, float* row, uint32_t dimensions) {
  std::string word;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && in_word(text[i])) {
      const char c = text[i];
      word += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!word.empty()) {
      const auto hash =
          crc32(0, reinterpret_cast<const Bytef*>(word.data()), static_cast<uInt>(word.size()));
      row[static_cast<uint32_t>(hash) % dimensions] += 1;
      word.clear();
    }
  }
}
}  // namespace

std::vector<float> hashed_words(const std::vector<std::string>& texts, int64_t dimensions) {
  if (dimensions < 1 || dimensions > INT32_MAX)
    throw std::invalid_argument("words were to be hashed into " + std::to_string(dimensions) +
                                " dimensions; at least 1 is needed");
  const auto width = static_cast<size_t>(dimensions);
  std::vector<float> rows(texts.size() * width);
  for (size_t n = 0; n < texts.size(); ++n) {
    float* row = rows.data() + n * width;
    add_words(texts[n], row, static_cast<uint32_t>(dimensions));
    double square = 0;
    for (size_t i = 0; i < width; ++i) square += static_cast<double>(row[i]) * row[i];
    if (square == 0) continue;
    const double length = std::sqrt(square);
    for (size_t i = 0; i < width; ++i) row[i] = static_cast<float>(row[i] / length);
  }
  return rows;
}

}  // namespace assay::data
