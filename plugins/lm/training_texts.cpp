#include "plugins/common/lm/score.hpp"
#include "plugins/lm/score_totals.hpp"
#include "plugins/lm/training_texts.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

namespace lm {

TrainingTexts::TrainingTexts(const assay::Job& job, const Texts& options, double share) {
  for (auto& d : read_texts(job, "text", options)) training_.push_back(std::move(d.text));
  if (job.inputs("held_out")) {
    for (auto& d : read_texts(job, "held_out", options)) held_out_.push_back(std::move(d.text));
  } else {
    std::vector<size_t> order(training_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    job.stream("held out").shuffle(order);
    const auto count =
        static_cast<size_t>(std::lround(share * static_cast<double>(training_.size())));
    order.resize(count);
    std::sort(order.begin(), order.end());
    std::vector<std::string> kept;
    for (size_t d = 0, next = 0; d < training_.size(); ++d) {
      const bool out = next < order.size() && order[next] == d;
      if (out) ++next;
      (out ? held_out_ : kept).push_back(std::move(training_[d]));
    }
    training_ = std::move(kept);
  }
  if (training_.empty() || held_out_.empty())
    throw std::invalid_argument(
        job.path("text") + ": " + std::to_string(training_.size()) + " documents to train on and " +
        std::to_string(held_out_.size()) +
        " held out, where each needs one: change held_out, split, or give the input held_out");
}

std::vector<std::vector<assay::text::Id>> TrainingTexts::encoded(
    const assay::text::Tokenizer& tokenizer) const {
  return tokenizer.encode_batch(training_, {.add_special = false});
}

void TrainingTexts::log(const assay::Job& job) const {
  const auto count = [](const auto& texts) { return static_cast<int64_t>(texts.size()); };
  const auto bytes = [](const auto& texts) {
    return std::accumulate(texts.begin(), texts.end(), int64_t{0},
                           [](int64_t sum, const std::string& text) {
                             return sum + static_cast<int64_t>(text.size());
                           });
  };
  job.rows("documents", {{"part", std::vector<std::string>{"training", "held_out"}},
                         {"documents", std::vector<int64_t>{count(training_), count(held_out_)}},
                         {"bytes", std::vector<int64_t>{bytes(training_), bytes(held_out_)}}});
}

HeldOut::HeldOut(const std::vector<std::string>& texts, const assay::text::Tokenizer& tokenizer,
                 int64_t length) {
  for (const auto& text : texts) {
    auto windowed = windows_of(tokenizer, text, length);
    context_ = windowed.context;
    bytes_ += windowed.bytes;
    for (auto& window : windowed.windows) windows_.push_back(std::move(window));
  }
  if (windows_.empty())
    throw std::invalid_argument("no held-out document has a token to score: each has one at most");
}

double HeldOut::bits_per_byte(const assay::lm::Model& model) const {
  double log_prob = 0;
  for (const auto& scores : assay::lm::score(model, windows_))
    log_prob += std::accumulate(scores.log_p.begin() + static_cast<std::ptrdiff_t>(context_ - 1),
                                scores.log_p.end(), 0.0);
  return lm::bits_per_byte(log_prob, bytes_);
}

}  // namespace lm
