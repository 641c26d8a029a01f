// Method `generate`: a model's answers to prompts.
#include "plugins/common/lm/engine.hpp"
#include "plugins/lm/conversation.hpp"
#include "plugins/lm/inputs.hpp"

#include <algorithm>
#include <numeric>

namespace lm {

struct Generate : Conversation, Precise, Texts {
  static constexpr const char* name = "generate";
  std::vector<std::string> prompts;
  int64_t samples = 1, max_tokens = 128;
  double temperature = 0;
  int64_t top_k = 0;
  double top_p = 1, repetition_penalty = 1;
  std::vector<std::string> stops;
  int64_t batch = 32;

  static void describe(assay::Schema<Generate>& s) {
    s.summary("Answers of a language model to prompts");
    s.flag(ASSAY_RESUMABLE);
    s.param("prompts", &Generate::prompts, "the prompts, if they are not in a file");
    Conversation::describe(s);
    s.param("samples", &Generate::samples, "answers to each prompt").min(1);
    s.param("max_tokens", &Generate::max_tokens, "of an answer, after its given beginning")
        .min(1)
        .unit("tokens");
    s.param("temperature", &Generate::temperature, "0: always the most probable token").min(0);
    s.param("top_k", &Generate::top_k, "draws among the k most probable tokens; 0: among all")
        .min(0);
    s.param("top_p", &Generate::top_p,
            "draws among the fewest tokens that have this probability together")
        .above(0)
        .max(1);
    s.param("repetition_penalty", &Generate::repetition_penalty,
            "divides positive and multiplies negative logits of tokens that prompt and answer have")
        .above(0);
    s.param("stops", &Generate::stops, "strings that end an answer, which is cut before them");
    s.param("batch", &Generate::batch, "answers in the making at once").min(1).max(4096).cosmetic();
    Precise::describe(s);
    Texts::describe(s);
    declare_model(s);
    s.input("prompt_file", ASSAY_DIR, "prompts as documents: JSON lines, CSV, plain text",
            ASSAY_OPTIONAL);
    s.output("answers", ASSAY_TABLE, "each answer")
        .column("prompt", ASSAY_INT, "of its prompt, from 0")
        .column("id", ASSAY_STRING, "of its prompt, where the file has ids")
        .column("sample", ASSAY_INT, "from 0")
        .column("text", ASSAY_STRING, "the answer")
        .column("tokens", ASSAY_INT, "that the model chose, its end token not counted")
        .column("log_prob", ASSAY_REAL, "the sum of theirs, without temperature", "nat")
        .column("finish", ASSAY_STRING, "end: the model ended it; stop: a string did; length");
    s.output("samples", ASSAY_TEXT, "the first prompts and their answers, to read");
    s.output("tokens", ASSAY_SCALAR, "of all answers").unit("tokens");
    s.output("mean_log_prob", ASSAY_SCALAR, "of an answer's token", ASSAY_HEADLINE).unit("nat");
    s.output("ended", ASSAY_SCALAR, "share of answers that the model ended itself");
    s.output("state", ASSAY_CHECKPOINT, "what an interrupted run continues from");
  }

  void check() const {
    Conversation::check();
    for (const auto& stop : stops)
      if (stop.empty()) throw std::invalid_argument("a string of stops is empty");
    for (const auto& prompt : prompts)
      if (prompt.empty()) throw std::invalid_argument("a prompt of prompts is empty");
  }

  void run(assay::Job& job) const;

 private:
  static constexpr int64_t kShown = 8;  // answers among the samples: no more than a block has

  struct Prompt {
    std::string id, text, where;
  };
  std::vector<Prompt> read_prompts(const assay::Job& job) const;
};

namespace {

/// What is said of all answers; the rows of a resumed run's earlier part are already written.
struct Totals {
  int64_t next = 0;  // request to go on with
  double tokens = 0, log_prob = 0, ended = 0;

