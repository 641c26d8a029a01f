// A run's parameters as the array of assay_value that a plugin receives.
#pragma once
#include "core/plan/schema.hpp"

#include <deque>
#include <string>
#include <vector>

namespace assay {

/// Owns what the values point to. In the schema's order; a missing or null parameter is absent.
class Values {
 public:
  /// Throws Failure when `params` lacks a parameter without a default, or holds another type.
  Values(const MethodSchema& method, const Json& params);
  const assay_value* data() const { return values_.data(); }
  uint32_t size() const { return static_cast<uint32_t>(values_.size()); }

  /// One value of type `type`, owned by this object.
  assay_value make(assay_type type, const Json& value);
  Values() = default;

 private:
  std::vector<assay_value> values_;
  std::deque<std::string> strings_;
  std::deque<std::vector<int64_t>> ints_;
  std::deque<std::vector<double>> reals_;
  std::deque<std::vector<const char*>> lists_;
};

/// The type of a JSON value that stands alone: what Values::make() takes for it.
assay_type json_type(const Json& value);

}  // namespace assay
