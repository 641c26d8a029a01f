#include "plugins/qqt/curves.hpp"
#include "plugins/qqt/laws.hpp"

#include <algorithm>

namespace qqt {
namespace {

std::vector<uint8_t> flags(const assay::Reader& table, const std::string& key) {
  std::vector<uint8_t> out(static_cast<size_t>(table.shape(key).at(0)));
  const size_t i = table.index(key);
  table.read_into(i, out.data(), table.about(i).second);
  return out;
}

}  // namespace

void write_laws(const assay::Job& job, const Laws& laws) {
  std::vector<int64_t> draw, points, parameters;
  std::vector<std::string> pool, role, quality, members, law, form;
  std::vector<double> N, a, b, tau, d, gamma, unit;
  std::vector<uint8_t> usable;
  for (size_t at = 0; at <= laws.draws.size(); ++at)
    for (size_t c = 0; c < laws.pools.size(); ++c) {
      const PoolFit& fit = laws.pools[c];
      const Parameters& p = at == 0 ? fit.p : laws.draws[at - 1][c];
      draw.push_back(static_cast<int64_t>(at) - 1);
      pool.push_back(fit.pool), role.push_back(fit.role), quality.push_back(fit.quality_id);
      members.push_back(members_text(fit.members));
      N.push_back(fit.N), a.push_back(p.a), b.push_back(p.b), tau.push_back(p.tau);
      d.push_back(p.d), gamma.push_back(laws.gamma), usable.push_back(fit.usable);
      law.push_back(name_of(laws.setting.law)), form.push_back(name_of(laws.setting.form));
      unit.push_back(laws.setting.unit);
      points.push_back(laws.points), parameters.push_back(laws.parameters);
    }
  job.rows("laws", {{"draw", draw},
                    {"pool", pool},
                    {"role", role},
                    {"quality_id", quality},
                    {"members", members},
                    {"pool_size", N},
                    {"a", a},
                    {"b", b},
                    {"tau", tau},
                    {"d", d},
                    {"gamma", gamma},
                    {"usable", assay::bools(usable)},
                    {"law", law},
                    {"form", form},
                    {"unit", unit},
                    {"points", points},
                    {"parameters", parameters}});
}

Laws read_laws(const assay::Reader& reader) {
  const std::string at = reader.has("draw") ? "" : "tables/laws/";
  const auto draw = reader.read<int64_t>(at + "draw");
  const auto pool = reader.strings(at + "pool"), role = reader.strings(at + "role"),
             quality = reader.strings(at + "quality_id"), members = reader.strings(at + "members"),
             law = reader.strings(at + "law"), form = reader.strings(at + "form");
  const auto N = reader.read<double>(at + "pool_size"), a = reader.read<double>(at + "a"),
             b = reader.read<double>(at + "b"), tau = reader.read<double>(at + "tau"),
             d = reader.read<double>(at + "d"), gamma = reader.read<double>(at + "gamma"),
             unit = reader.read<double>(at + "unit");
  const auto usable = flags(reader, at + "usable");
  const auto points = reader.read<int64_t>(at + "points"),
             parameters = reader.read<int64_t>(at + "parameters");
  Laws laws;
  for (size_t i = 0; i < draw.size(); ++i) {
    const Parameters p{a[i], b[i], tau[i], d[i]};
    if (draw[i] < 0) {
      laws.setting = make_setting(law[i], form[i], unit[i]);
      laws.gamma = gamma[i];
      laws.points = points[i], laws.parameters = parameters[i];
      laws.pools.push_back(
          {pool[i], role[i], quality[i], parse_members(members[i]), N[i], p, usable[i] != 0});
    } else {
      const auto at_draw = static_cast<size_t>(draw[i]);
      if (at_draw > laws.draws.size() || at_draw + 1 < laws.draws.size())
        throw std::invalid_argument("the table of laws has draw " + std::to_string(draw[i]) +
                                    " out of order; draws ascend from -1 by one");
      if (at_draw == laws.draws.size()) laws.draws.emplace_back();
      laws.draws[at_draw].push_back(p);
    }
  }
  const bool whole = std::all_of(laws.draws.begin(), laws.draws.end(),
                                 [&](const auto& of) { return of.size() == laws.pools.size(); });
  if (laws.pools.empty() || !whole)
    throw std::invalid_argument("the table of laws has no pools, or draws of other pools");
  return laws;
}

}  // namespace qqt
