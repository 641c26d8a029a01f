#include "plugins/common/lm/cached_attention.hpp"
#include "plugins/common/lm/culprit.hpp"
#include "plugins/common/lm/distribution.hpp"
#include "plugins/common/lm/product.hpp"
#include "plugins/common/lm/score.hpp"

#include <ATen/Parallel.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace assay::lm {
namespace {

constexpr int64_t kPiece = 1024;    // rows of a forward pass
constexpr int64_t kReadRows = 256;  // rows whose logits are held, a chunk of the vocabulary each
constexpr int64_t kForks = 32;      // caches at a time

/// What one row's logits are asked: how probable `target` is, for number `at` of `scores`.
struct Question {
  TokenScores* scores;
  size_t at;
  text::Id target;
};

void make_room(TokenScores& scores, size_t n, const ScoreOptions& options) {
  scores.log_p.resize(n);
  if (options.moments) scores.mean.resize(n), scores.variance.resize(n);
  if (options.argmax) scores.argmax.resize(n);
}

/// hidden (M, C), of a row for each question; the vocabulary goes by in chunks.
void read(const Model& model, const at::Tensor& hidden, std::span<const Question> questions,
          const ScoreOptions& options) {
  const int64_t M = hidden.size(0), V = model.config().vocabulary;
  std::vector<Distribution> rows(questions.size(), Distribution(options.moments));
  std::vector<float> logit(questions.size());
  for (int64_t first = 0; first < V; first += options.vocabulary_chunk) {
    const int64_t count = std::min(options.vocabulary_chunk, V - first);
    const auto logits =
        model.logits(hidden, first, count).to(at::kCPU, at::kFloat).contiguous();  // (M, count)
    const float* l = logits.const_data_ptr<float>();
    at::parallel_for(0, M, 8, [&](int64_t from, int64_t to) {
      for (int64_t m = from; m < to; ++m) {
        const auto i = static_cast<size_t>(m);
        rows[i].add(l + m * count, count, first);
        const int64_t target = questions[i].target - first;
        if (0 <= target && target < count) logit[i] = l[m * count + target];
      }
    });
  }
  for (size_t i = 0; i < questions.size(); ++i) {
    if (!rows[i].finite())
      throw Error(ASSAY_INVALID_ARGUMENT, not_finite(model, "the logits of a text"));
    auto& [scores, at, target] = questions[i];
    scores->log_p[at] = rows[i].log_p(static_cast<double>(logit[i]));
    if (options.moments) {
      scores->mean[at] = rows[i].mean();
      scores->variance[at] = rows[i].variance();
    }
    if (options.argmax) scores->argmax[at] = static_cast<text::Id>(rows[i].argmax());
  }
}

/// hidden (N, C), of which the rows `picked` are asked `questions`.
void read_picked(const Model& model, const at::Tensor& hidden, const std::vector<int64_t>& picked,
                 std::span<const Question> questions, const ScoreOptions& options) {
  for (size_t i = 0; i < picked.size(); i += static_cast<size_t>(kReadRows)) {
    const size_t n = std::min<size_t>(kReadRows, picked.size() - i);
    const auto some =
        at::tensor(at::ArrayRef<int64_t>(picked).slice(i, n), at::kLong).to(hidden.device());
    read(model, hidden.index_select(0, some), questions.subspan(i, n), options);
  }
}

/// Attention within whole sequences: one layer's keys and values at a time.
class OneLayer final : public Attention {
 public:
  OneLayer(const Config& c, std::vector<int64_t> lengths, at::Device device)
      : caches_(lengths.size(), KvCache(1, c.kv_heads, c.head_dim, device)),
        inner_(pointers(), std::move(lengths)) {}
  at::Tensor attend(int64_t, const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                    const AttentionSpec& spec) override {
    return inner_.attend(0, q, k, v, spec);
  }

 private:
  std::vector<KvCache*> pointers() {
    std::vector<KvCache*> all;
    for (auto& cache : caches_) all.push_back(&cache);
    return all;
  }
  std::vector<KvCache> caches_;
  CachedAttention inner_;
};

/// Rows of ids at consecutive positions, with what they are asked.
struct Piece {
  std::vector<int64_t> ids, positions, lengths, picked;
  std::vector<Question> questions;

  int64_t size() const { return static_cast<int64_t>(ids.size()); }

  /// Ids [first, last) of a sequence, at positions from `position` on; a row asks for the id after
  /// it, if there is one, whose score is number `index` for the first of them.
  void add(std::span<const text::Id> sequence, size_t first, size_t last, int64_t position,
           TokenScores& scores, size_t index) {
    for (size_t t = first; t < last; ++t) {
      if (t + 1 < sequence.size()) {
        picked.push_back(size());
        questions.push_back({&scores, index + t - first, sequence[t + 1]});
      }
      ids.push_back(sequence[t]);
      positions.push_back(position + static_cast<int64_t>(t - first));
    }
    lengths.push_back(static_cast<int64_t>(last - first));
  }

