#include "plugins/qqt/curves.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <sstream>
#include <tuple>

namespace qqt {
namespace {

/// Pools before controls before unions; by rank; by name.
auto place(const Curve& c) {
  const int role = c.role == "pool" ? 0 : c.role == "control" ? 1 : 2;
  return std::tuple(role, c.members.empty(), c.members.size(), c.members, c.pool);
}

/// Adds the rows of one table to the curves, which are found by name.
void add_table(const assay::Reader& table, std::map<std::string, Curve>& curves) {
  const std::string at = table.has("pool") ? "" : "tables/curves/";
  const auto pool = table.strings(at + "pool"), role = table.strings(at + "role"),
             quality = table.strings(at + "quality_id"), members = table.strings(at + "members");
  const auto N = table.read<double>(at + "pool_size"), n = table.read<double>(at + "n"),
             error = table.read<double>(at + "error"), sd = table.read<double>(at + "sd");
  const auto seed = table.read<int64_t>(at + "seed");
  for (size_t i = 0; i < pool.size(); ++i) {
    const Curve fresh{pool[i], role[i], quality[i], parse_members(members[i]), N[i], {}};
    Curve& curve = curves.try_emplace(pool[i], fresh).first->second;
    if (curve.role != fresh.role || curve.quality_id != fresh.quality_id ||
        curve.members != fresh.members || curve.N != fresh.N)
      throw std::invalid_argument("pool \"" + pool[i] +
                                  "\" has two sizes, roles, qualities or members among the curves; "
                                  "give different pools different names");
    curve.points.push_back({n[i], error[i], sd[i], seed[i]});
  }
}

}  // namespace

std::vector<double> samples_of(const Curve& curve) {
  std::vector<double> n;
  for (const Point& p : curve.points) n.push_back(p.n);
  return n;
}

bool repeats(const Curve& curve) {
  return std::any_of(curve.points.begin(), curve.points.end(),
                     [&](const Point& p) { return p.n > curve.N; });
}

std::string shown(double x) {
  std::ostringstream out;
  out.precision(7);
  out << x;
  return out.str();
}

std::string members_text(const std::vector<int64_t>& members) {
  std::string text;
  for (const auto m : members) text += (text.empty() ? "" : "+") + std::to_string(m);
  return text;
}

std::vector<int64_t> parse_members(const std::string& text) {
  std::vector<int64_t> members;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    int64_t rank = -1;
    const auto [next, error] = std::from_chars(at, end, rank);
    const bool more = next != end && *next == '+' && next + 1 != end;
    if (error != std::errc() || rank < 0 || (next != end && !more))
      throw std::invalid_argument("members are ranks from 0 joined by +, as 0+1; got \"" + text +
                                  "\"");
    members.push_back(rank);
    at = more ? next + 1 : next;
  }
  return members;
}

void check_curve(Curve& curve, const std::string& where) {
  const std::string who = (where.empty() ? "" : where + ": ") + "pool \"" + curve.pool + "\"";
  const auto refuse = [&](const std::string& what) { throw std::invalid_argument(who + what); };
  if (curve.pool.empty()) refuse(" has no name");
  if (curve.role != "pool" && curve.role != "control" && curve.role != "union")
    refuse(" has the role \"" + curve.role + "\"; it is pool, control or union");
  if (!(curve.N > 0) || !std::isfinite(curve.N))
    refuse(" has N = " + shown(curve.N) + "; its distinct samples are a number above 0");
  if (curve.points.empty()) refuse(" has no points");
  if (curve.role == "union" && curve.members.size() < 2)
    refuse(" is a union and needs the ranks of at least two pools as members");
  if (curve.role == "pool" && curve.members.size() > 1)
    refuse(" has several members; a pool has its own rank alone, a union is of the role union");
  for (size_t i = 0; i < curve.members.size(); ++i)
    if (std::count(curve.members.begin(), curve.members.end(), curve.members[i]) > 1)
      refuse(" has member " + std::to_string(curve.members[i]) + " twice");
  for (const Point& p : curve.points) {
    if (!(p.n > 0) || !std::isfinite(p.n))
      refuse(" has a point at n = " + shown(p.n) + "; samples seen are a number above 0");
    if (!(p.error >= 0 && p.error <= 1))
      refuse(" has the error " + shown(p.error) + " at n = " + shown(p.n) +
             "; errors are from 0 to 1 (1 - accuracy, not percent)");
    if (p.sd < 0 || std::isinf(p.sd))
      refuse(" has the standard deviation " + shown(p.sd) + "; it is at least 0, or unknown");
  }
  std::sort(curve.points.begin(), curve.points.end(), [](const Point& a, const Point& b) {
    return std::tie(a.n, a.seed) < std::tie(b.n, b.seed);
  });
  for (size_t i = 1; i < curve.points.size(); ++i) {
    const Point &a = curve.points[i - 1], &b = curve.points[i];
    if (a.n == b.n && a.seed == b.seed)
      refuse(" is measured twice at n = " + shown(a.n) +
             (a.seed < 0 ? "; give repetitions different seeds"
                         : " with seed " + std::to_string(a.seed)));
  }
}

void write_curves(const assay::Job& job, std::vector<Curve> curves) {
  std::vector<std::string> pool, role, quality, members;
  std::vector<double> N, n, error, sd;
  std::vector<int64_t> seed;
  for (Curve& c : curves) {
    check_curve(c);
    for (const Point& p : c.points) {
      pool.push_back(c.pool), role.push_back(c.role), quality.push_back(c.quality());
      members.push_back(members_text(c.members));
      N.push_back(c.N), n.push_back(p.n), error.push_back(p.error), sd.push_back(p.sd);
      seed.push_back(p.seed);
    }
  }
  job.rows("curves", {{"pool", pool},
                      {"role", role},
                      {"quality_id", quality},
                      {"members", members},
                      {"pool_size", N},
                      {"n", n},
                      {"error", error},
                      {"sd", sd},
                      {"seed", seed}});
}

std::vector<Curve> read_curves(const assay::Job& job, const std::string& input) {
  std::map<std::string, Curve> by_name;
  for (size_t i = 0; i < job.inputs(input); ++i) add_table(job.open(input, i), by_name);
  std::vector<Curve> curves;
  for (auto& [name, curve] : by_name) {
    check_curve(curve);
    curves.push_back(std::move(curve));
  }
  std::sort(curves.begin(), curves.end(),
            [](const Curve& a, const Curve& b) { return place(a) < place(b); });
  for (size_t i = 1; i < curves.size(); ++i) {
    const Curve &one = curves[i - 1], &two = curves[i];
    if (two.role == "pool" && !two.members.empty() && one.members == two.members)
      throw std::invalid_argument("pools \"" + one.pool + "\" and \"" + two.pool +
                                  "\" both have the rank " + members_text(two.members) +
                                  " among the curves; give the pools of each file ranks of their "
                                  "own as members");
  }
  return curves;
}

}  // namespace qqt
