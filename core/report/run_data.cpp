#include "core/archive/archive.hpp"
#include "core/report/run_data.hpp"

#include <algorithm>
#include <fstream>

namespace assay {
namespace {

class ArchivedRun : public RunData {
 public:
  explicit ArchivedRun(const fs::path& file) : archive_(file) {}

  std::optional<double> metric(const std::string& name, const std::string& selector,
                               bool lower_is_better) override {
    return archive_.metric(name, selector, lower_is_better);
  }

  std::optional<Series> series(const std::string& metric) override {
    const auto step = array("metrics/" + metric + "/step");
    const auto value = array("metrics/" + metric + "/value");
    if (!step || !value) return std::nullopt;
    return Series{step->numbers(), value->numbers()};
  }

  std::optional<Array> array(const std::string& path) override {
    // Arrays that a run logged by step are a group: their values stand in one dataset.
    for (const auto& candidate : {path, path + "/value"})
      if (archive_.has(candidate) && is_dataset(candidate)) return archive_.read(candidate);
    return std::nullopt;
  }

  std::optional<std::string> text(const std::string& name, std::optional<int64_t> step) override {
    const auto found = array("text/" + name);
    if (!found || found->strings.empty()) return std::nullopt;
    if (!step) return found->strings.back();
    const auto steps = array("text/" + name + "/step");
    for (size_t i = 0; steps && i < steps->elements(); ++i)
      if (steps->number(i) == static_cast<double>(*step)) return found->strings.at(i);
    return std::nullopt;
  }

  Json attributes() override { return archive_.attributes("/"); }

  Json provenance() override { return archive_.attributes("/provenance"); }

 private:
  bool is_dataset(const std::string& path) const {
    const auto& items = archive_.items();
    const auto at = std::lower_bound(items.begin(), items.end(), path,
                                     [](const auto& i, const auto& p) { return i.path < p; });
    return at != items.end() && at->path == path;
  }

  Archive archive_;
};

}  // namespace

RunStatus ArchivedRuns::status(const Run& run) {
  return folder_.status(folder_.folder(run.plugin, run.method, run.id));
}

std::unique_ptr<RunData> ArchivedRuns::open(const Run& run) {
  return std::make_unique<ArchivedRun>(folder_.folder(run.plugin, run.method, run.id) / "run.h5");
}

std::string ArchivedRuns::log_tail(const Run& run, size_t lines) {
  std::ifstream in(folder_.folder(run.plugin, run.method, run.id) / "log.txt", std::ios::binary);
  if (!in) return "";
  constexpr std::streamoff kMost = 16384;
  in.seekg(0, std::ios::end);
  const std::streamoff size = in.tellg();
  in.seekg(std::max<std::streamoff>(0, size - kMost));
  std::string text(std::istreambuf_iterator<char>(in), {});
  while (!text.empty() && text.back() == '\n') text.pop_back();
  size_t at = text.size();
  for (size_t i = 0; i < lines && at != std::string::npos && at > 0; ++i)
    at = text.rfind('\n', at - 1);
  return at == std::string::npos || at == 0 ? text : text.substr(at + 1);
}

}  // namespace assay
