#include "plugins/common/lm/reference.hpp"
#include "tests/plugins/lm/small_model.hpp"

#include <doctest/doctest.h>

using namespace assay;

TEST_CASE("a reference's log-probabilities are those of the model's logits, computed once") {
  const auto model = small::model();
  const std::vector<lm::TrainingExample> examples{small::example(9, 2, 3),
                                                  small::example(5, 7),
                                                  small::example(12, 3, 11),
                                                  {.ids = {1, 2}, .prompt = 2}};
  lm::Reference reference(*model, examples, 12);
  const std::vector<int64_t> index{2, 0, 3}, again{0, 1};
  const auto of_labels = reference.labels(index);
  std::vector<double> expected;
  for (const int64_t i : index) {
    const auto& e = examples[static_cast<size_t>(i)];
    const auto rows = lm::rows_of({{e.ids.begin(), e.ids.end()}});
    lm::Sequences attention(rows.lengths);
    const auto log_p = model->logits(model->hidden(rows, attention)).log_softmax(1);
    for (size_t t = 1; t < e.ids.size(); ++t)
      if (e.is_label(t))
        expected.push_back(log_p[static_cast<int64_t>(t) - 1][e.ids[t]].item<double>());
  }
  CHECK(at::allclose(of_labels, at::tensor(expected, at::kDouble), 1e-5, 1e-5));
  CHECK(!of_labels.requires_grad());
  CHECK(reference.computed() == 2);
  const auto sums = reference.sums(again);
  CHECK(reference.computed() == 3);
  CHECK(sums[0].item<double>() == doctest::Approx(of_labels.narrow(0, 1, 6).sum().item<double>()));
}

TEST_CASE("losses of labels are summed by example") {
  const std::vector<lm::TrainingExample> examples{
      {.ids = {1, 2, 3}}, {.ids = {1, 2}, .prompt = 2}, {.ids = {4, 5}}};
  const auto batch = lm::training_batch(examples);
  CHECK(at::equal(lm::by_example(batch, at::tensor({1.0, 2.0, 4.0}, at::kDouble)),
                  at::tensor({3.0, 0.0, 4.0}, at::kDouble)));
}
