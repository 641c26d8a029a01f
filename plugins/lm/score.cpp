// Method `score`: what a model thinks of texts, token by token.
#include "plugins/common/lm/score.hpp"
#include "plugins/lm/inputs.hpp"
#include "plugins/lm/score_totals.hpp"
#include "plugins/lm/windows.hpp"

#include <algorithm>
#include <limits>

namespace lm {

struct Score : Precise, Texts {
  static constexpr const char* name = "score";
  int64_t window = 0, batch_tokens = 4096;
  bool per_token = false, moments = false, special_tokens = false;

  static void describe(assay::Schema<Score>& s) {
    s.summary("Log-probabilities, perplexity and bits per byte of texts");
    s.flag(ASSAY_RESUMABLE | ASSAY_SEEDLESS);
    s.param("window", &Score::window,
            "tokens that the model reads at once; 0: as many as its context has")
        .min(0)
        .unit("tokens");
    s.param("per_token", &Score::per_token, "writes the table of all tokens");
    s.param("moments", &Score::moments,
            "of each token: mean and variance of ln p under the model's own distribution");
    s.param("special_tokens", &Score::special_tokens,
            "special tokens that a text spells, such as <|endoftext|>, are read as such and not as "
            "characters");
    s.param("batch_tokens", &Score::batch_tokens, "tokens in a batch, at most").min(1).cosmetic();
    Precise::describe(s);
    Texts::describe(s);
    declare_model(s);
    s.input("text", ASSAY_DIR, "documents: JSON lines, CSV, plain text, HTML; a file or a folder");
    s.output("documents", ASSAY_TABLE, "each document")
        .column("document", ASSAY_INT, "from 0")
        .column("id", ASSAY_STRING)
        .column("group", ASSAY_STRING)
        .column("tokens", ASSAY_INT, "that were scored")
        .column("bytes", ASSAY_INT, "that these stand for")
        .column("log_prob", ASSAY_REAL, "of all tokens; NaN if none was scored", "nat")
        .column("bits_per_byte", ASSAY_REAL)
        .column("perplexity", ASSAY_REAL, "of its tokens");
    s.output("groups", ASSAY_TABLE, "all documents of a group as one text")
        .column("group", ASSAY_STRING)
        .column("documents", ASSAY_INT)
        .column("tokens", ASSAY_INT)
        .column("bytes", ASSAY_INT)
        .column("bits_per_byte", ASSAY_REAL)
        .column("perplexity", ASSAY_REAL);
    s.output("tokens", ASSAY_TABLE, "each scored token, with per_token")
        .column("document", ASSAY_INT)
        .column("begin", ASSAY_INT, "its first byte in the text")
        .column("end", ASSAY_INT, "one past its last byte")
        .column("token", ASSAY_INT, "its id")
        .column("log_p", ASSAY_REAL, "", "nat")
        .column("mean", ASSAY_REAL, "sum_v p_v ln p_v; NaN without moments", "nat")
        .column("variance", ASSAY_REAL, "sum_v p_v (ln p_v)^2 - mean^2; NaN without moments");
    s.output("bits_per_byte", ASSAY_SCALAR, "of all documents as one text",
             ASSAY_HEADLINE | ASSAY_LOWER_IS_BETTER);
    s.output("perplexity", ASSAY_SCALAR, "exp of the mean loss of all tokens",
             ASSAY_LOWER_IS_BETTER);
    s.output("scored_tokens", ASSAY_SCALAR, "of all documents").unit("tokens");
    s.output("skipped", ASSAY_SCALAR, "documents too short to have a scored token");
    s.output("state", ASSAY_CHECKPOINT, "what an interrupted run continues from");
  }

  void check() const {
    if (window == 1)
      throw std::invalid_argument("window = 1 leaves no token with a context; at least 2, or 0");
  }

  void run(assay::Job& job) const;

 private:
  static constexpr size_t kWindows = 256;  // between two entries of the log

  int64_t window_of(const assay::lm::LanguageModel& model) const {
    const int64_t context = model.model->config().context;
    if (window > context && context > 0)
      throw std::invalid_argument(model.where + ": its context has " + std::to_string(context) +
                                  " tokens, fewer than window = " + std::to_string(window));
    return window > 0 ? window : context;
  }
};

namespace {

/// The columns of the table of tokens.
struct TokenRows {
  std::vector<int64_t> document, begin, end, token;
  std::vector<double> log_p, mean, variance;

  void add(int64_t of, const assay::text::Span& span, assay::text::Id id,
           const assay::lm::TokenScores& scores, size_t t) {
    const auto or_nan = [&](const std::vector<double>& x) {
      return x.empty() ? std::numeric_limits<double>::quiet_NaN() : x[t];
    };
    document.push_back(of);
    begin.push_back(span.begin);
    end.push_back(span.end);
    token.push_back(id);
    log_p.push_back(scores.log_p[t]);
    mean.push_back(or_nan(scores.mean));
    variance.push_back(or_nan(scores.variance));
  }
  void log(const assay::Job& job) const {
    if (document.empty()) return;
    job.rows("tokens", {{"document", document},
                        {"begin", begin},
                        {"end", end},
                        {"token", token},
                        {"log_p", log_p},
                        {"mean", mean},
                        {"variance", variance}});
  }
};

}  // namespace

void Score::run(assay::Job& job) const {
  // Read the model and the documents.
  assay::begin(job);
  const auto documents = read_texts(job, "text", *this);
  const auto model = read_model(job, *this);
  const int64_t length = window_of(model);
  const auto total = static_cast<int64_t>(documents.size());

  // Score some of them at a time.
  ScoreTotals totals = ScoreTotals::restored(job);
  while (totals.next < total) {
    const int64_t first = totals.next;
    int64_t end = first;
    std::vector<Windowed> windowed;
    std::vector<std::vector<assay::text::Id>> windows;
    for (; end < total && windows.size() < kWindows; ++end) {
      windowed.push_back(windows_of(*model.tokenizer, documents[static_cast<size_t>(end)].text,
                                    length, special_tokens));
      windows.insert(windows.end(), windowed.back().windows.begin(), windowed.back().windows.end());
    }
    const auto scores = assay::lm::score(
        *model.model, windows, {.moments = moments, .rows = batch_tokens}, [&](int64_t) {
          job.yield([&] { totals.save(job); });  // these documents come again
          return true;
        });

    // Log each.
    DocumentRows rows;
    TokenRows tokens;
    size_t w = 0;
    for (int64_t d = first; d < end; ++d) {
      const auto& own = windowed[static_cast<size_t>(d - first)];
      double log_prob = 0;
      size_t scored = 0;
      for (const auto& window : own.windows) {
        const auto& s = scores[w++];
        for (size_t t = own.context; t < window.size(); ++t, ++scored) {
          log_prob += s.log_p[t - 1];
          if (per_token) tokens.add(d, own.spans[scored], window[t], s, t - 1);
        }
      }
      totals.add(rows, d, documents[static_cast<size_t>(d)], scored, own.bytes, log_prob);
    }
    rows.log(job);
    tokens.log(job);
    totals.next = end;
    job.progress("scoring", totals.next, total);
    job.yield([&] { totals.save(job); });
  }
  totals.log(job);
}

}  // namespace lm

ASSAY_METHOD(::lm::Score)
