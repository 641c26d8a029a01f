// Method `import_params`: laws from a file of fitted parameters in the released code's layout, so
// that they can be predicted from without the curves they were fitted to.
#include "plugins/common/data/bytes.hpp"
#include "plugins/qqt/laws.hpp"

#include <nlohmann/json.hpp>

#include <cmath>
#include <sstream>

namespace qqt {

struct ImportParams {
  static constexpr const char* name = "import_params";
  std::string id;
  std::string law = "utility", form = "code";
  double unit = 1e5;
  double pool_size = 12.8e6;
  int64_t controls = 1;
  double d = 0.1;

  static void describe(assay::Schema<ImportParams>& s) {
    s.summary("Laws from a parameter file of the released code");
    s.flag(ASSAY_SEEDLESS);
    s.param("id", &ImportParams::id, "which line of the file; empty if it has one");
    s.param("law", &ImportParams::law, "that the parameters belong to; the file does not say")
        .choices({"utility", "data"});
    s.param("form", &ImportParams::form, "released parameters are of form code")
        .choices({"code", "paper"});
    s.param("unit", &ImportParams::unit, "u of the law").above(0).unit("samples");
    s.param("pool_size", &ImportParams::pool_size, "N of every pool").above(0).unit("samples");
    s.param("controls", &ImportParams::controls,
            "how many entries at the end are controls and no pools")
        .min(0);
    s.param("d", &ImportParams::d, "if the line has no d_value").min(0).below(1);
    s.input("params", ASSAY_FILE,
            "JSON Lines: id, best_a, b_values, c_values (half-lives), names, d_value");
    declare_laws(s);
  }

  void run(assay::Job& job) const;
};

namespace {
using assay::data::malformed;
using Json = nlohmann::json;

/// The line of this id; all ids are named if it is not there.
Json find_line(const std::string& path, const std::string& id) {
  const auto bytes = assay::data::read_bytes(path);
  std::istringstream lines{std::string(assay::data::as_text(bytes))};
  std::vector<Json> found;
  std::string line, ids;
  for (int64_t number = 1; std::getline(lines, line); ++number) {
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    Json item = Json::parse(line, nullptr, false);
    if (!item.is_object()) malformed(path, "line " + std::to_string(number) + " is no JSON object");
    const auto own = item.find("id");
    const std::string name = own != item.end() && own->is_string() ? own->get<std::string>() : "";
    ids += (ids.empty() ? "" : ", ") + name;
    if (id.empty() || name == id) found.push_back(std::move(item));
  }
  if (found.size() != 1)
    malformed(path, id.empty() ? "has " + std::to_string(found.size()) +
                                     " lines; choose one by its id: " + ids
                               : "has " + std::to_string(found.size()) + " lines of the id \"" +
                                     id + "\"; it has " + ids);
  return found.front();
}

template <class T>
T field(const Json& line, const char* key, const std::string& path) {
  try {
    return line.at(key).get<T>();
  } catch (const Json::exception&) {
    malformed(path, std::string("needs \"") + key + "\", a " +
                        (std::is_same_v<T, double> ? "number" : "list of its kind"));
  }
}

}  // namespace

void ImportParams::run(assay::Job& job) const {
  const std::string path = job.path("params");
  const Json line = find_line(path, id);
  const auto names = field<std::vector<std::string>>(line, "names", path);
  const auto b = field<std::vector<double>>(line, "b_values", path),
             tau = field<std::vector<double>>(line, "c_values", path);
  const auto a = field<double>(line, "best_a", path);
  if (names.empty() || b.size() != names.size() || tau.size() != names.size())
    malformed(path, "has " + std::to_string(names.size()) + " names, " + std::to_string(b.size()) +
                        " b_values and " + std::to_string(tau.size()) +
                        " c_values; these are one each for every pool");
  if (line.contains("a_values"))
    for (const double own : field<std::vector<double>>(line, "a_values", path))
      if (std::abs(own / a - 1) > 1e-9)
        malformed(path, "has a pool with a = " + shown(own) + " beside best_a = " + shown(a) +
                            "; laws of mixtures have one a for all pools: fit with a shared a");
  if (controls >= static_cast<int64_t>(names.size()))
    malformed(path, "has " + std::to_string(names.size()) + " entries; with controls = " +
                        std::to_string(controls) + " no pool is left");
  Laws laws{make_setting(law, form, unit), 1, {}, {}};
  const size_t pools = names.size() - static_cast<size_t>(controls);
  for (size_t i = 0; i < names.size(); ++i) {
    const Parameters p{a, b[i], tau[i],
                       line.contains("d_value") ? field<double>(line, "d_value", path) : d};
    if (!(p.a > 0) || !(p.b < 0) || !(p.tau > 0) || !(p.d >= 0 && p.d < 1))
      malformed(path, "gives \"" + names[i] + "\" a = " + shown(p.a) + ", b = " + shown(p.b) +
                          ", half-life " + shown(p.tau) + ", d = " + shown(p.d) +
                          "; a and the half-life are above 0, b below 0, d from 0 to 1");
    PoolFit fit{names[i], "pool", names[i], {static_cast<int64_t>(i)}, pool_size, p};
    if (i >= pools) fit.role = "control", fit.members.clear();
    laws.pools.push_back(std::move(fit));
  }
  write_laws(job, laws);
}

}  // namespace qqt

ASSAY_METHOD(qqt::ImportParams)
