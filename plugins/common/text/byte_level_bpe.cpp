#include "plugins/common/text/byte_alphabet.hpp"
#include "plugins/common/text/byte_level_bpe.hpp"
#include "plugins/common/text/hash.hpp"
#include "plugins/common/text/json_fields.hpp"
#include "plugins/common/text/utf8.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>

namespace assay::text {

namespace {

constexpr size_t kMostIds = 8;  // of a word that is remembered
constexpr size_t kMostBytes = 24;
constexpr size_t kSlots = 1 << 14;  // 1 MiB a thread
constexpr size_t kAtOnce = 1024;    // words

/// A word as three numbers, zeros behind it.
struct Key {
  uint64_t words[3];

  Key(const char* bytes, size_t size, const char* end) {
    char padded[kMostBytes] = {};
    if (end - bytes < static_cast<ptrdiff_t>(kMostBytes)) {
      std::memcpy(padded, bytes, size);
      bytes = padded;
    }
    std::memcpy(words, bytes, sizeof(words));
    for (size_t i = 0; i < 3; ++i) {
      const size_t inside = size > 8 * i ? size - 8 * i : 0;
      if (inside < 8) words[i] &= inside == 0 ? 0 : UINT64_MAX >> (64 - 8 * inside);
    }
  }
  bool operator==(const Key&) const = default;
};

/// What a word became, for the tokenizer `serial`. One cache line.
struct alignas(64) Remembered {
  uint64_t key[3];
  uint32_t serial;
  uint16_t size;
  uint16_t count;
  Id ids[kMostIds];
};

Remembered* words_of_this_thread() {
  thread_local const std::unique_ptr<Remembered[]> words(new Remembered[kSlots]());
  return words.get();
}

}  // namespace

std::optional<ByteLevelBpe> ByteLevelBpe::make(const nlohmann::json& model,
                                               const nlohmann::json& pre_tokenizer,
                                               const Vocabulary& vocabulary) {
  static std::atomic<uint32_t> serials{0};
  auto cut = make_byte_level_cut(pre_tokenizer);
  if (!cut) return std::nullopt;
  ByteLevelBpe made;
  std::string character;
  for (size_t byte = 0; byte < 256; ++byte) {
    character.clear();
    utf8_append(character, byte_characters()[byte]);
    made.bytes_[byte] = vocabulary.find(character);
    if (made.bytes_[byte] < 0) return std::nullopt;
  }
  made.rules_ = read_bpe_rules(model, vocabulary);
  if (!made.rules_.prefix.empty() || !made.rules_.suffix.empty()) return std::nullopt;
  made.cut_ = std::move(*cut);
  made.vocabulary_ = &vocabulary;
  made.sizes_.resize(static_cast<size_t>(vocabulary.size()));
  for (Id id = 0; id < vocabulary.size(); ++id) {
    std::string bytes;
    if (vocabulary.has(id)) append_bytes_of(bytes, vocabulary.token(id));
    made.sizes_[static_cast<size_t>(id)] = static_cast<uint32_t>(bytes.size());
  }
  made.serial_ = ++serials;
  return made;
}

void ByteLevelBpe::encode_word(std::string_view word, std::vector<Symbol>& symbols) const {
  symbols.clear();
  if (rules_.ignore_merges) {
    std::string characters;
    append_byte_characters(characters, word);
    const Id whole = vocabulary_->find(characters);
    if (whole >= 0) return symbols.push_back({whole, static_cast<uint32_t>(word.size())});
  }
  for (const char byte : word) symbols.push_back({bytes_[static_cast<unsigned char>(byte)], 1});
  rules_.merges.merge(symbols);
}

void ByteLevelBpe::encode_words(std::string_view text, const std::vector<Range>& words,
                                std::vector<Id>& ids) const {
  Remembered* const remembered = words_of_this_thread();
  std::vector<Symbol> symbols;
  const char* const end = text.data() + text.size();
  size_t written = ids.size();
  for (size_t i = 0; i < words.size(); ++i) {
    if (i % kAtOnce == 0) ids.resize(written + kAtOnce * kMostIds);
    const std::string_view word = text.substr(words[i].begin, words[i].end - words[i].begin);
    Remembered* slot = nullptr;
    if (word.size() <= kMostBytes) {
      const Key key(word.data(), word.size(), end);
      const uint64_t hash =
          hash_mix(hash_mix(key.words[0] ^ serial_, key.words[1] + word.size()), key.words[2]);
      slot = remembered + hash % kSlots;
      if (slot->serial == serial_ && slot->size == word.size() &&
          std::memcmp(slot->key, key.words, sizeof(key.words)) == 0) {
        std::memcpy(ids.data() + written, slot->ids, sizeof(slot->ids));
        written += slot->count;
        continue;
      }
      std::memcpy(slot->key, key.words, sizeof(key.words));
      slot->serial = 0;  // until it holds the word's ids
    }
    encode_word(word, symbols);
    const size_t room = (kAtOnce - i % kAtOnce) * kMostIds;
    ids.resize(std::max(ids.size(), written + symbols.size() + room));
    for (const Symbol& symbol : symbols) ids[written++] = symbol.id;
    if (slot == nullptr || symbols.size() > kMostIds) continue;
    slot->serial = serial_;
    slot->size = static_cast<uint16_t>(word.size());
    slot->count = static_cast<uint16_t>(symbols.size());
    for (size_t j = 0; j < symbols.size(); ++j) slot->ids[j] = symbols[j].id;
  }
  ids.resize(written);
}

void ByteLevelBpe::encode(std::string_view text, std::vector<Id>& ids) const {
  std::vector<Range> words = {{0, static_cast<uint32_t>(text.size())}};
  std::vector<Range> finer;
  for (const auto& cutter : cut_.cutters) {
    finer.clear();
    finer.reserve(words.size() + text.size() / 4);
    for (const Range word : words) cutter->cut(text, word, finer);
    std::swap(words, finer);
  }
  encode_words(text, words, ids);
}

}  // namespace assay::text
