#include "plugins/ssft/scored.hpp"

#include <sstream>

namespace ssft {
namespace {

std::vector<double> read_reals(const assay::Reader& run, const std::string& key) {
  if (run.dtype(key).code == ASSAY_DT_FLOAT) return run.read<double>(key);
  const auto whole = run.read<int64_t>(key);
  return {whole.begin(), whole.end()};
}

std::vector<uint8_t> read_flags(const assay::Reader& run, const std::string& key) {
  std::vector<uint8_t> flags(static_cast<size_t>(run.shape(key).at(0)));
  const size_t i = run.index(key);
  run.read_into(i, flags.data(), run.about(i).second);
  return flags;
}

}  // namespace

std::string Scored::setting() const {
  std::ostringstream out;
  out << model << " lr " << lr_a;
  if (lr_b != lr_a) out << ", " << lr_b;
  return out.str();
}

std::string Scored::name() const { return setting() + " seed " + std::to_string(seed); }

Scored read_scored(const assay::Reader& run) {
  const std::string table = "tables/scores/", setting = "tables/setting/";
  Scored s;
  s.model = run.strings(setting + "model").at(0);
  s.lr_a = run.read<double>(setting + "lr_a").at(0);
  s.lr_b = run.read<double>(setting + "lr_b").at(0);
  s.seed = run.read<int64_t>(setting + "seed").at(0);
  s.T = static_cast<int64_t>(run.read<double>("metrics/evaluations_a").at(0));
  s.T2 = static_cast<int64_t>(run.read<double>("metrics/evaluations_b").at(0));
  s.index = run.read<int64_t>(table + "index");
  s.label = run.read<int64_t>(table + "label");
  s.true_label = run.read<int64_t>(table + "true_label");
  s.never_learned = read_flags(run, table + "never_learned");
  s.never_forgotten = read_flags(run, table + "never_forgotten");
  for (size_t c = 0; c < kColumns; ++c)
    s.columns[c] = read_reals(run, table + kScoreColumns[c].name);
  return s;
}

}  // namespace ssft
