#include "core/base/error.hpp"
#include "core/base/suggest.hpp"
#include "core/cli/select.hpp"
#include "core/plan/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>

namespace assay::cli {
namespace {

const std::string kWays =
    "write at least four digits of a run's id, \"latest\", or a point such as score:seed=1; "
    "`assay status` lists the runs";

/// When the run was last written to.
fs::file_time_type touched(const fs::path& folder) {
  fs::file_time_type latest = fs::file_time_type::min();
  std::error_code error;
  for (const char* name : {"run.h5", "journal.wal"})
    if (const auto time = fs::last_write_time(folder / name, error); !error)
      latest = std::max(latest, time);
  return latest;
}

std::vector<fs::path> newest_plans(const fs::path& root) {
  std::vector<std::pair<fs::file_time_type, fs::path>> plans;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(root / "plans", error))
    if (entry.path().extension() == ".json")
      plans.emplace_back(fs::last_write_time(entry.path(), error), entry.path());
  std::sort(plans.rbegin(), plans.rend());
  std::vector<fs::path> out;
  for (auto& [time, path] : plans) out.push_back(path);
  return out;
}

/// "score:seed=1" -> the stage and its parts, sorted.
std::pair<std::string, std::set<std::string>> parts_of(const std::string& label) {
  const size_t colon = label.find(':');
  std::pair<std::string, std::set<std::string>> out{label.substr(0, colon), {}};
  std::string part;
  std::istringstream axes(colon == std::string::npos ? "" : label.substr(colon + 1));
  while (std::getline(axes, part, ',')) out.second.insert(part);
  return out;
}

/// A point by its label, or by those of its axes that are enough to tell it from the others.
fs::path select_point(const RunsFolder& runs, const std::string& name) {
  const auto [stage, wanted] = parts_of(name);
  std::vector<std::string> labels;
  for (const auto& file : newest_plans(runs.root())) {
    const Plan plan = plan_from_json(Json::parse(read_file(file)));
    std::vector<const Point*> found;
    for (const auto& point : plan.points) {
      labels.push_back(point.label());
      const auto [its_stage, its_parts] = parts_of(labels.back());
      if (its_stage == stage &&
          std::includes(its_parts.begin(), its_parts.end(), wanted.begin(), wanted.end()))
        found.push_back(&point);
    }
    if (found.size() > 1)
      throw BadInput("E161",
                     fmt::format("\"{}\" names {} runs of {}", name, found.size(), plan.file),
                     fmt::format("add axes, as in {}", found.front()->label()));
    if (found.size() == 1) {
      const Run& run = plan.runs[found.front()->run];
      return runs.folder(run.plugin, run.method, run.id);
    }
  }
  const std::string near = did_you_mean(name, labels);
  throw BadInput("E161", fmt::format("no plan in {} has a run \"{}\"", runs.root().string(), name),
                 (near.empty() ? "" : near + " ") + kWays);
}

/// Whether a plan has a stage of that name: "add" is one, and could be the beginning of an id.
bool is_stage(const RunsFolder& runs, const std::string& name) {
  for (const auto& file : newest_plans(runs.root()))
    for (const auto& point : plan_from_json(Json::parse(read_file(file))).points)
      if (parts_of(point.label()).first == name) return true;
  return false;
}

}  // namespace

std::map<std::string, std::string> labels_of_runs(const RunsFolder& runs) {
  std::map<std::string, std::string> labels;
  for (const auto& file : newest_plans(runs.root())) {
    const Plan plan = plan_from_json(Json::parse(read_file(file)));
    for (const auto& point : plan.points)
      labels.emplace(plan.runs[point.run].short_id(), plan.name + "  " + point.label());
  }
  return labels;
}

fs::path select_run(const RunsFolder& runs, const std::string& name) {
  if (name == "latest") {
    const auto all = runs.all();
    if (all.empty())
      throw BadInput("E161", "there are no runs in " + runs.root().string(),
                     "`assay run FILE` makes some; --runs DIR names another folder");
    return *std::max_element(all.begin(), all.end(), [](const fs::path& a, const fs::path& b) {
      return touched(a) < touched(b);
    });
  }
  const bool is_hex = name.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!is_hex) return select_point(runs, name);
  const auto found = name.size() < 4 ? std::vector<fs::path>{} : runs.find(name);
  if (found.empty() && is_stage(runs, name)) return select_point(runs, name);
  if (name.size() < 4) throw BadInput("E161", fmt::format("\"{}\" names no run", name), kWays);
  if (found.empty())
    throw BadInput(
        "E161",
        fmt::format("no run in {} has an id that begins with {}", runs.root().string(), name),
        "`assay status` lists the runs");
  if (found.size() > 1)
    throw BadInput("E161",
                   fmt::format("{} runs begin with {}: write more digits", found.size(), name));
  return found.front();
}

}  // namespace assay::cli
