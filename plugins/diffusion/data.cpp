// Writing a set of examples, and reading it back from another method's run.
#include "plugins/diffusion/data.hpp"

#include <numeric>
#include <stdexcept>

namespace diffusion {
namespace {

void read_mixture(const assay::Reader& run, Data& data) {
  data.set = run.strings("tables/world/set").at(0);
  data.divisor = run.read<double>("tables/world/divisor").at(0);
  data.mixture.sigma = run.read<double>("tables/world/sigma").at(0);
  if (!run.has("arrays/modes")) return;
  data.mixture.modes = run.read<double>("arrays/modes");
  data.mixture.weights = run.read<double>("arrays/modes_weight");
  data.mixture.dimension = run.shape("arrays/modes").at(1);
}
}  // namespace

int64_t Data::features() const {
  return std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>());
}

Data chosen(const Data& data, std::span<const int64_t> index) {
  Data out = data;
  const int64_t d = data.features();
  out.x.clear();
  out.label.clear();
  for (const int64_t i : index) {
    out.x.insert(out.x.end(), data.x.begin() + i * d, data.x.begin() + (i + 1) * d);
    if (!data.label.empty()) out.label.push_back(data.label[static_cast<size_t>(i)]);
  }
  return out;
}

void write_data(assay::Job& job, const Data& data) {
  std::vector<int64_t> shape{data.count()};
  shape.insert(shape.end(), data.shape.begin(), data.shape.end());
  job.array("x", assay::Tensor(data.x.data(), shape));
  if (!data.label.empty()) job.array("label", assay::Tensor(data.label.data(), {data.count()}));
  const Mixture& m = data.mixture;
  if (m.count() > 0) {
    job.array("modes", assay::Tensor(m.modes.data(), {m.count(), m.dimension}));
    job.array("modes_weight", assay::Tensor(m.weights.data(), {m.count()}));
  }
  const std::vector<std::string> set{data.set};
  const std::vector<double> sigma{m.sigma}, divisor{data.divisor};
  job.rows("world", {{"set", set}, {"sigma", sigma}, {"divisor", divisor}});
}

Data read_world(const assay::Job& job, const std::string& name) {
  const auto run = job.open(name);
  Data data;
  read_mixture(run, data);
  const auto shape = run.shape("arrays/x");
  data.shape.assign(shape.begin() + 1, shape.end());
  return data;
}

Data read_data(const assay::Job& job, const std::string& name) {
  const auto run = job.open(name);
  Data data = read_world(job, name);
  data.x = run.read<float>("arrays/x");
  if (run.has("arrays/label")) data.label = run.read<int64_t>("arrays/label");
  return data;
}

}  // namespace diffusion
