#include "plugins/common/data/bytes.hpp"
#include "plugins/qqt/curve_files.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>

namespace qqt {
namespace {
using assay::data::malformed;
using Json = nlohmann::json;

/// Gives pools that have no rank the next one, in the order of the file.
void rank_pools(std::vector<Curve>& curves) {
  int64_t rank = 0;
  for (Curve& c : curves)
    if (c.role == "pool") {
      if (c.members.empty()) c.members = {rank};
      ++rank;
    }
}

double number(const Json& item, const std::string& path, const std::string& what) {
  if (!item.is_number()) malformed(path, what + " is " + item.dump() + "; it must be a number");
  return item.get<double>();
}

std::string text(const Json& table, const char* key, const std::string& otherwise,
                 const std::string& path) {
  const auto found = table.find(key);
  if (found == table.end()) return otherwise;
  if (!found->is_string()) malformed(path, std::string(key) + " must be text in quotes");
  return found->get<std::string>();
}

/// [n, error, sd?, seed?]; an sd that is null, or "nan" (which is how TOML's arrives), is unknown.
Point point_of(const Json& item, const std::string& path, const std::string& pool) {
  const std::string what = "a point of pool \"" + pool + "\"";
  if (!item.is_array() || item.size() < 2 || item.size() > 4)
    malformed(path, what + " is " + item.dump() + "; it must be [n, error, sd?, seed?]");
  Point p{number(item[0], path, "n of " + what), number(item[1], path, "the error of " + what)};
  if (item.size() > 2 && !item[2].is_null() && item[2] != "nan" && item[2] != "NaN")
    p.sd = number(item[2], path, "the standard deviation of " + what);
  if (item.size() > 3) {
    if (!item[3].is_number_integer()) malformed(path, "the seed of " + what + " must be whole");
    p.seed = item[3].get<int64_t>();
  }
  return p;
}

Curve curve_of(const Json& item, const std::string& path) {
  static const char* const known[] = {"name", "N", "role", "quality_id", "members", "points"};
  if (!item.is_object()) malformed(path, "an entry of pools is no table");
  for (const auto& [key, value] : item.items())
    if (std::find(std::begin(known), std::end(known), key) == std::end(known))
      malformed(path, "a pool has the unknown key \"" + key +
                          "\"; known are name, N, role, quality_id, members, points");
  Curve c;
  c.pool = text(item, "name", "", path);
  c.role = text(item, "role", "pool", path);
  c.quality_id = text(item, "quality_id", "", path);
  if (!item.contains("N"))
    malformed(path, "pool \"" + c.pool + "\" has no N, its distinct samples");
  c.N = number(item["N"], path, "N of pool \"" + c.pool + "\"");
  if (const auto members = item.find("members"); members != item.end()) {
    if (!members->is_array()) malformed(path, "members is a list of ranks, as [0, 1]");
    for (const Json& m : *members) {
      if (!m.is_number_unsigned()) malformed(path, "members are whole numbers from 0");
      c.members.push_back(m.get<int64_t>());
    }
  }
  const auto points = item.find("points");
  if (points == item.end() || !points->is_array())
    malformed(path, "pool \"" + c.pool + "\" has no list of points");
  for (const Json& p : *points) c.points.push_back(point_of(p, path, c.pool));
  return c;
}

std::vector<Curve> from_json(const std::string& text, const std::string& path) {
  Json file;
  try {
    file = Json::parse(text);
  } catch (const Json::parse_error& e) {
    malformed(path, "is no JSON: byte " + std::to_string(e.byte));
  }
  if (!file.is_object() || !file.contains("pools") || !file["pools"].is_array())
    malformed(path, "has no list \"pools\"");
  std::vector<Curve> curves;
  for (const Json& item : file["pools"]) curves.push_back(curve_of(item, path));
  return curves;
}

/// Quotes keep commas; two of them in a quoted field are one. No field goes over a line's end.
std::vector<std::string> fields_of(std::string line) {
  if (!line.empty() && line.back() == '\r') line.pop_back();
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"')
      fields.back() += line[++i];
    else if (c == '"')
      quoted = !quoted;
    else if (c == ',' && !quoted)
      fields.emplace_back();
    else if (c != ' ' || !fields.back().empty())
      fields.back() += c;
  }
  for (auto& f : fields) f.erase(f.find_last_not_of(" \t") + 1);
  return fields;
}

/// The columns of a CSV file by name, and the row that is read.
class Row {
 public:
  Row(const std::string& header, const std::string& path) : path_(path), names_(fields_of(header)) {
    static const char* const known[] = {"pool", "N",    "n",          "error",  "seed",
                                        "sd",   "role", "quality_id", "members"};
    for (const auto& name : names_)
      if (std::find(std::begin(known), std::end(known), name) == std::end(known))
        wrong("has the column \"" + name +
              "\"; known are pool, N, n, error, seed, sd, role, quality_id, members");
    for (const char* needed : {"pool", "N", "n", "error"})
      if (!has(needed)) wrong(std::string("is a header without a column ") + needed);
  }
  /// False for an empty line.
  bool next(const std::string& line) {
    ++line_;
    fields_ = fields_of(line);
    if (fields_.size() == 1 && fields_[0].empty()) return false;
    if (fields_.size() != names_.size())
      wrong("has " + std::to_string(fields_.size()) + " fields; the header has " +
            std::to_string(names_.size()));
    return true;
  }
  std::string text(const char* name, const std::string& otherwise = "") const {
    const auto at = std::find(names_.begin(), names_.end(), name) - names_.begin();
    return has(name) ? fields_[static_cast<size_t>(at)] : otherwise;
  }
  std::optional<double> number(const char* name) const {
    const std::string field = text(name);
    if (field.empty()) return std::nullopt;
    double value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size())
      wrong("has \"" + field + "\" in column " + name + "; it must be a number");
    return value;
  }
  double required(const char* name) const {
    const auto value = number(name);
    if (!value) wrong(std::string("has nothing in column ") + name);
    return *value;
  }
  /// -1 for none.
  int64_t seed() const {
    const double value = number("seed").value_or(-1);
    if (!(value >= -1 && value <= 0x1p53) || value != std::floor(value))
      wrong("has the seed " + text("seed") + "; it is a whole number from 0, or nothing");
    return static_cast<int64_t>(value);
  }
  std::vector<int64_t> members() const {
    try {
      return parse_members(text("members"));
    } catch (const std::invalid_argument& e) {
      wrong(std::string("is no good: ") + e.what());
    }
  }
  [[noreturn]] void wrong(const std::string& what) const {
    malformed(path_, "line " + std::to_string(line_) + " " + what);
  }

