// Generation with a cache, in batches, against plain forward passes of one sequence.
#include "plugins/common/lm/engine.hpp"
#include "tests/plugins/lm/tiny.hpp"

#include <ATen/Parallel.h>
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace assay;
using namespace assay::lm;
using assay::lm::test::fresh;
using assay::lm::test::some_ids;
using assay::lm::test::tiny_config;

namespace {

/// Greedy: the whole sequence through the model for each token, with attention by LibTorch.
Answer by_whole_passes(const Model& model, const Request& request) {
  const at::NoGradGuard no_grad;
  Answer answer;
  std::vector<int64_t> ids(request.prompt.begin(), request.prompt.end());
  for (int64_t i = 0; i < request.max_tokens; ++i) {
    const auto rows = rows_of({ids});
    Sequences attention(rows.lengths);
    const auto p =
        at::log_softmax(model.logits(model.hidden(rows, attention))[-1].to(at::kDouble), 0);
    const auto next = p.argmax().item<int64_t>();
    answer.ids.push_back(static_cast<text::Id>(next));
    answer.log_probs.push_back(p[next].item<double>());
    ids.push_back(next);
  }
  return answer;
}

std::vector<Request> some_requests(size_t n, int64_t tokens) {
  std::vector<Request> requests;
  for (size_t i = 0; i < n; ++i)
    requests.push_back({.prompt = some_ids(3 + 17 * i % 90, i + 1),
                        .max_tokens = tokens + static_cast<int64_t>(i % 3)});
  return requests;
}

}  // namespace

TEST_CASE("greedy generation with a cache is that of whole forward passes") {
  const auto model = fresh(tiny_config());
  const auto requests = some_requests(7, 20);
  const auto answers = Engine(model, {.batch = 3, .prefill_rows = 32}).generate(requests);
  for (size_t i = 0; i < requests.size(); ++i) {
    CAPTURE(i);
    const auto right = by_whole_passes(*model.model, requests[i]);
    CHECK(answers[i].ids == right.ids);
    CHECK(answers[i].finish == Answer::Finish::length);
    for (size_t t = 0; t < right.ids.size(); ++t)
      CHECK(answers[i].log_probs[t] == doctest::Approx(right.log_probs[t]).epsilon(1e-4));
  }
}

TEST_CASE("a sequence's answer does not depend on its batch, nor on the number of threads") {
  const auto model = fresh(tiny_config());
  auto requests = some_requests(9, 24);
  for (size_t i = 0; i < requests.size(); ++i)
    requests[i].sampling = {
        .temperature = 1.3, .top_p = i % 2 ? 1 : 0.95, .repetition_penalty = 1.1, .key = 100 + i};
  const int threads = at::get_num_threads();
  const auto together = Engine(model, {.batch = 9}).generate(requests);
  for (const int count : {1, 2})
    for (const auto& [batch, rows] : {std::pair<int64_t, int64_t>{1, 512}, {2, 7}, {5, 64}}) {
      CAPTURE(count);
      CAPTURE(batch);
      at::set_num_threads(count);
      const auto answers = Engine(model, {.batch = batch, .prefill_rows = rows}).generate(requests);
      for (size_t i = 0; i < requests.size(); ++i) {
        CAPTURE(i);
        CHECK(answers[i].ids == together[i].ids);
        CHECK(answers[i].log_probs == together[i].log_probs);  // every bit
      }
    }
  at::set_num_threads(threads);
}

TEST_CASE("prompts that begin alike are answered as if they did not") {
  const auto model = fresh(tiny_config());
  const auto prefix = some_ids(70, 9);
  std::vector<Request> requests;
  for (size_t i = 0; i < 8; ++i) {
    auto prompt = prefix;
    const auto own = some_ids(1 + i, 50 + i / 2);  // some share more than the prefix
    prompt.insert(prompt.end(), own.begin(), own.end());
    requests.push_back({.prompt = prompt, .max_tokens = 6 + static_cast<int64_t>(i)});
  }
  requests.push_back({.prompt = prefix, .max_tokens = 9});
  const auto shared = Engine(model, {.batch = 4, .prefill_rows = 20}).generate(requests);
  for (size_t i = 0; i < requests.size(); ++i) {
    CAPTURE(i);
    const auto alone = Engine(model).generate(std::span(requests).subspan(i, 1));
    CHECK(shared[i].ids == alone[0].ids);
    CHECK(shared[i].log_probs == alone[0].log_probs);
  }
}

TEST_CASE("an end token ends an answer and is not part of it") {
  const auto model = fresh(tiny_config());
  Request request{.prompt = some_ids(12, 3), .max_tokens = 20};
  const auto whole = Engine(model).generate({&request, 1})[0];
  request.ends = {-5, whole.ids[7]};
  const auto cut = Engine(model).generate({&request, 1})[0];
  const auto first = std::find(whole.ids.begin(), whole.ids.end(), whole.ids[7]);
  CHECK(cut.ids == std::vector<text::Id>(whole.ids.begin(), first));
  CHECK(cut.log_probs.size() == cut.ids.size());
  CHECK(cut.finish == Answer::Finish::end);
}

