#include "plugins/common/stats/ranking.hpp"
#include "plugins/ssft/scores.hpp"
#include "plugins/ssft/times.hpp"

#include <algorithm>

namespace ssft {
namespace {

std::vector<uint8_t> equal(const std::vector<int64_t>& x, int64_t to) {
  std::vector<uint8_t> out(x.size());
  std::transform(x.begin(), x.end(), out.begin(), [to](int64_t v) { return v == to; });
  return out;
}

template <class T>
std::vector<double> times(double factor, const std::vector<T>& x) {
  std::vector<double> out(x.size());
  std::transform(x.begin(), x.end(), out.begin(),
                 [factor](T v) { return factor * static_cast<double>(v); });
  return out;
}

std::vector<double> sum(std::vector<double> x, const std::vector<double>& y) {
  std::transform(x.begin(), x.end(), y.begin(), x.begin(), std::plus<>());
  return x;
}

/// Counts of events in which a never-learned example comes first.
std::vector<double> classic(std::vector<int64_t> events, const std::vector<uint8_t>& never_learned,
                            bool infinite) {
  if (infinite && !events.empty()) {
    const int64_t above = *std::max_element(events.begin(), events.end()) + 1;
    for (size_t i = 0; i < events.size(); ++i)
      if (never_learned[i]) events[i] = above;
  }
  return times(1, events);
}

}  // namespace

Record record(const BitMatrix& learned, const BitMatrix& training, const BitMatrix& forgotten) {
  Record r;
  r.T = learned.rows();
  r.T2 = forgotten.rows();
  r.fslt = settled(learned, true);
  r.first_learned = first(learned, true);
  r.events = events(learned);
  r.events_training = events(training);
  r.cum_learn = times_right(learned);
  r.never_learned = equal(r.fslt, r.T + 1);
  r.ssft = settled(forgotten, false);
  r.first_forgotten = first(forgotten, false);
  r.cum_forget = times_right(forgotten);
  r.never_forgotten = equal(r.ssft, r.T2 + 1);
  return r;
}

std::vector<Suspicion> suspicions(const Record& r, bool never_learned_infinite,
                                  double joint_factor) {
  const auto learn = times(1, r.cum_learn), forget = times(1, r.cum_forget);
  return {
      {"ssft", times(-1, r.ssft)},
      {"fslt", times(1, r.fslt)},
      {"first_forgotten", times(-1, r.first_forgotten)},
      {"first_learned", times(1, r.first_learned)},
      {"events", classic(r.events, r.never_learned, never_learned_infinite)},
      {"events_training", classic(r.events_training, r.never_learned, never_learned_infinite)},
      {"cum_learn", times(-1, r.cum_learn)},
      {"cum_forget", times(-1, r.cum_forget)},
      {"mean_prob", times(-1, r.mean_prob)},
      {"mean_prob2", times(-1, r.mean_prob2)},
      {"joint", sum(times(-1, assay::stats::min_ranks(learn)),
                    times(-joint_factor, assay::stats::min_ranks(forget)))},
      {"joint_sum",
       sum(times(-1, assay::stats::zscores(learn)), times(-1, assay::stats::zscores(forget)))},
  };
}

}  // namespace ssft
