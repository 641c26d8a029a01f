// Method `score` against log-softmax of whole logits, and what it refuses.
#include "plugins/common/lm/language_model.hpp"
#include "plugins/lm/windows.hpp"
#include "tests/plugins/lm/tiny_models.hpp"
#include "tests/plugins/lm_plugin/lm_host.hpp"

#include <cmath>

using namespace lm_test;

namespace {

fake::Run score(const fake::Params& params, const std::string& documents,
                const fake::Options& options = {}) {
  return host().run("score", params, {{"model", {base_model()}}, {"text", {documents}}}, options);
}

/// ln p of each token of a text after the first, with all tokens before it as context.
std::vector<double> log_probs(const assay::lm::LanguageModel& model, const std::string& text) {
  const auto ids = model.tokenizer->encode(text);
  const auto rows = assay::lm::rows_of({{ids.begin(), ids.end()}});
  const auto p = assay::lm::tiny::logits(*model.model, rows).to(at::kDouble).log_softmax(1);
  std::vector<double> out;
  for (size_t t = 1; t < ids.size(); ++t)
    out.push_back(p[static_cast<int64_t>(t) - 1][ids[t]].item<double>());
  return out;
}

}  // namespace

TEST_CASE("scores of short documents are those of one forward pass each") {
  const auto model = assay::lm::open_model(base_folder());
  const std::vector<std::string> documents{"The cat sat on it.", "The fox ran", "x"};
  const File file("text.txt", "The cat sat on it.\nThe fox ran\nx\n");
  const auto run = score({{"split", std::string("line")}, {"per_token", true}}, file.path());
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto log_prob = run.out.column("documents", "log_prob").as<double>(),
             bits = run.out.column("documents", "bits_per_byte").as<double>(),
             perplexity = run.out.column("documents", "perplexity").as<double>();
  std::vector<double> tokens;
  double all = 0, bytes = 0;
  for (size_t d = 0; d < 2; ++d) {
    CAPTURE(d);
    const auto expected = log_probs(model, documents[d]);
    double sum = 0;
    for (const double p : expected) sum += p;
    const auto ids = model.tokenizer->encode_with_spans(documents[d]);
    const auto scored = static_cast<double>(documents[d].size() - ids.spans[0].end);
    CHECK(log_prob[d] == doctest::Approx(sum).epsilon(1e-6));
    CHECK(bits[d] == doctest::Approx(-sum / std::log(2.0) / scored).epsilon(1e-6));
    CHECK(perplexity[d] ==
          doctest::Approx(std::exp(-sum / static_cast<double>(expected.size()))).epsilon(1e-6));
    tokens.insert(tokens.end(), expected.begin(), expected.end());
    all += sum, bytes += scored;
  }
  CHECK(std::isnan(log_prob[2]));
  CHECK(run.out.metric("skipped") == 1);
  CHECK(run.out.metric("bits_per_byte") ==
        doctest::Approx(-all / std::log(2.0) / bytes).epsilon(1e-6));
  CHECK(run.out.metric("perplexity") ==
        doctest::Approx(std::exp(-all / static_cast<double>(tokens.size()))).epsilon(1e-6));
  const auto log_p = run.out.column("tokens", "log_p").as<double>();
  REQUIRE(log_p.size() == tokens.size());
  for (size_t t = 0; t < tokens.size(); ++t)
    CHECK(log_p[t] == doctest::Approx(tokens[t]).epsilon(1e-5));  // ln p near 0 has fewer digits
}

