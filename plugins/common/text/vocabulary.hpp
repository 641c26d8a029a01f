// The tokens of a tokenizer by id, and their ids.
#pragma once
#include "plugins/common/text/tokenizer.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace assay::text {

class Vocabulary {
 public:
  Vocabulary() = default;
  /// `model.vocab` of tokenizer.json: an object from token to id. Ids may have gaps, but few.
  explicit Vocabulary(const nlohmann::json& object);

  /// -1 if there is none.
  Id find(std::string_view token) const;
  /// Ids are 0 .. size() - 1.
  int64_t size() const { return static_cast<int64_t>(tokens_.size()); }
  bool has(Id id) const { return id >= 0 && id < size() && present_[static_cast<size_t>(id)]; }
  /// std::invalid_argument if there is none.
  const std::string& token(Id id) const;

  /// std::invalid_argument if the id is taken by another token or far beyond the others.
  void add(std::string_view token, Id id);

 private:
  void insert(Id id);
  void grow();

  std::vector<std::string> tokens_;
  std::vector<bool> present_;
  std::vector<Id> slots_;  // open addressing by hash of the token; -1 is free
  size_t used_ = 0;
};

}  // namespace assay::text
