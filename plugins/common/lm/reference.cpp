#include "plugins/common/lm/reference.hpp"
#include "plugins/common/lm/token_loss.hpp"

#include <numeric>

namespace assay::lm {

std::vector<std::vector<double>> label_log_probs(const Model& model,
                                                 std::span<const TrainingExample> examples,
                                                 int64_t rows,
                                                 const std::function<bool(int64_t done)>& go_on) {
  const at::NoGradGuard no_grad;
  std::vector<int64_t> lengths, order(examples.size());
  for (const auto& e : examples) lengths.push_back(static_cast<int64_t>(e.ids.size()) - 1);
  std::iota(order.begin(), order.end(), 0);
  std::vector<std::vector<double>> out(examples.size());
  int64_t done = 0;
  for (const auto& group : by_rows(lengths, order, rows, true)) {
    if (go_on && !go_on(done)) break;
    std::vector<TrainingExample> of_group;
    for (const int64_t i : group) of_group.push_back(examples[static_cast<size_t>(i)]);
    const auto batch = training_batch(of_group, model.embedding().device());
    Sequences attention(batch.rows.lengths);
    const auto x = model.before_head(batch.predicting(model.hidden(batch.rows, attention)));
    const auto losses = token_losses(model.head(), x, batch.targets).cpu();  // (M,)
    const auto* loss = losses.const_data_ptr<double>();
    for (size_t b = 0; b < group.size(); ++b)
      for (int64_t t = 0; t < batch.count[b]; ++t)
        out[static_cast<size_t>(group[b])].push_back(-*loss++);
    done += static_cast<int64_t>(group.size());
  }
  return out;
}

void Reference::need(std::span<const int64_t> index) {
  std::vector<int64_t> missing;
  std::vector<TrainingExample> examples;
  for (const int64_t i : index) {
    const auto at = static_cast<size_t>(i);
    if (!known_.at(at).empty() || !examples_[at].labels()) continue;
    missing.push_back(i);
    examples.push_back(examples_[at]);
  }
  const auto found = label_log_probs(model_, examples, rows_);
  for (size_t j = 0; j < missing.size(); ++j) known_[static_cast<size_t>(missing[j])] = found[j];
  computed_ += static_cast<int64_t>(missing.size());
}

at::Tensor Reference::labels(std::span<const int64_t> index) {
  need(index);
  std::vector<double> all;
  for (const int64_t i : index) {
    const auto& of_one = known_[static_cast<size_t>(i)];
    all.insert(all.end(), of_one.begin(), of_one.end());
  }
  return at::tensor(all, at::kDouble).to(model_.embedding().device());
}

at::Tensor Reference::sums(std::span<const int64_t> index) {
  need(index);
  std::vector<double> all;
  for (const int64_t i : index) {
    const auto& of_one = known_[static_cast<size_t>(i)];
    all.push_back(std::accumulate(of_one.begin(), of_one.end(), 0.0));
  }
  return at::tensor(all, at::kDouble).to(model_.embedding().device());
}

at::Tensor by_example(const TrainingBatch& batch, const at::Tensor& losses) {
  return at::zeros({static_cast<int64_t>(batch.count.size())},
                   losses.options().requires_grad(false))
      .index_add(0, batch.example, losses);
}

}  // namespace assay::lm