TEST_CASE("a long document's score is the sum over its windows") {
  const auto model = assay::lm::open_model(base_folder());
  std::string text;
  for (int i = 0; i < 9; ++i) text += "The hen sat on the roof, and then ";
  const File file("text.txt", text);
  const auto run = score({{"window", int64_t{8}}}, file.path());
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto ids = model.tokenizer->encode(text);
  REQUIRE(ids.size() > 30);
  double sum = 0;
  for (size_t first = 0; first + 1 < ids.size(); first += 7) {
    const size_t end = std::min(ids.size(), first + 8);
    const std::vector<int64_t> window(ids.begin() + static_cast<std::ptrdiff_t>(first),
                                      ids.begin() + static_cast<std::ptrdiff_t>(end));
    const auto logits = assay::lm::tiny::logits(*model.model, assay::lm::rows_of({window}));
    const auto p = logits.to(at::kDouble).log_softmax(1);
    for (size_t t = 1; t < window.size(); ++t)
      sum += p[static_cast<int64_t>(t) - 1][window[t]].item<double>();
  }
  CHECK(run.out.column("documents", "log_prob").as<double>()[0] ==
        doctest::Approx(sum).epsilon(1e-6));
  CHECK(run.out.metric("scored_tokens") == static_cast<double>(ids.size() - 1));
}

TEST_CASE("rows of tokens say where each stands and what the model expected") {
  const File file("text.txt", "The cat ran.");
  const auto run = score({{"per_token", true}, {"moments", true}}, file.path());
  REQUIRE_MESSAGE(run.ok(), run.message);
  const auto begin = run.out.column("tokens", "begin").as<int64_t>(),
             end = run.out.column("tokens", "end").as<int64_t>();
  CHECK(end.back() == 12);
  for (size_t t = 1; t < begin.size(); ++t) CHECK(begin[t] == end[t - 1]);
  for (const double m : run.out.column("tokens", "mean").as<double>()) CHECK(m < 0);
  for (const double v : run.out.column("tokens", "variance").as<double>()) CHECK(v >= 0);
}

TEST_CASE("groups add up to the whole") {
  const auto run = score({{"group_field", std::string("kind")}}, text());
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.column("groups", "group").strings == std::vector<std::string>{"even", "odd"});
  CHECK(run.out.column("groups", "documents").as<int64_t>() == std::vector<int64_t>{20, 20});
  const auto bits = run.out.column("groups", "bits_per_byte").as<double>();
  const auto bytes = run.out.column("groups", "bytes").as<int64_t>();
  const double b0 = static_cast<double>(bytes[0]), b1 = static_cast<double>(bytes[1]);
  CHECK(run.out.metric("bits_per_byte") ==
        doctest::Approx((bits[0] * b0 + bits[1] * b1) / (b0 + b1)));
}

TEST_CASE("scoring that stops and goes on gives the same rows") {
  const File file("many.jsonl", sentences(150));  // in about 400 windows, 256 between two states
  const fake::Params params{
      {"per_token", true}, {"window", int64_t{16}}, {"batch_tokens", int64_t{500}}};
  const auto whole = score(params, file.path());
  REQUIRE_MESSAGE(whole.ok(), whole.message);
  REQUIRE(whole.polls > 6);
  CHECK((score(params, file.path()).out.column("documents", "log_prob") ==
         whole.out.column("documents", "log_prob")));
  for (const int64_t stop : {int64_t{0}, int64_t{2}, whole.polls / 2, whole.polls - 1}) {
    CAPTURE(stop);
    const auto first = score(params, file.path(), {.stop_at_poll = stop});
    CHECK(first.status == ASSAY_CANCELLED);
    const auto second = score(params, file.path(), {.resumes = &first});
    REQUIRE_MESSAGE(second.ok(), second.message);
    CHECK((second.out.tables == whole.out.tables));
    CHECK((second.out.metrics == whole.out.metrics));
  }
}

TEST_CASE("scoring refuses what it cannot score, in a sentence") {
  CHECK(says(score({{"window", int64_t{33}}}, text()), "fewer than window = 33"));
  CHECK(host().refusal("score", {{"window", int64_t{1}}}).find("window = 1") != std::string::npos);
  const File other("other.jsonl", "{\"body\": \"The cat\"}\n");
  CHECK(says(score({}, other.path()), "other.jsonl: line 1"));
}
