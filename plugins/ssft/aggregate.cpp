// Method `aggregate`: one ranking out of several runs of `score`: over seeds, and, where the halves
// were swapped too, over both directions, so that every example of the source has a score (the
// released code's averaging of seeds; Deviation: see the parameter `aggregate`).
#include "plugins/common/stats/ranking.hpp"
#include "plugins/ssft/gallery.hpp"
#include "plugins/ssft/judge.hpp"
#include "plugins/ssft/stability.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace ssft {

struct Aggregate {
  static constexpr const char* name = "aggregate";
  std::string aggregate = "capped";
  std::string rank_by = "ssft";
  int64_t suspects = 100;

  static void describe(assay::Schema<Aggregate>& s) {
    s.summary("Means of times and scores over runs: one ranking of the whole source");
    s.flag(ASSAY_SEEDLESS);
    s.param("aggregate", &Aggregate::aggregate,
            "of times from runs with different numbers of evaluations T: capped, \"never\" counts "
            "as the largest T + 1; fraction, times are divided by their run's T + 1; raw, as they "
            "are (the released code)")
        .choices({"raw", "capped", "fraction"});
    s.param("rank_by", &Aggregate::rank_by, "the score that ranks; ties by mean_prob2")
        .choices({"ssft", "fslt", "events", "cum_learn", "cum_forget", "mean_prob", "mean_prob2",
                  "joint", "joint_sum"});
    s.param("suspects", &Aggregate::suspects, "most suspicious examples shown").min(1);

    s.input("scores", ASSAY_RUN, "runs of ssft.score", ASSAY_MANY);
    s.input("splits", ASSAY_RUN, "the runs of ssft.split behind them: for names and images",
            ASSAY_MANY);

    s.output("ranking", ASSAY_TABLE, "every scored example, the most suspicious first")
        .format("scores")
        .column("rank", ASSAY_INT, "from 1")
        .column("index", ASSAY_INT, "in the source")
        .column("given", ASSAY_STRING, "label")
        .column("true", ASSAY_STRING, "label before noise")
        .column("noisy", ASSAY_BOOL, "whether the two differ")
        .column("ssft", ASSAY_REAL, "mean second-split forgetting time")
        .column("fslt", ASSAY_REAL, "mean first-split learning time")
        .column("events", ASSAY_REAL, "mean forgetting events, as counted: see `score`")
        .column("cum_learn", ASSAY_REAL, "mean of evaluations at which it is right, stage 1")
        .column("cum_forget", ASSAY_REAL, "the same, stage 2")
        .column("mean_prob", ASSAY_REAL, "mean probability of the given label, stage 1")
        .column("mean_prob2", ASSAY_REAL, "the same, stage 2")
        .column("joint", ASSAY_REAL, "mean joint score")
        .column("joint_sum", ASSAY_REAL, "mean joint_sum score")
        .column("never_fraction", ASSAY_REAL, "share of the runs that never forgot it")
        .column("runs", ASSAY_INT, "that scored it");
    s.output("suspects", ASSAY_TABLE, "the first of the ranking")
        .column("rank", ASSAY_INT, "from 1")
        .column("index", ASSAY_INT, "in the source")
        .column("given", ASSAY_STRING, "label")
        .column("true", ASSAY_STRING, "label before noise")
        .column("ssft", ASSAY_REAL, "mean");
    Images::declare_outputs(s);
    Judge::declare_outputs(s);
    declare_stability(s);
    s.output("examples", ASSAY_SCALAR, "scored").unit("examples");
    s.output("never_forgotten", ASSAY_SCALAR, "mean of never_fraction");
  }

  void run(assay::Job& job) const;
};