  void save(const assay::Job& job) const {
    job.save("state", next,
             {{"totals", std::vector<double>{tokens, log_prob, ended}},
              {"next", std::vector<int64_t>{next}}});
  }
  static Totals restored(const assay::Job& job) {
    Totals t;
    if (!job.has_checkpoint("state")) return t;
    const auto state = job.open("@state");
    const auto sums = state.read<double>("totals");
    t.next = state.read<int64_t>("next").at(0);
    t.tokens = sums.at(0), t.log_prob = sums.at(1), t.ended = sums.at(2);
    return t;
  }
};

const char* word(assay::lm::Answer::Finish finish) {
  using enum assay::lm::Answer::Finish;
  return finish == end ? "end" : finish == stop ? "stop" : "length";
}

void need_room(const std::string& where, size_t tokens, const assay::lm::LanguageModel& model) {
  const int64_t context = model.model->config().context;
  if (tokens == 0) throw std::invalid_argument(where + ": the prompt has no tokens");
  if (context > 0 && static_cast<int64_t>(tokens) >= context)
    throw std::invalid_argument(where + ": the prompt has " + std::to_string(tokens) +
                                " tokens, which leaves no room in the model's context of " +
                                std::to_string(context));
}

}  // namespace

std::vector<Generate::Prompt> Generate::read_prompts(const assay::Job& job) const {
  std::vector<Prompt> out;
  for (const auto& text : prompts)
    out.push_back({"", text, "prompt " + std::to_string(out.size())});
  if (job.inputs("prompt_file"))
    for (auto& d : read_texts(job, "prompt_file", *this))
      out.push_back({d.id, std::move(d.text), d.where});
  if (out.empty())
    throw std::invalid_argument("there is no prompt: give prompts, or the input prompt_file");
  return out;
}

void Generate::run(assay::Job& job) const {
  // Read the model and the prompts.
  assay::begin(job);
  const auto prompts = read_prompts(job);
  const auto model = read_model(job, *this);
  const Prompter prompter(*this, model);
  const auto ends = end_tokens(model);

  // Answer them, some batches at a time.
  assay::lm::Engine engine(model, {.batch = batch});
  const assay::Philox keys(job.key("answers"));
  const auto given = static_cast<int64_t>(prompter.answer().size());
  const auto total = static_cast<int64_t>(prompts.size()) * samples;
  auto totals = Totals::restored(job);
  while (totals.next < total) {
    const int64_t first = totals.next, end = std::min(total, first + 8 * batch);
    std::vector<assay::lm::Request> requests;
    for (int64_t r = first; r < end; ++r) {
      const auto words = keys.words(static_cast<uint64_t>(r));
      const auto& prompt = prompts[static_cast<size_t>(r / samples)];
      auto ids = prompter.ids(prompt.text);
      need_room(prompt.where, ids.size() + prompter.answer().size(), model);
      requests.push_back({.prompt = std::move(ids),
                          .forced = prompter.answer(),
                          .max_tokens = max_tokens + given,
                          .sampling = {.temperature = temperature,
                                       .top_k = top_k,
                                       .top_p = top_p,
                                       .repetition_penalty = repetition_penalty,
                                       .key = (uint64_t{words[0]} << 32) | words[1]},
                          .ends = ends,
                          .stops = stops});
    }
    const auto answers = engine.generate(requests, [&](int64_t done) {
      job.progress("answering", first + done, total);
      job.yield([&] { totals.save(job); });  // these requests come again
      return true;
    });

    // Log them.
    std::vector<int64_t> prompt, sample, tokens;
    std::vector<std::string> ids, texts, finish;
    std::vector<double> log_prob;
    std::string shown;
    for (int64_t r = first; r < end; ++r) {
      const auto& a = answers[static_cast<size_t>(r - first)];
      prompt.push_back(r / samples);
      sample.push_back(r % samples);
      ids.push_back(prompts[static_cast<size_t>(r / samples)].id);
      texts.push_back(a.text);
      const auto own = std::max<int64_t>(0, static_cast<int64_t>(a.ids.size()) - given);
      tokens.push_back(own);
      log_prob.push_back(std::accumulate(a.log_probs.end() - own, a.log_probs.end(), 0.0));
      finish.emplace_back(word(a.finish));
      totals.tokens += static_cast<double>(tokens.back());
      totals.log_prob += log_prob.back();
      totals.ended += a.finish == assay::lm::Answer::Finish::end;
      if (r < kShown)
        shown += (r ? "\n\n" : "") + ("> " + prompts[static_cast<size_t>(r / samples)].text) +
                 "\n" + a.text;
    }
    if (!shown.empty()) job.text("samples", shown);
    job.rows("answers", {{"prompt", prompt},
                         {"id", ids},
                         {"sample", sample},
                         {"text", texts},
                         {"tokens", tokens},
                         {"log_prob", log_prob},
                         {"finish", finish}});
    totals.next = end;
    job.yield([&] { totals.save(job); });
  }
  job.scalar("tokens", totals.tokens);
  job.scalar("mean_log_prob", totals.log_prob / totals.tokens);
  job.scalar("ended", totals.ended / static_cast<double>(total));
}

}  // namespace lm

ASSAY_METHOD(::lm::Generate)
