// Method `import`: curves that were measured elsewhere. Evaluation files of open_clip and DataComp
// give one pool a run; curve files (JSON, TOML, CSV) all that are in them.
#include "plugins/qqt/curve_files.hpp"
#include "plugins/qqt/evaluation_files.hpp"

#include <filesystem>

namespace qqt {

struct Import {
  static constexpr const char* name = "import";
  std::string pool;
  std::string prefix;
  double pool_size = 0;
  std::string role = "pool";
  std::string quality_id;
  std::vector<int64_t> members;
  std::string metric = "imagenet1k";
  int64_t repetition = -1;

  static void describe(assay::Schema<Import>& s) {
    s.summary("Measured errors against samples seen, from evaluation files or curve files");
    s.flag(ASSAY_SEEDLESS);
    s.param("pool", &Import::pool,
            "name of the pool whose evaluation files these are; empty for a curve file, which has "
            "the names");
    s.param("prefix", &Import::prefix,
            "how the paths of its files begin, below the folder: top_0_10/ or top_0_10_");
    s.param("pool_size", &Import::pool_size, "N, its distinct samples").min(0).unit("samples");
    s.param("role", &Import::role,
            "pool; control: fitted, but no candidate for unions; union of pools")
        .choices({"pool", "control", "union"});
    s.param("quality_id", &Import::quality_id,
            "curves with the same share their exponent b; empty: the pool's own");
    s.param("members", &Import::members,
            "of a pool its rank, 0 for the best quality; of a union the ranks of its pools")
        .min(0);
    s.param("metric", &Import::metric,
            "key of the evaluation whose main_metric is the accuracy; avg18: the mean over "
            "DataComp's 18 sets");
    s.param("repetition", &Import::repetition, "seed that names this training run; -1: none")
        .min(-1);
    s.input("files", ASSAY_DIR,
            "a folder of evaluation files (.jsonl), or one of them, or a curve file (.json, .toml, "
            ".csv)");
    declare_curves(s);
    s.output("points", ASSAY_SCALAR, "read").unit("points");
    s.output("warnings", ASSAY_TABLE, "files that were skipped, and keys on several lines")
        .column("text", ASSAY_STRING, "one sentence");
  }

  void check() const {
    if (!pool.empty() && !(pool_size > 0))
      throw std::invalid_argument("pool \"" + pool +
                                  "\" needs pool_size, its distinct samples, above 0");
    if (pool.empty() && (pool_size > 0 || !prefix.empty()))
      throw std::invalid_argument(
          "pool_size and prefix belong to evaluation files: give the pool's name too");
    const Import none;
    if (pool.empty() && (role != none.role || !quality_id.empty() || !members.empty() ||
                         metric != none.metric || repetition != none.repetition))
      throw std::invalid_argument(
          "role, quality_id, members, metric and repetition belong to evaluation files; a curve "
          "file says its own: give the pool's name too, or write them into the file");
    if (!pool.empty() && role == "union" && members.size() < 2)
      throw std::invalid_argument("the union \"" + pool +
                                  "\" needs the ranks of at least two pools as members");
  }

  void run(assay::Job& job) const;
};

namespace {

/// The input: a folder with a single file of ours counts as that file.
std::string curve_file(const std::string& path) {
  namespace fs = std::filesystem;
  if (!fs::is_directory(path)) return path;
  std::vector<std::string> found;
  for (const auto& entry : fs::directory_iterator(path))
    for (const char* ending : {".json", ".toml", ".csv"})
      if (entry.path().extension() == ending) found.push_back(entry.path().string());
  if (found.size() != 1)
    throw std::invalid_argument(path + ": has " + std::to_string(found.size()) +
                                " curve files (.json, .toml, .csv) where one is wanted; for "
                                "evaluation files give the name of their pool");
  return found.front();
}

}  // namespace

void Import::run(assay::Job& job) const {
  check();
  std::vector<Curve> curves;
  std::vector<std::string> warnings;
  const auto warn = [&](const std::string& text) { job.warn(text), warnings.push_back(text); };
  if (pool.empty()) {
    curves = read_curve_file(curve_file(job.path("files")));
  } else {
    Curve curve{pool, role, quality_id, members, pool_size, {}};
    for (const Evaluation& e : list_evaluations(job.path("files"), prefix, warn)) {
      Point p{e.epoch * pool_size, read_error(e.path, metric, warn)};
      p.seed = repetition;
      curve.points.push_back(p);
    }
    curves.push_back(curve);
  }
  size_t points = 0;
  for (const Curve& c : curves) points += c.points.size();
  write_curves(job, std::move(curves));
  job.scalar("points", static_cast<double>(points));
  job.rows("warnings", {{"text", warnings}});
}

}  // namespace qqt

ASSAY_METHOD(qqt::Import)