  void run(const Model& model, Attention& attention, const ScoreOptions& options) const {
    const auto device = model.embedding().device();
    const Rows rows{.ids = at::tensor(ids, at::kLong).to(device),
                    .positions = at::tensor(positions, at::kLong).to(device),
                    .lengths = lengths};
    read_picked(model, model.hidden(rows, attention), picked, questions, options);
  }
};

/// A sequence that does not fit into one piece, cut into pieces over a cache.
void score_long(const Model& model, const std::vector<text::Id>& ids, TokenScores& scores,
                const ScoreOptions& options) {
  KvCache cache(model.config(), model.embedding().device());
  for (size_t first = 0; first < ids.size(); first += static_cast<size_t>(kPiece)) {
    const size_t last = std::min(ids.size(), first + static_cast<size_t>(kPiece));
    Piece piece;
    piece.add(ids, first, last, static_cast<int64_t>(first), scores, first);
    CachedAttention attention({&cache}, piece.lengths);
    piece.run(model, attention, options);
  }
}

void check_length(const Config& config, size_t index, size_t tokens) {
  if (config.context > 0 && static_cast<int64_t>(tokens) > config.context)
    throw std::invalid_argument("sequence " + std::to_string(index) + " has " +
                                std::to_string(tokens) + " tokens, more than the model's context " +
                                "of " + std::to_string(config.context));
}

/// The last token of a continuation is asked for without being looked up.
void check_ids(const Config& config, size_t index, std::span<const text::Id> ids) {
  for (const auto id : ids)
    if (id < 0 || id >= config.vocabulary)
      throw std::invalid_argument("sequence " + std::to_string(index) + ": token id " +
                                  std::to_string(id) + " is outside the model's embedding, which " +
                                  "has rows 0 to " + std::to_string(config.vocabulary - 1));
}

void check(const Model& model, const ScoreOptions& options) {
  need_causal(model.config(), "the probability of a text");
  if (options.rows < 1 || options.vocabulary_chunk < 1)
    throw std::invalid_argument("a batch of scores has at least 1 row and chunks of at least 1 id");
}

}  // namespace

std::vector<TokenScores> score(const Model& model, std::span<const std::vector<text::Id>> sequences,
                               const ScoreOptions& options,
                               const std::function<bool(int64_t)>& go_on) {
  const at::NoGradGuard no_grad;
  const PlainProducts fastest;
  check(model, options);
  std::vector<TokenScores> scores(sequences.size());
  std::vector<size_t> order(sequences.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return sequences[a].size() > sequences[b].size(); });
  for (const size_t i : order) check_length(model.config(), i, sequences[i].size());

  for (size_t next = 0; next < order.size();) {
    if (go_on && !go_on(static_cast<int64_t>(next))) break;
    // A batch: pieces of whole sequences, and long ones by themselves.
    int64_t rows = 0;
    do {
      const size_t first = order[next];
      if (static_cast<int64_t>(sequences[first].size()) > kPiece) {
        make_room(scores[first], sequences[first].size() - 1, options);
        score_long(model, sequences[first], scores[first], options);
        rows += static_cast<int64_t>(sequences[first].size());
        ++next;
        continue;
      }
      Piece piece;
      while (next < order.size()) {
        const auto& ids = sequences[order[next]];
        const auto n = static_cast<int64_t>(ids.size());
        if (piece.size() && (piece.size() + n > kPiece || rows + piece.size() + n > options.rows))
          break;
        auto& own = scores[order[next++]];
        if (n == 0) continue;
        make_room(own, ids.size() - 1, options);
        piece.add(ids, 0, ids.size(), 0, own, 0);
      }
      if (piece.picked.empty()) continue;
      OneLayer attention(model.config(), piece.lengths, model.embedding().device());
      piece.run(model, attention, options);
      rows += piece.size();
    } while (next < order.size() && rows < options.rows);
  }
  return scores;
}

std::vector<TokenScores> score(const Model& model, std::span<const text::Id> context,
                               std::span<const std::vector<text::Id>> continuations,
                               const ScoreOptions& options) {
  const at::NoGradGuard no_grad;
  check(model, options);
  if (context.empty())
    throw std::invalid_argument("the context of what is scored has no tokens; at least one");
  std::vector<TokenScores> scores(continuations.size());
  for (size_t i = 0; i < continuations.size(); ++i) {
    check_length(model.config(), i, context.size() + continuations[i].size());
    check_ids(model.config(), i, continuations[i]);
    make_room(scores[i], continuations[i].size(), options);
  }

  // The context once; its last row says how probable each first token is.
  const auto device = model.embedding().device();
  KvCache cache(model.config(), device);
  at::Tensor last;  // (1, C)
  for (size_t first = 0; first < context.size(); first += static_cast<size_t>(kPiece)) {
    Piece piece;
    TokenScores unread;
    piece.add(context, first, std::min(context.size(), first + static_cast<size_t>(kPiece)),
              static_cast<int64_t>(first), unread, 0);
    CachedAttention attention({&cache}, piece.lengths);
    const Rows rows{.ids = at::tensor(piece.ids, at::kLong).to(device),
                    .positions = at::tensor(piece.positions, at::kLong).to(device),
                    .lengths = piece.lengths};
    last = model.hidden(rows, attention).narrow(0, piece.size() - 1, 1);
  }
  std::vector<Question> firsts;
  for (size_t i = 0; i < continuations.size(); ++i)
    if (!continuations[i].empty()) firsts.push_back({&scores[i], 0, continuations[i][0]});
  read_picked(model, last, std::vector<int64_t>(firsts.size(), 0), firsts, options);

  // The rest, each after a fork of the context.
  for (size_t next = 0; next < continuations.size();) {
    Piece piece;
    std::vector<KvCache> forks;
    forks.reserve(static_cast<size_t>(kForks));
    std::vector<KvCache*> caches;
    for (; next < continuations.size() && static_cast<int64_t>(forks.size()) < kForks &&
           piece.size() < kPiece;
         ++next) {
      const auto& ids = continuations[next];
      if (ids.size() < 2) continue;
      piece.add(ids, 0, ids.size() - 1, static_cast<int64_t>(context.size()), scores[next], 1);
      caches.push_back(&forks.emplace_back(cache));
    }
    if (forks.empty()) continue;
    CachedAttention attention(caches, piece.lengths);
    piece.run(model, attention, options);
  }
  return scores;
}

}  // namespace assay::lm
