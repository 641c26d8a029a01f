#include "plugins/lm/score_totals.hpp"

#include <cmath>
#include <limits>

namespace lm {

double bits_per_byte(double log_prob, int64_t bytes) {
  if (bytes == 0) return std::numeric_limits<double>::quiet_NaN();
  return -log_prob / (std::log(2.0) * static_cast<double>(bytes));
}

double perplexity(double log_prob, int64_t tokens) {
  if (tokens == 0) return std::numeric_limits<double>::quiet_NaN();
  return std::exp(-log_prob / static_cast<double>(tokens));
}

void DocumentRows::log(const assay::Job& job) const {
  if (document.empty()) return;
  job.rows("documents", {{"document", document},
                         {"id", id},
                         {"group", group},
                         {"tokens", tokens},
                         {"bytes", bytes},
                         {"log_prob", log_prob},
                         {"bits_per_byte", bits_per_byte},
                         {"perplexity", perplexity}});
}

ScoreTotals ScoreTotals::restored(const assay::Job& job) {
  ScoreTotals t;
  if (!job.has_checkpoint("state")) return t;
  const auto state = job.open("@state");
  const auto counts = state.read<int64_t>("counts");
  t.next = counts.at(0);
  t.skipped_ = counts.at(1);
  if (!state.has("group")) return t;
  const auto group = state.strings("group");
  const auto documents = state.read<int64_t>("documents"), tokens = state.read<int64_t>("tokens"),
             bytes = state.read<int64_t>("bytes");
  const auto log_prob = state.read<double>("log_prob");
  for (size_t g = 0; g < group.size(); ++g)
    t.groups_[group[g]] = {documents.at(g), tokens.at(g), bytes.at(g), log_prob.at(g)};
  return t;
}

void ScoreTotals::save(const assay::Job& job) const {
  std::vector<std::string> group;
  std::vector<int64_t> documents, tokens, bytes;
  std::vector<double> log_prob;
  for (const auto& [name, sums] : groups_) {
    group.push_back(name);
    documents.push_back(sums.documents);
    tokens.push_back(sums.tokens);
    bytes.push_back(sums.bytes);
    log_prob.push_back(sums.log_prob);
  }
  const std::vector<int64_t> counts{next, skipped_};
  std::vector<assay::Column> columns{{"counts", counts}};
  if (!group.empty()) {
    columns.emplace_back("group", group);
    columns.emplace_back("documents", documents);
    columns.emplace_back("tokens", tokens);
    columns.emplace_back("bytes", bytes);
    columns.emplace_back("log_prob", log_prob);
  }
  job.save("state", next, columns);
}

void ScoreTotals::add(DocumentRows& rows, int64_t index, const assay::data::Document& document,
                      size_t tokens, int64_t bytes, double log_prob) {
  const auto scored = static_cast<int64_t>(tokens);
  rows.document.push_back(index);
  rows.id.push_back(document.id);
  rows.group.push_back(document.group);
  rows.tokens.push_back(scored);
  rows.bytes.push_back(bytes);
  rows.log_prob.push_back(scored ? log_prob : std::numeric_limits<double>::quiet_NaN());
  rows.bits_per_byte.push_back(lm::bits_per_byte(log_prob, scored ? bytes : 0));
  rows.perplexity.push_back(lm::perplexity(log_prob, scored));
  if (!scored) ++skipped_;
  auto& sums = groups_[document.group];
  ++sums.documents;
  sums.tokens += scored;
  sums.bytes += bytes;
  sums.log_prob += log_prob;
}

void ScoreTotals::log(const assay::Job& job) const {
  std::vector<std::string> group;
  std::vector<int64_t> documents, tokens, bytes;
  std::vector<double> bits, perplexities;
  Sums all;
  for (const auto& [name, sums] : groups_) {
    group.push_back(name);
    documents.push_back(sums.documents);
    tokens.push_back(sums.tokens);
    bytes.push_back(sums.bytes);
    bits.push_back(lm::bits_per_byte(sums.log_prob, sums.bytes));
    perplexities.push_back(lm::perplexity(sums.log_prob, sums.tokens));
    all.tokens += sums.tokens;
    all.bytes += sums.bytes;
    all.log_prob += sums.log_prob;
  }
  if (!group.empty())
    job.rows("groups", {{"group", group},
                        {"documents", documents},
                        {"tokens", tokens},
                        {"bytes", bytes},
                        {"bits_per_byte", bits},
                        {"perplexity", perplexities}});
  job.scalar("bits_per_byte", lm::bits_per_byte(all.log_prob, all.bytes));
  job.scalar("perplexity", lm::perplexity(all.log_prob, all.tokens));
  job.scalar("scored_tokens", static_cast<double>(all.tokens));
  job.scalar("skipped", static_cast<double>(skipped_));
}

}  // namespace lm
