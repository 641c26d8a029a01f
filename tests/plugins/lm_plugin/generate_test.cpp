// Method `generate`: answers that repeat, whatever is in their batch, and what it refuses.
#include "plugins/common/text/chat.hpp"
#include "tests/plugins/lm_plugin/lm_host.hpp"

#include <algorithm>
#include <numeric>

using namespace lm_test;
using Strings = std::vector<std::string>;

namespace {

fake::Params prompts(const fake::Params& more = {}) {
  return with({{"prompts", Strings{"The cat", "The dog sat", "The", "On the hill"}},
               {"max_tokens", int64_t{12}}},
              more);
}
fake::Params sampled(const fake::Params& more = {}) {
  return with(prompts({{"temperature", 1.0}, {"samples", int64_t{5}}}), more);
}
fake::Run generate(const fake::Params& params, const fake::Options& options = {},
                   fake::Inputs inputs = {}) {
  inputs.try_emplace("model", std::vector<fake::Source>{base_model()});
  return host().run("generate", params, inputs, options);
}
const Strings& texts(const fake::Run& run) { return run.out.column("answers", "text").strings; }

}  // namespace

TEST_CASE("greedy answers repeat, whatever the seed") {
  const auto one = generate(prompts(), {.seed = 1}), two = generate(prompts(), {.seed = 2});
  REQUIRE_MESSAGE(one.ok(), one.message);
  CHECK(one.out == two.out);
  CHECK(texts(one).size() == 4);
  CHECK(one.out.texts.at("samples").find("> ") == 0);
}

TEST_CASE("sampled answers depend on the seed and not on the batch") {
  const auto one = generate(sampled());
  REQUIRE_MESSAGE(one.ok(), one.message);
  CHECK(texts(one).size() == 20);
  CHECK(texts(one)[0] != texts(one)[1]);
  CHECK(texts(generate(sampled(), {.seed = 3})) != texts(one));
  for (const int64_t batch : {1, 2, 7}) {
    CAPTURE(batch);
    CHECK((generate(sampled({{"batch", batch}})).out.tables == one.out.tables));
  }
}

TEST_CASE("generation that stops and goes on gives the same answers") {
  const auto params = sampled({{"batch", int64_t{1}}});  // 8 answers between two states
  const auto whole = generate(params);
  REQUIRE_MESSAGE(whole.ok(), whole.message);
  for (const int64_t stop : {int64_t{0}, int64_t{5}, whole.polls / 2, whole.polls - 1}) {
    CAPTURE(stop);
    const auto first = generate(params, {.stop_at_poll = stop});
    CHECK(first.status == ASSAY_CANCELLED);
    const auto second = generate(params, {.resumes = &first});
    REQUIRE_MESSAGE(second.ok(), second.message);
    CHECK((second.out.tables == whole.out.tables));
    CHECK((second.out.metrics == whole.out.metrics));
  }
}

TEST_CASE("an answer ends before a stop string") {
  const auto whole = generate(prompts());
  const auto& text = texts(whole)[0];
  REQUIRE(text.size() > 6);
  const auto stop = text.substr(4, 2);
  const auto run = generate(prompts({{"stops", Strings{stop}}}));
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(texts(run)[0] == text.substr(0, text.find(stop)));
  CHECK(run.out.column("answers", "finish").strings[0] == "stop");
}

TEST_CASE("every answer begins as the parameter answer says") {
  const auto run = generate(prompts({{"answer", std::string(" sat on")}}));
  REQUIRE_MESSAGE(run.ok(), run.message);
  for (const auto& text : texts(run)) {
    CAPTURE(text);
    CHECK(text.find(" sat on") == 0);
  }
}

TEST_CASE("figures of answers are those of the table") {
  const auto run = generate(sampled());
  const auto tokens = run.out.column("answers", "tokens").as<int64_t>();
  const auto log_prob = run.out.column("answers", "log_prob").as<double>();
  const auto sum = static_cast<double>(std::accumulate(tokens.begin(), tokens.end(), int64_t{0}));
  CHECK(run.out.metric("tokens") == sum);
  CHECK(run.out.metric("mean_log_prob") ==
        doctest::Approx(std::accumulate(log_prob.begin(), log_prob.end(), 0.0) / sum));
}

TEST_CASE("prompts of a file follow those of the parameter, with their ids") {
  const File file("prompts.jsonl", "{\"text\": \"The cow\", \"name\": \"q7\"}\n");
  const auto run =
      generate(prompts({{"id_field", std::string("name")}}), {}, {{"prompt_file", {file.path()}}});
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.column("answers", "id").strings == Strings{"", "", "", "", "q7"});
}

TEST_CASE("every template that is known is a choice of chat") {
  Strings known{"auto", "none"};
  for (const auto& name : assay::text::ChatTemplate::names()) known.push_back(name);
  Strings offered;
  for (auto p = host().method("generate").params; *p; ++p)
    if (std::string((*p)->name) == "chat")
      for (auto choice = (*p)->choices; *choice; ++choice) offered.emplace_back(*choice);
  std::sort(known.begin(), known.end());
  std::sort(offered.begin(), offered.end());
  CHECK(offered == known);
}

TEST_CASE("generation refuses what it cannot answer, in a sentence") {
  CHECK(says(generate({}), "there is no prompt"));
  CHECK(says(generate(prompts({{"system", std::string("Be brief.")}})), "no chat template"));
  std::string long_prompt;
  for (int i = 0; i < 40; ++i) long_prompt += "xyz ";
  const auto beyond = generate({{"prompts", Strings{long_prompt}}});
  CHECK(says(beyond, "context"));
  CHECK(says(beyond, "32"));
}
