// Relations over named axes: natural joins, projections, order.
#pragma once
#include "core/base/json.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace assay {

/// Numbers the values of each axis by their first appearance, so that rows compare fast.
class AxisValuePool {
 public:
  uint32_t id(const std::string& axis, const Json& value);
  const Json& value(const std::string& axis, uint32_t id) const;

 private:
  struct One {
    std::unordered_map<std::string, uint32_t> ids;
    std::vector<Json> values;
  };
  std::map<std::string, One> axes_;
};

/// JoinRows over axes: `ids` has one value id for each axis, `from` what the row came from.
struct JoinRow {
  std::vector<uint32_t> ids, from;
};
struct Relation {
  std::vector<std::string> axes;
  std::vector<std::vector<uint32_t>> order;  // of each axis: its ids as they are to be listed
  std::vector<JoinRow> rows;
  std::vector<uint32_t> column(const std::string& axis) const;  // distinct ids, ascending
  bool has(const std::string& axis) const;
};

/// Each pair of rows that agrees on all shared axes; axes of `a` first, then those only in `b`;
/// `from` of `a`, then that of `b`; a shared axis is listed in the order of `b`. Stops after `most`
/// rows: the result has then more than `most`.
Relation natural_join(const Relation& a, const Relation& b, size_t most);

/// JoinRow indices of `relation` by their values on `axes`, all of which it has.
class RowIndex {
 public:
  RowIndex(const Relation& relation, const std::vector<std::string>& axes);
  /// The rows that agree with `row` of `other` on the axes, in order.
  const std::vector<uint32_t>& find(const Relation& other, const JoinRow& row) const;

 private:
  std::vector<std::string> axes_;
  std::unordered_map<std::string, std::vector<uint32_t>> rows_;
};

std::vector<std::string> shared_axes(const Relation& a, const Relation& b);

/// Drops all axes but `keep`; rows that become equal become one, whose `from` holds the indices of
/// the rows it stands for.
Relation project(const Relation& relation, const std::vector<std::string>& keep);

/// Moves the axis `seed` to the end and sorts the rows by the order of their axes, the first axis
/// slowest.
void put_in_order(Relation& relation);

}  // namespace assay
