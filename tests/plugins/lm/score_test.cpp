// Scores of given text, against a plain log-softmax in float64.
#include "plugins/common/lm/distribution.hpp"
#include "plugins/common/lm/score.hpp"
#include "tests/plugins/lm/tiny.hpp"
#include "tests/plugins/lm/tiny_models.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <fstream>
#include <limits>
#include <thread>

using namespace assay;
using namespace assay::lm;
using assay::lm::test::fresh;
using assay::lm::test::some_ids;
using assay::lm::test::tiny_config;

namespace {

/// (T - 1, V), float64.
at::Tensor log_softmax_of(const Model& model, const std::vector<text::Id>& ids) {
  const at::NoGradGuard no_grad;
  const auto rows = rows_of({{ids.begin(), ids.end()}});
  Sequences attention(rows.lengths);
  const auto hidden = model.hidden(rows, attention);
  return at::log_softmax(model.logits(hidden).to(at::kDouble), 1)
      .narrow(0, 0, static_cast<int64_t>(ids.size()) - 1);
}

/// Kilobytes of anonymous memory.
int64_t anonymous() {
  std::ifstream in("/proc/self/status");
  for (std::string word; in >> word;)
    if (word == "RssAnon:") {
      int64_t kb = 0;
      in >> kb;
      return kb;
    }
  return -1;
}

}  // namespace

TEST_CASE("scores are those of a float64 log-softmax, whatever the batches and chunks") {
  const auto model = fresh(tiny_config(4000));
  std::vector<std::vector<text::Id>> texts;
  for (const size_t n : {5, 1, 0, 130, 2, 1500, 64, 65, 400}) texts.push_back(some_ids(n, n + 1));
  for (const auto& [rows, chunk] : {std::pair<int64_t, int64_t>{4096, 4096}, {100, 50}, {1, 1}}) {
    CAPTURE(rows);
    const ScoreOptions options{
        .moments = true, .argmax = true, .rows = rows, .vocabulary_chunk = chunk};
    const auto scores = score(*model.model, texts, options);
    for (size_t i = 0; i < texts.size(); ++i) {
      CAPTURE(i);
      const size_t n = texts[i].empty() ? 0 : texts[i].size() - 1;
      REQUIRE(scores[i].log_p.size() == n);
      REQUIRE(scores[i].argmax.size() == n);
      if (n == 0) continue;
      const auto p = log_softmax_of(*model.model, texts[i]);
      const auto mean = (p.exp() * p).sum(1);
      const auto variance = (p.exp() * p * p).sum(1) - mean * mean;
      double worst = 0;
      for (size_t t = 0; t < n; ++t) {
        const auto row = p[static_cast<int64_t>(t)];
        worst = std::max(worst, std::abs(scores[i].log_p[t] - row[texts[i][t + 1]].item<double>()));
        worst = std::max(
            worst, std::abs(scores[i].mean[t] - mean[static_cast<int64_t>(t)].item<double>()));
        worst = std::max(worst, std::abs(scores[i].variance[t] -
                                         variance[static_cast<int64_t>(t)].item<double>()));
        const double best = row.max().item<double>();
        worst = std::max(worst, best - row[scores[i].argmax[t]].item<double>());
      }
      CHECK(worst < 2e-4);
    }
  }
}

TEST_CASE("continuations of a context that is computed once score as whole texts") {
  const auto model = fresh(tiny_config(4000));
  for (const size_t length : {1, 64, 1100}) {
    const auto context = some_ids(length, 3);
    std::vector<std::vector<text::Id>> continuations, whole;
    for (size_t i = 0; i < 40; ++i) {
      continuations.push_back(some_ids(i % 7, 20 + i));
      whole.push_back(context);
      whole.back().insert(whole.back().end(), continuations[i].begin(), continuations[i].end());
    }
    const auto scores = score(*model.model, context, continuations, {.argmax = true});
    const auto right = score(*model.model, whole, {.argmax = true});
    for (size_t i = 0; i < continuations.size(); ++i) {
      REQUIRE(scores[i].log_p.size() == continuations[i].size());
      for (size_t t = 0; t < continuations[i].size(); ++t)
        CHECK(std::abs(scores[i].log_p[t] - right[i].log_p[length - 1 + t]) < 1e-4);
    }
  }
}

TEST_CASE("scores that are asked to stop leave the rest empty") {
  const auto model = fresh(tiny_config());
  const std::vector<std::vector<text::Id>> texts(6, some_ids(50, 1));
  int64_t asked = 0;
  const auto scores =
      score(*model.model, texts, {.rows = 100}, [&](int64_t) { return ++asked <= 2; });
  int64_t full = 0;
  for (const auto& s : scores) full += !s.log_p.empty();
  CHECK(full == 4);
}

TEST_CASE("a text beyond the context and an id beyond the embedding are refused in a sentence") {
  const auto model = fresh(tiny_config(16));
  CHECK_THROWS_WITH_AS(score(*model.model, std::vector{some_ids(3, 1), some_ids(17, 1)}),
                       "sequence 1 has 17 tokens, more than the model's context of 16",
                       std::invalid_argument);
  CHECK_THROWS_WITH_AS(score(*model.model, std::vector<std::vector<text::Id>>{{1, 500}}),
                       "token id 500 is outside the model's embedding, which has rows 0 to 210",
                       std::invalid_argument);
  // The last id of a continuation is asked for, but the model does not read it.
  const std::vector<std::vector<text::Id>> continuations{{2}, {2, 211}};
  CHECK_THROWS_WITH_AS(
      score(*model.model, some_ids(3, 1), continuations),
      "sequence 1: token id 211 is outside the model's embedding, which has rows 0 to 210",
      std::invalid_argument);
}

TEST_CASE("a model that sees the whole text scores none") {
  const auto bert = tiny::model("bert");
  CHECK_THROWS_WITH_AS(score(*bert, std::vector<std::vector<text::Id>>{some_ids(3, 1)}),
                       "the probability of a text needs a model of the next token, which \"bert\" "
                       "is not: it sees the whole text",
                       std::invalid_argument);
}

TEST_CASE("a distribution with a logit that is not finite says so, wherever it is") {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
        -std::numeric_limits<float>::infinity()})
    for (const int64_t at : {0, 17, 39}) {
      std::vector<float> logits(40, 1.0f);
      logits[static_cast<size_t>(at)] = bad;
      Distribution whole, parts;
      whole.add(logits.data(), 40);
      parts.add(logits.data(), 20);
      parts.add(logits.data() + 20, 20, 20);
      CHECK(!whole.finite());
      CHECK(!parts.finite());
    }
}

TEST_CASE("scoring 16k tokens a batch takes less than 400 MB beside the model") {
  Config c = tiny_config(2048);
  c.vocabulary = 49152;
  c.width = 576;
  c.heads = 9;
  c.kv_heads = 3;
  c.layers = 1;
  c.ffn = 1536;
  const auto model = fresh(c);
  std::vector<std::vector<text::Id>> texts;
  for (size_t i = 0; i < 8; ++i) texts.push_back(some_ids(2048, i, 49152));
  const int64_t before = anonymous();
  std::atomic<int64_t> most = before;
  std::jthread watch([&](std::stop_token stop) {
    for (; !stop.stop_requested(); std::this_thread::sleep_for(std::chrono::milliseconds(2)))
      most = std::max(most.load(), anonymous());
  });
  score(*model.model, texts, {.rows = 16384});
  watch.request_stop();
  watch.join();
  CAPTURE(before);
  CAPTURE(most.load());
  CHECK(most > before);
  CHECK(most - before < 400 * 1024);
}
