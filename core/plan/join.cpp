#include "core/base/number.hpp"
#include "core/plan/join.hpp"
#include "core/plan/stage.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace assay {
namespace {

std::vector<size_t> positions(const Relation& relation, const std::vector<std::string>& axes) {
  std::vector<size_t> out;
  for (const auto& axis : axes)
    out.push_back(static_cast<size_t>(std::find(relation.axes.begin(), relation.axes.end(), axis) -
                                      relation.axes.begin()));
  return out;
}

std::string key_of(const JoinRow& row, const std::vector<size_t>& columns) {
  std::string key(columns.size() * sizeof(uint32_t), '\0');
  for (size_t i = 0; i < columns.size(); ++i)
    std::memcpy(key.data() + i * sizeof(uint32_t), &row.ids[columns[i]], sizeof(uint32_t));
  return key;
}

}  // namespace

std::string join_key(const Json& value) {
  if (value.is_number_float()) {
    const double x = value.get<double>();
    if (std::fabs(x) < 0x1p53 && std::nearbyint(x) == x)
      return std::to_string(static_cast<int64_t>(x));
    return ecmascript(x);
  }
  if (value.is_array()) {
    std::string out = "[";
    for (const auto& item : value) out += join_key(item) + ",";
    return out + "]";
  }
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

uint32_t AxisValuePool::id(const std::string& axis, const Json& value) {
  One& one = axes_[axis];
  const auto [it, fresh] =
      one.ids.emplace(join_key(value), static_cast<uint32_t>(one.values.size()));
  if (fresh) one.values.push_back(value);
  return it->second;
}
const Json& AxisValuePool::value(const std::string& axis, uint32_t id) const {
  return axes_.at(axis).values.at(id);
}

bool Relation::has(const std::string& axis) const {
  return std::find(axes.begin(), axes.end(), axis) != axes.end();
}
std::vector<uint32_t> Relation::column(const std::string& axis) const {
  const size_t at = positions(*this, {axis})[0];
  std::vector<uint32_t> out;
  for (const auto& row : rows) out.push_back(row.ids[at]);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<std::string> shared_axes(const Relation& a, const Relation& b) {
  std::vector<std::string> out;
  for (const auto& axis : a.axes)
    if (b.has(axis)) out.push_back(axis);
  return out;
}

RowIndex::RowIndex(const Relation& relation, const std::vector<std::string>& axes) : axes_(axes) {
  const auto columns = positions(relation, axes);
  for (size_t i = 0; i < relation.rows.size(); ++i)
    rows_[key_of(relation.rows[i], columns)].push_back(static_cast<uint32_t>(i));
}
const std::vector<uint32_t>& RowIndex::find(const Relation& other, const JoinRow& row) const {
  static const std::vector<uint32_t> kNone;
  const auto it = rows_.find(key_of(row, positions(other, axes_)));
  return it == rows_.end() ? kNone : it->second;
}

Relation natural_join(const Relation& a, const Relation& b, size_t most) {
  const auto shared = shared_axes(a, b);
  const RowIndex index(b, shared);
  Relation out;
  out.axes = a.axes;
  out.order = a.order;
  std::vector<size_t> added;
  for (size_t i = 0; i < b.axes.size(); ++i) {
    if (a.has(b.axes[i])) {
      out.order[positions(a, {b.axes[i]})[0]] = b.order[i];
    } else {
      added.push_back(i);
      out.axes.push_back(b.axes[i]);
      out.order.push_back(b.order[i]);
    }
  }
  for (const auto& row : a.rows)
    for (const uint32_t match : index.find(a, row)) {
      if (out.rows.size() > most) return out;
      const JoinRow& other = b.rows[match];
      JoinRow joined = row;
      for (const size_t i : added) joined.ids.push_back(other.ids[i]);
      joined.from.insert(joined.from.end(), other.from.begin(), other.from.end());
      out.rows.push_back(std::move(joined));
    }
  return out;
}

Relation project(const Relation& relation, const std::vector<std::string>& keep) {
  const auto columns = positions(relation, keep);
  Relation out;
  out.axes = keep;
  for (const size_t c : columns) out.order.push_back(relation.order[c]);
  std::unordered_map<std::string, size_t> seen;
  for (size_t i = 0; i < relation.rows.size(); ++i) {
    const JoinRow& row = relation.rows[i];
    const auto [it, fresh] = seen.emplace(key_of(row, columns), out.rows.size());
    if (fresh) {
      JoinRow projected;
      for (const size_t c : columns) projected.ids.push_back(row.ids[c]);
      out.rows.push_back(std::move(projected));
    }
    out.rows[it->second].from.push_back(static_cast<uint32_t>(i));
  }
  return out;
}

void put_in_order(Relation& relation) {
  if (relation.has("seed")) {
    const auto at = static_cast<ptrdiff_t>(positions(relation, {"seed"})[0]);
    const auto to_end = [at](auto& list) {
      std::rotate(list.begin() + at, list.begin() + at + 1, list.end());
    };
    to_end(relation.axes);
    to_end(relation.order);
    for (auto& row : relation.rows) to_end(row.ids);
  }
  std::vector<std::vector<uint32_t>> rank(relation.axes.size());
  for (size_t a = 0; a < rank.size(); ++a)
    for (size_t i = 0; i < relation.order[a].size(); ++i) {
      const uint32_t id = relation.order[a][i];
      if (rank[a].size() <= id) rank[a].resize(id + 1);
      rank[a][id] = static_cast<uint32_t>(i);
    }
  std::stable_sort(relation.rows.begin(), relation.rows.end(),
                   [&](const JoinRow& a, const JoinRow& b) {
                     for (size_t i = 0; i < rank.size(); ++i)
                       if (a.ids[i] != b.ids[i]) return rank[i][a.ids[i]] < rank[i][b.ids[i]];
                     return false;
                   });
}

}  // namespace assay