TEST_CASE("a forced beginning is part of the answer, with its probabilities") {
  const auto model = fresh(tiny_config());
  Request request{.prompt = some_ids(12, 3), .forced = some_ids(5, 4), .max_tokens = 9};
  const auto forced = Engine(model).generate({&request, 1})[0];
  REQUIRE(forced.ids.size() == 9);
  CHECK(std::equal(request.forced.begin(), request.forced.end(), forced.ids.begin()));
  REQUIRE(forced.log_probs.size() == 9);

  // The same tokens as a prompt go on alike, and log p is what the model says of them.
  Request given{.prompt = request.prompt, .max_tokens = 4};
  given.prompt.insert(given.prompt.end(), request.forced.begin(), request.forced.end());
  const auto rest = Engine(model).generate({&given, 1})[0];
  CHECK(std::equal(rest.ids.begin(), rest.ids.end(), forced.ids.begin() + 5));
  const at::NoGradGuard no_grad;
  const auto rows = rows_of({{given.prompt.begin(), given.prompt.end()}});
  Sequences attention(rows.lengths);
  const auto p = at::log_softmax(model.model->logits(model.model->hidden(rows, attention)), 1);
  for (int64_t i = 0; i < 5; ++i)
    CHECK(forced.log_probs[static_cast<size_t>(i)] ==
          doctest::Approx(p[11 + i][request.forced[static_cast<size_t>(i)]].item<double>())
              .epsilon(1e-4));
}

TEST_CASE("a forced beginning has its probabilities where the prompt was computed before") {
  const auto model = fresh(tiny_config());
  const std::vector<Request> requests(
      3, Request{.prompt = some_ids(40, 3), .forced = some_ids(5, 4), .max_tokens = 9});
  for (const int64_t batch : {1, 3}) {  // on the same slot, and by forks
    CAPTURE(batch);
    const auto answers = Engine(model, {.batch = batch}).generate(requests);
    REQUIRE(answers[0].log_probs.size() == 9);
    CHECK(answers[1].log_probs == answers[0].log_probs);
    CHECK(answers[2].log_probs == answers[0].log_probs);
  }
}

TEST_CASE("an answer ends where the context does, and a prompt that fills it is refused") {
  const auto model = fresh(tiny_config(16));
  Request request{.prompt = some_ids(10, 3), .max_tokens = 100};
  const auto answer = Engine(model).generate({&request, 1})[0];
  CHECK(answer.ids.size() == 6);
  CHECK(answer.finish == Answer::Finish::length);
  request.prompt = some_ids(16, 3);
  CHECK_THROWS_WITH_AS(Engine(model).generate({&request, 1}),
                       "request 0: its prompt has 16 tokens, which leaves no room in the model's "
                       "context of 16",
                       std::invalid_argument);
}

TEST_CASE("a request that cannot be answered is refused with its number and the reason") {
  const auto model = fresh(tiny_config());
  const auto refused = [&](const Request& bad, const char* why) {
    const std::vector<Request> requests{{.prompt = {1}, .max_tokens = 1}, bad};
    CHECK_THROWS_WITH_AS(Engine(model).generate(requests), why, std::invalid_argument);
  };
  refused({.prompt = {}}, "request 1: the prompt has no tokens; at least one is needed");
  refused({.prompt = {211}},
          "request 1: token id 211 is outside the model's embedding, which has rows 0 to 210");
  refused({.prompt = {1}, .forced = {2, 3}, .max_tokens = 2},
          "request 1: max_tokens is 2; it must be at least 1 more than the 2 forced tokens");
  refused({.prompt = {1}, .stops = {"x"}},
          "request 1: stop strings need a tokenizer, and the model came without one");
}

TEST_CASE("cancelled answers are what there was of them") {
  const auto model = fresh(tiny_config());
  const auto requests = some_requests(6, 20);
  const auto whole = Engine(model, {.batch = 2}).generate(requests);
  int64_t steps = 0;
  const auto cut =
      Engine(model, {.batch = 2}).generate(requests, [&](int64_t) { return ++steps <= 30; });
  CHECK(steps == 31);
  size_t complete = 0, begun = 0, empty = 0;
  for (size_t i = 0; i < requests.size(); ++i) {
    CHECK(std::equal(cut[i].ids.begin(), cut[i].ids.end(), whole[i].ids.begin()));
    if (cut[i].finish == Answer::Finish::length)
      ++complete;
    else
      ++(cut[i].ids.empty() ? empty : begun);
    CHECK((cut[i].finish == Answer::Finish::length) == (cut[i].ids.size() == whole[i].ids.size()));
  }
  CHECK(complete == 2);
  CHECK(begun == 2);
  CHECK(empty == 2);
}

TEST_CASE("logits that are not finite name the parameter that is to blame") {
  const auto model = fresh(tiny_config());
  for (const auto& [name, tensor] : model.model->parameters())
    if (name == "model.layers.1.mlp.up_proj.weight")
      tensor.view({-1})[5] = std::numeric_limits<float>::quiet_NaN();
  const Request request{.prompt = {1, 2, 3}, .max_tokens = 2};
  try {
    Engine(model).generate({&request, 1});
    FAIL("no error");
  } catch (const Error& e) {
    CHECK(e.status() == ASSAY_INVALID_ARGUMENT);
    CHECK(std::string(e.what()) ==
          "the logits of request 0 after 3 tokens are not finite: element 5 of "
          "model.layers.1.mlp.up_proj.weight is NaN");
  }
}