 private:
  bool has(const char* name) const {
    return std::find(names_.begin(), names_.end(), name) != names_.end();
  }
  std::string path_;
  std::vector<std::string> names_, fields_;
  int64_t line_ = 1;
};

std::vector<Curve> from_csv(const std::string& content, const std::string& path) {
  std::istringstream lines(content);
  std::string line;
  std::getline(lines, line);
  Row row(line, path);
  std::vector<Curve> curves;
  std::map<std::string, size_t> place;
  while (std::getline(lines, line)) {
    if (!row.next(line)) continue;
    Curve c{row.text("pool"), row.text("role", "pool"), row.text("quality_id"),
            row.members(),    row.required("N"),        {}};
    const auto [at, fresh] = place.emplace(c.pool, curves.size());
    if (fresh) curves.push_back(c);
    Curve& into = curves[at->second];
    if (into.N != c.N || into.role != c.role || into.quality_id != c.quality_id ||
        into.members != c.members)
      row.wrong("gives pool \"" + c.pool + "\" another N, role, quality_id or members");
    Point p{row.required("n"), row.required("error")};
    p.sd = row.number("sd").value_or(p.sd);
    p.seed = row.seed();
    into.points.push_back(p);
  }
  return curves;
}

}  // namespace

std::vector<Curve> read_curve_file(const std::string& path) {
  const auto bytes = assay::data::read_bytes(path);
  const std::string content(assay::data::as_text(bytes));
  std::vector<Curve> curves;
  if (path.ends_with(".json"))
    curves = from_json(content, path);
  else if (path.ends_with(".toml"))
    curves = from_json(toml_to_json(content, path), path);
  else if (path.ends_with(".csv"))
    curves = from_csv(content, path);
  else
    malformed(path, "is none of .json, .toml, .csv");
  if (curves.empty()) malformed(path, "has no pools");
  rank_pools(curves);
  std::set<std::string> names;
  for (Curve& c : curves) {
    check_curve(c, path);
    if (!names.insert(c.pool).second) malformed(path, "has two pools named \"" + c.pool + "\"");
  }
  return curves;
}

}  // namespace qqt
