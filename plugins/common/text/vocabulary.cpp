#include "plugins/common/text/hash.hpp"
#include "plugins/common/text/vocabulary.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <stdexcept>

namespace assay::text {

namespace {

/// Ids up to here may follow `count` tokens: gaps cost memory, and the file may lie.
int64_t id_limit(size_t count) { return 4 * static_cast<int64_t>(count) + 65536; }

}  // namespace

Vocabulary::Vocabulary(const nlohmann::json& object) {
  if (!object.is_object()) {
    throw std::invalid_argument(std::string("the model's \"vocab\" is ") + object.type_name() +
                                "; an object from token to id was expected");
  }
  int64_t last = -1;
  for (const auto& [token, id] : object.items()) {
    if (!id.is_number_integer() || id.get<int64_t>() < 0 ||
        id.get<int64_t>() >= id_limit(object.size())) {
      throw std::invalid_argument("token \"" + token + "\" has the id " + id.dump() +
                                  "; ids are whole numbers from 0 with few gaps");
    }
    last = std::max(last, id.get<int64_t>());
  }
  tokens_.reserve(static_cast<size_t>(last + 1));
  for (const auto& [token, id] : object.items()) add(token, id.get<Id>());
}

Id Vocabulary::find(std::string_view token) const {
  if (slots_.empty()) return -1;
  const size_t mask = slots_.size() - 1;
  for (size_t slot = hash_bytes(token) & mask;; slot = (slot + 1) & mask) {
    const Id id = slots_[slot];
    if (id < 0 || tokens_[static_cast<size_t>(id)] == token) return id;
  }
}

const std::string& Vocabulary::token(Id id) const {
  if (!has(id)) {
    throw std::invalid_argument("the vocabulary has no token " + std::to_string(id) + "; it has " +
                                std::to_string(size()) + " ids");
  }
  return tokens_[static_cast<size_t>(id)];
}

void Vocabulary::add(std::string_view token, Id id) {
  const Id known = find(token);
  if (known == id && id >= 0) return;
  if (known >= 0 || has(id)) {
    throw std::invalid_argument(
        "token \"" + std::string(token) + "\" has the id " + std::to_string(id) + ", but " +
        (known >= 0 ? "also " + std::to_string(known) : "so has \"" + this->token(id) + "\""));
  }
  const size_t count = std::max(used_, tokens_.capacity());
  if (id < 0 || id >= id_limit(count)) {
    throw std::invalid_argument("token \"" + std::string(token) + "\" has the id " +
                                std::to_string(id) + " in a vocabulary of " +
                                std::to_string(used_));
  }
  const auto at = static_cast<size_t>(id);
  if (at >= tokens_.size()) tokens_.resize(at + 1), present_.resize(at + 1);
  tokens_[at] = token;
  present_[at] = true;
  if (2 * (used_ + 1) > slots_.size()) grow();
  insert(id);
  ++used_;
}

void Vocabulary::insert(Id id) {
  const size_t mask = slots_.size() - 1;
  size_t slot = hash_bytes(tokens_[static_cast<size_t>(id)]) & mask;
  while (slots_[slot] >= 0) slot = (slot + 1) & mask;
  slots_[slot] = id;
}

void Vocabulary::grow() {
  const std::vector<Id> before = std::move(slots_);
  slots_.assign(before.empty() ? 64 : 2 * before.size(), -1);
  for (const Id id : before) {
    if (id >= 0) insert(id);
  }
}

}  // namespace assay::text
