#include "plugins/common/lm/training_batch.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace assay::lm {
namespace {

void check(const TrainingExample& example, size_t index) {
  const auto about = "training example " + std::to_string(index);
  if (example.ids.size() < 2)
    throw std::invalid_argument(about + " has " + std::to_string(example.ids.size()) +
                                " ids; one that can be learnt has at least 2");
  if (!example.labelled.empty() && example.labelled.size() != example.ids.size())
    throw std::invalid_argument(about + " has " + std::to_string(example.ids.size()) +
                                " ids, but flags for " + std::to_string(example.labelled.size()));
}

}  // namespace

int64_t TrainingExample::labels() const {
  int64_t n = 0;
  for (size_t t = 1; t < ids.size(); ++t) n += is_label(t);
  return n;
}

at::Tensor TrainingBatch::predicting(const at::Tensor& hidden) const {
  return at.size(0) == hidden.size(0) ? hidden : hidden.index_select(0, at);
}

TrainingBatch training_batch(std::span<const TrainingExample> examples, at::Device device) {
  TrainingBatch batch;
  std::vector<int64_t> ids, positions, rows, targets, owners;
  for (size_t b = 0; b < examples.size(); ++b) {
    const auto& example = examples[b];
    check(example, b);
    for (size_t t = 0; t + 1 < example.ids.size(); ++t) {
      if (example.is_label(t + 1)) {
        rows.push_back(static_cast<int64_t>(ids.size()));
        targets.push_back(example.ids[t + 1]);
        owners.push_back(static_cast<int64_t>(b));
      }
      ids.push_back(example.ids[t]);
      positions.push_back(static_cast<int64_t>(t));
    }
    batch.rows.lengths.push_back(static_cast<int64_t>(example.ids.size()) - 1);
    batch.count.push_back(example.labels());
    batch.weight.push_back(example.weight);
  }
  const auto tensor = [&](const std::vector<int64_t>& x) {
    return at::tensor(x, at::kLong).to(device);
  };
  batch.rows.ids = tensor(ids), batch.rows.positions = tensor(positions);
  batch.at = tensor(rows), batch.targets = tensor(targets), batch.example = tensor(owners);
  return batch;
}

at::Tensor label_weights(const TrainingBatch& batch, Reduction reduction) {
  std::vector<double> each(batch.weight);  // of a label of each example
  double total = 0;
  for (size_t b = 0; b < each.size(); ++b) {
    if (!std::isfinite(each[b]) || (each[b] < 0 && reduction != Reduction::sum))
      throw std::invalid_argument(
          "example " + std::to_string(b) + " has the weight " + std::to_string(each[b]) +
          "; weights are numbers from 0, or of any sign where the reduction "
          "is a sum");
    const auto count = static_cast<double>(batch.count[b]);
    if (reduction == Reduction::labels) total += each[b] * count;
    if (reduction == Reduction::examples && count > 0) total += each[b], each[b] /= count;
  }
  if (reduction != Reduction::sum && total != 0)
    for (double& w : each) w /= total;
  return at::tensor(each, at::kDouble).to(batch.example.device()).index_select(0, batch.example);
}

TrainingBatch join(std::span<const TrainingBatch> batches) {
  TrainingBatch out;
  std::vector<at::Tensor> ids, positions, rows, targets, owners;
  int64_t first_row = 0, first_example = 0;
  for (const auto& batch : batches) {
    ids.push_back(batch.rows.ids);
    positions.push_back(batch.rows.positions);
    rows.push_back(batch.at + first_row);
    targets.push_back(batch.targets);
    owners.push_back(batch.example + first_example);
    const auto append = [](auto& to, const auto& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    append(out.rows.lengths, batch.rows.lengths);
    append(out.count, batch.count);
    append(out.weight, batch.weight);
    first_row += batch.rows.size();
    first_example += static_cast<int64_t>(batch.count.size());
  }
  out.rows.ids = at::cat(ids), out.rows.positions = at::cat(positions);
  out.at = at::cat(rows), out.targets = at::cat(targets), out.example = at::cat(owners);
  return out;
}

std::vector<std::vector<int64_t>> by_rows(std::span<const int64_t> lengths,
                                          std::span<const int64_t> order, int64_t rows,
                                          bool sorted) {
  std::vector<int64_t> items(order.begin(), order.end());
  const auto length = [&](int64_t item) { return lengths[static_cast<size_t>(item)]; };
  if (sorted)
    std::stable_sort(items.begin(), items.end(),
                     [&](int64_t a, int64_t b) { return length(a) < length(b); });
  std::vector<std::vector<int64_t>> groups;
  int64_t used = 0;
  for (const int64_t item : items) {
    if (groups.empty() || used + length(item) > rows) groups.emplace_back(), used = 0;
    groups.back().push_back(item);
    used += length(item);
  }
  return groups;
}

}  // namespace assay::lm
