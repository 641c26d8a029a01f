#include "plugins/common/text/byte_alphabet.hpp"
#include "plugins/common/text/utf8.hpp"

namespace assay::text {

namespace {

bool stands_for_itself(int byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

std::array<char32_t, 256> make_characters() {
  std::array<char32_t, 256> characters{};
  char32_t other = 0x100;
  for (int byte = 0; byte < 256; ++byte) {
    characters[static_cast<size_t>(byte)] =
        stands_for_itself(byte) ? static_cast<char32_t>(byte) : other++;
  }
  return characters;
}

std::array<int, 0x144> make_bytes() {
  std::array<int, 0x144> bytes{};
  bytes.fill(-1);
  for (size_t byte = 0; byte < 256; ++byte) bytes[byte_characters()[byte]] = static_cast<int>(byte);
  return bytes;
}

}  // namespace

const std::array<char32_t, 256>& byte_characters() {
  static const std::array<char32_t, 256> characters = make_characters();
  return characters;
}

int byte_of_character(char32_t character) {
  static const std::array<int, 0x144> bytes = make_bytes();
  return character < bytes.size() ? bytes[character] : -1;
}

void append_byte_characters(std::string& text, std::string_view bytes) {
  for (const char byte : bytes) {
    utf8_append(text, byte_characters()[static_cast<unsigned char>(byte)]);
  }
}

bool append_bytes_of(std::string& bytes, std::string_view token) {
  const size_t before = bytes.size();
  for (size_t at = 0; at < token.size(); at += utf8_size(static_cast<unsigned char>(token[at]))) {
    const int byte = byte_of_character(utf8_at(token, at));
    if (byte < 0) {
      bytes.resize(before);
      return false;
    }
    bytes.push_back(static_cast<char>(byte));
  }
  return true;
}

}  // namespace assay::text
