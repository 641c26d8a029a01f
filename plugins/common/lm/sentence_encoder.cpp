#include "plugins/common/lm/heads.hpp"
#include "plugins/common/lm/sentence_encoder.hpp"

#include <assay/plugin.hpp>

#include <algorithm>
#include <numeric>
#include <stdexcept>

namespace assay::lm {
namespace {

using text::Id;

/// The ids of `text` with fewer of its own tokens, and all that the tokenizer puts around them.
std::vector<Id> cut(const text::Tokenizer& tokenizer, const std::string& text,
                    const std::vector<Id>& full, int64_t max_tokens) {
  const auto own = tokenizer.encode(text, {.add_special = false});
  const auto begin = std::search(full.begin(), full.end(), own.begin(), own.end());
  const auto around = static_cast<int64_t>(full.size() - own.size());
  if (begin == full.end() || around >= max_tokens)
    throw std::invalid_argument("a limit of " + std::to_string(max_tokens) +
                                " tokens leaves none for a text between the " +
                                std::to_string(around) + " that the tokenizer puts around it");
  std::vector<Id> ids(full.begin(), begin + (max_tokens - around));
  ids.insert(ids.end(), begin + static_cast<int64_t>(own.size()), full.end());
  return ids;
}

std::vector<size_t> by_length(const std::vector<std::vector<Id>>& ids) {
  std::vector<size_t> order(ids.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return ids[a].size() < ids[b].size(); });
  return order;
}

/// Vectors of some sequences, (B, C).
at::Tensor vectors(const Model& model, const std::vector<std::vector<int64_t>>& sequences,
                   bool normalise) {
  const auto rows = rows_of(sequences, model.embedding().device());
  Sequences attention(rows.lengths);
  const auto means = mean_pooled(model.hidden(rows, attention), rows.lengths);
  return normalise ? normalised(means) : means;
}

}  // namespace

std::vector<std::vector<Id>> sentence_ids(const text::Tokenizer& tokenizer,
                                          std::span<const std::string> texts, int64_t max_tokens) {
  std::vector<std::vector<Id>> out;
  out.reserve(texts.size());
  for (const auto& text : texts) {
    auto ids = tokenizer.encode(text);
    if (static_cast<int64_t>(ids.size()) > max_tokens) ids = cut(tokenizer, text, ids, max_tokens);
    if (ids.empty())
      throw std::invalid_argument("text " + std::to_string(out.size()) +
                                  " has no tokens, so it has no vector");
    out.push_back(std::move(ids));
  }
  return out;
}

at::Tensor embed(const Model& model, const text::Tokenizer& tokenizer,
                 std::span<const std::string> texts, const SentenceOptions& options,
                 const std::function<bool(int64_t)>& go_on) {
  const at::NoGradGuard no_grad;
  const auto& config = model.config();
  const int64_t most =
      options.max_tokens > 0 ? std::min(options.max_tokens, config.context) : config.context;
  const auto ids = sentence_ids(tokenizer, texts, most);
  auto out = at::empty({static_cast<int64_t>(texts.size()), config.width},
                       model.embedding().options().requires_grad(false));

  // Batch texts of like lengths, shortest first.
  const auto order = by_length(ids);
  for (size_t done = 0; done < order.size();) {
    std::vector<std::vector<int64_t>> batch;
    std::vector<int64_t> places;
    int64_t rows = 0;
    for (; done < order.size(); ++done) {
      const auto& one = ids[order[done]];
      rows += static_cast<int64_t>(one.size());
      if (!batch.empty() && rows > options.rows) break;
      batch.emplace_back(one.begin(), one.end());
      places.push_back(static_cast<int64_t>(order[done]));
    }
    out.index_copy_(0, at::tensor(places, at::kLong).to(out.device()),
                    vectors(model, batch, options.normalise));
    if (go_on && !go_on(static_cast<int64_t>(done))) throw Error(ASSAY_CANCELLED, "cancelled");
  }
  return out;
}

}  // namespace assay::lm