namespace {

/// Makes a run's times comparable with those of runs of other lengths.
void level(std::vector<double>& times, const std::vector<uint8_t>& never, int64_t T,
           int64_t longest, const std::string& how) {
  for (size_t i = 0; i < times.size(); ++i) {
    if (how == "capped" && never[i]) times[i] = static_cast<double>(longest + 1);
    if (how == "fraction") times[i] /= static_cast<double>(T + 1);
  }
}

/// Examples of all runs, by their index in the source, ascending.
struct Means {
  std::vector<int64_t> index, label, true_label, runs;
  std::vector<double> never_fraction, never_learned;
  Columns columns;
};

Means mean_over(const std::vector<Scored>& runs) {
  std::map<int64_t, size_t> place;
  for (const auto& run : runs)
    for (const auto i : run.index) place.emplace(i, 0);
  Means m;
  for (auto& [i, at] : place) {
    at = m.index.size();
    m.index.push_back(i);
  }
  const size_t n = place.size();
  m.label.resize(n), m.true_label.resize(n), m.runs.resize(n);
  m.never_fraction.resize(n), m.never_learned.resize(n);
  for (auto& column : m.columns) column.resize(n);
  for (const auto& run : runs)
    for (size_t j = 0; j < run.index.size(); ++j) {
      const size_t at = place[run.index[j]];
      m.label[at] = run.label[j];
      m.true_label[at] = run.true_label[j];
      ++m.runs[at];
      m.never_fraction[at] += run.never_forgotten[j];
      m.never_learned[at] += run.never_learned[j];
      for (size_t c = 0; c < kColumns; ++c) m.columns[c][at] += run.columns[c][j];
    }
  for (size_t at = 0; at < n; ++at) {
    const auto count = static_cast<double>(m.runs[at]);
    m.never_fraction[at] /= count;
    m.never_learned[at] /= count;
    for (auto& column : m.columns) column[at] /= count;
  }
  return m;
}

/// Reads every run and makes their times comparable.
std::vector<Scored> read_all(const assay::Job& job, const std::string& how) {
  std::vector<Scored> runs;
  for (size_t i = 0; i < job.inputs("scores"); ++i)
    runs.push_back(read_scored(job.open("scores", i)));
  if (runs.empty()) throw std::invalid_argument("there are no scores to aggregate");
  log_stability(job, runs);
  int64_t longest = 0, longest2 = 0;
  for (const auto& run : runs) {
    longest = std::max(longest, run.T);
    longest2 = std::max(longest2, run.T2);
  }
  for (auto& run : runs) {
    level(run.columns[kSsft], run.never_forgotten, run.T2, longest2, how);
    level(run.columns[kFslt], run.never_learned, run.T, longest, how);
  }
  return runs;
}

std::vector<Suspicion> suspicions(const Means& m) {
  std::vector<Suspicion> scores;
  for (size_t c = 0; c < kColumns; ++c) {
    scores.push_back({kScoreColumns[c].name, m.columns[c]});
    for (auto& v : scores.back().value) v *= kScoreColumns[c].direction;
  }
  return scores;
}

const std::vector<double>& value_of(const std::vector<Suspicion>& scores, const std::string& name) {
  return std::find_if(scores.begin(), scores.end(), [&](const auto& s) { return s.name == name; })
      ->value;
}

template <class T>
std::vector<T> in_order(const std::vector<T>& x, const std::vector<size_t>& order) {
  std::vector<T> out;
  for (const size_t i : order) out.push_back(x[i]);
  return out;
}

std::vector<std::string> named(const std::vector<int64_t>& labels,
                               const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const auto label : labels) out.push_back(names.at(static_cast<size_t>(label)));
  return out;
}

/// All examples in `order`.
void log_ranking(const assay::Job& job, const Means& m, const std::vector<uint8_t>& noisy,
                 const std::vector<std::string>& names, const std::vector<size_t>& order) {
  std::vector<int64_t> rank(order.size());
  std::iota(rank.begin(), rank.end(), 1);
  const auto index = in_order(m.index, order), runs = in_order(m.runs, order);
  const auto given = named(in_order(m.label, order), names),
             truth = named(in_order(m.true_label, order), names);
  const auto wrong = in_order(noisy, order);
  const auto never = in_order(m.never_fraction, order);
  std::vector<assay::Column> table{{"rank", rank},
                                   {"index", index},
                                   {"given", given},
                                   {"true", truth},
                                   {"noisy", assay::bools(wrong)}};
  Columns sorted;
  for (size_t c = 0; c < kColumns; ++c) {
    sorted[c] = in_order(m.columns[c], order);
    table.emplace_back(kScoreColumns[c].name, sorted[c]);
  }
  table.emplace_back("never_fraction", never);
  table.emplace_back("runs", runs);
  job.rows("ranking", table);
}

/// The examples in `order`, with their images.
void log_suspects(const assay::Job& job, const Means& m, const std::vector<std::string>& names,
                  const std::vector<size_t>& order) {
  std::vector<int64_t> rank(order.size());
  std::iota(rank.begin(), rank.end(), 1);
  const auto index = in_order(m.index, order);
  const auto given = named(in_order(m.label, order), names),
             truth = named(in_order(m.true_label, order), names);
  const auto ssft = in_order(m.columns[kSsft], order);
  job.rows("suspects",
           {{"rank", rank}, {"index", index}, {"given", given}, {"true", truth}, {"ssft", ssft}});
  Images(job, "splits").log(index, given);
}

}  // namespace

void Aggregate::run(assay::Job& job) const {
  // Average the runs by example.
  const auto m = mean_over(read_all(job, aggregate));
  const auto n = m.index.size();
  job.scalar("examples", static_cast<double>(n));
  job.scalar("never_forgotten",
             std::accumulate(m.never_fraction.begin(), m.never_fraction.end(), 0.0) /
                 static_cast<double>(n));

  // Judge the means by the labels known to be wrong.
  std::vector<uint8_t> noisy(n), learned(n);
  for (size_t i = 0; i < n; ++i) {
    noisy[i] = m.label[i] != m.true_label[i];
    learned[i] = m.never_learned[i] == 0;
  }
  const auto scores = suspicions(m);
  Judge(job, noisy, learned).judge(scores);

  // Rank, and show the most suspicious.
  auto order = ranked(value_of(scores, rank_by), value_of(scores, "mean_prob2"));
  const auto names = class_names(job.open("splits"));
  log_ranking(job, m, noisy, names, order);
  order.resize(std::min(order.size(), static_cast<size_t>(suspects)));
  log_suspects(job, m, names, order);
}

}  // namespace ssft

ASSAY_METHOD(ssft::Aggregate)
