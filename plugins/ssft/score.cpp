// Method `score`: from the two stages' records to each example's times and scores, the times of
// each group, and, where wrong labels or other groups of interest are known, how well the scores
// find them (the paper and its released code; the FSLT-matched AUC and joint_sum are ours).
#include "plugins/common/stats/ranking.hpp"
#include "plugins/ssft/gallery.hpp"
#include "plugins/ssft/groups.hpp"
#include "plugins/ssft/judge.hpp"

#include <cmath>
#include <numeric>

namespace ssft {

struct Score {
  static constexpr const char* name = "score";
  std::string never_learned_events = "inf";
  double joint_factor = 100;
  std::string rank_by = "ssft";
  int64_t suspects = 60;
  std::vector<std::string> positive{"mislabelled"};
  std::vector<std::string> negative;

  static void describe(assay::Schema<Score>& s) {
    s.summary("Learning and forgetting times of each example of A, scores, and their AUCs");
    s.flag(ASSAY_SEEDLESS);
    s.param("never_learned_events", &Score::never_learned_events,
            "forgetting events of a never-learned example: inf, more than any learned one has; "
            "count, as counted (the released code)")
        .choices({"inf", "count"});
    s.param("joint_factor", &Score::joint_factor, "weight of rank(cum_forget) in the joint score")
        .min(0);
    s.param("rank_by", &Score::rank_by, "the score that orders suspects; ties by mean_prob2")
        .choices({SSFT_SCORES});
    s.param("suspects", &Score::suspects, "most suspicious examples shown").min(1);
    s.param("positive", &Score::positive, "groups that the AUC and its kin ask a score to find");
    s.param("negative", &Score::negative,
            "groups that they are told from; empty: all others, and else the rest does not count");

    s.input("split", ASSAY_RUN, "the run of ssft.split that both stages used");
    s.input("learn", ASSAY_RUN, "a run of ssft.learn");
    s.input("forget", ASSAY_RUN, "a run of ssft.forget that continued it");

    auto& scores = s.output("scores", ASSAY_TABLE, "an example of A a row, in the split's order")
                       .format("scores");
    describe_scores(scores);
    s.output("suspects", ASSAY_TABLE, "the most suspicious examples, in order")
        .column("rank", ASSAY_INT, "from 1")
        .column("index", ASSAY_INT, "in the source")
        .column("given", ASSAY_STRING, "label")
        .column("true", ASSAY_STRING, "label before noise")
        .column("ssft", ASSAY_INT)
        .column("fslt", ASSAY_INT);
    Images::declare_outputs(s);
    Judge::declare_outputs(s);
    s.output("auc_matched", ASSAY_SCALAR,
             "AUC of SSFT among pairs of equal FSLT: what forgetting adds to learning",
             ASSAY_HIGHER_IS_BETTER | ASSAY_HEADLINE);
    declare_groups(s);
    s.output("setting", ASSAY_TABLE, "one row: how the network was trained")
        .column("model", ASSAY_STRING)
        .column("lr_a", ASSAY_REAL, "peak learning rate on A")
        .column("lr_b", ASSAY_REAL, "peak learning rate on B")
        .column("seed", ASSAY_INT, "of stage 1");
    s.output("median_clean/*", ASSAY_SCALAR,
             "median of a time over the examples whose label is right");
    s.output("median_noisy/*", ASSAY_SCALAR, "median of a time over the mislabelled examples");
    s.output("never_learned", ASSAY_SCALAR, "share of A that is wrong at the end of stage 1");
    s.output("never_forgotten", ASSAY_SCALAR, "share of A that is right at the end of stage 2");
    s.output("evaluations_a", ASSAY_SCALAR, "T of stage 1");
    s.output("evaluations_b", ASSAY_SCALAR, "T of stage 2");
    s.output("histogram", ASSAY_ARRAY, "(T_a + 1, T_b + 1): examples by (FSLT, SSFT), each from 1");
    s.output("times", ASSAY_TABLE, "the histogram in long form, without its empty cells")
        .column("fslt", ASSAY_INT)
        .column("ssft", ASSAY_INT)
        .column("count", ASSAY_INT)
        .column("log10_count", ASSAY_REAL);
  }

  static void describe_scores(assay::Schema<Score>::Port& table) {
    table.column("index", ASSAY_INT, "in the source")
        .column("label", ASSAY_INT, "as given")
        .column("true_label", ASSAY_INT, "before noise")
        .column("noisy", ASSAY_BOOL, "whether the two differ")
        .column("group", ASSAY_STRING, "mislabelled; else the split's subgroup; else clean")
        .column("fslt", ASSAY_INT, "first-split learning time, from 1; T + 1: never learned")
        .column("ssft", ASSAY_INT, "second-split forgetting time, from 1; T + 1: never forgotten")
        .column("first_learned", ASSAY_INT, "first time right in stage 1")
        .column("first_forgotten", ASSAY_INT, "first time wrong in stage 2")
        .column("events", ASSAY_INT, "forgetting events of stage 1, between evaluations")
        .column("events_training", ASSAY_INT, "the same between the example's own updates")
        .column("cum_learn", ASSAY_INT, "evaluations of stage 1 at which it is right")
        .column("cum_forget", ASSAY_INT, "evaluations of stage 2 at which it is right")
        .column("mean_prob", ASSAY_REAL, "mean probability of the given label in stage 1")
        .column("mean_prob2", ASSAY_REAL, "the same in stage 2")
        .column("joint", ASSAY_REAL, "-(rank(cum_learn) + joint_factor rank(cum_forget))")
        .column("joint_sum", ASSAY_REAL, "-(z(cum_learn) + z(cum_forget))")
        .column("never_learned", ASSAY_BOOL)
        .column("never_forgotten", ASSAY_BOOL);
  }

  void run(assay::Job& job) const;
};

namespace {

BitMatrix read_bits(const assay::Reader& run, const std::string& key, int64_t examples) {
  const auto shape = run.shape(key);
  BitMatrix bits(examples, run.read<uint8_t>(key));
  if (shape.size() != 2 || shape[1] != bits.stride())
    throw assay::Error(ASSAY_INVALID_ARGUMENT, "\"" + key + "\" does not belong to a split of " +
                                                   std::to_string(examples) + " examples");
  return bits;
}

std::vector<double> read_means(const assay::Reader& run) {
  const auto means = run.read<float>("arrays/mean_probability");
  return {means.begin(), means.end()};
}

double share(const std::vector<uint8_t>& flags) {
  return std::accumulate(flags.begin(), flags.end(), 0.0) / static_cast<double>(flags.size());
}

void log_medians(const assay::Job& job, const Record& r, const Half& a) {
  const std::pair<const char*, const std::vector<int64_t>*> times[] = {
      {"ssft", &r.ssft},
      {"fslt", &r.fslt},
      {"first_forgotten", &r.first_forgotten},
      {"events", &r.events},
      {"cum_forget", &r.cum_forget},
      {"cum_learn", &r.cum_learn}};
  for (const auto& [name, values] : times) {
    std::vector<int64_t> group[2];
    for (size_t i = 0; i < values->size(); ++i) group[a.noisy[i]].push_back((*values)[i]);
    job.scalar(std::string("median_clean/") + name, median(group[0]));
    if (!group[1].empty()) job.scalar(std::string("median_noisy/") + name, median(group[1]));
  }
}

void log_histogram(const assay::Job& job, const Record& r) {
  std::vector<int64_t> cells(static_cast<size_t>((r.T + 1) * (r.T2 + 1)));
  for (size_t i = 0; i < r.size(); ++i)
    ++cells[static_cast<size_t>((r.fslt[i] - 1) * (r.T2 + 1) + r.ssft[i] - 1)];
  job.array("histogram", assay::Tensor(cells.data(), {r.T + 1, r.T2 + 1}));
  std::vector<int64_t> fslt, ssft, count;
  std::vector<double> log10_count;
  for (size_t cell = 0; cell < cells.size(); ++cell) {
    if (!cells[cell]) continue;
    fslt.push_back(static_cast<int64_t>(cell) / (r.T2 + 1) + 1);
    ssft.push_back(static_cast<int64_t>(cell) % (r.T2 + 1) + 1);
    count.push_back(cells[cell]);
    log10_count.push_back(std::log10(static_cast<double>(cells[cell])));
  }
  job.rows("times",
           {{"fslt", fslt}, {"ssft", ssft}, {"count", count}, {"log10_count", log10_count}});
}

const std::vector<double>& value_of(const std::vector<Suspicion>& scores, const std::string& name) {
  for (const auto& s : scores)
    if (s.name == name) return s.value;
  throw std::invalid_argument("there is no score \"" + name + "\"");
}

void log_scores(const assay::Job& job, const Half& a, const Record& r,
                const std::vector<Suspicion>& scores) {
  job.rows("scores", {{"index", a.index},
                      {"label", a.label},
                      {"true_label", a.true_label},
                      {"noisy", assay::bools(a.noisy)},
                      {"group", a.group},
                      {"fslt", r.fslt},
                      {"ssft", r.ssft},
                      {"first_learned", r.first_learned},
                      {"first_forgotten", r.first_forgotten},
                      {"events", r.events},
                      {"events_training", r.events_training},
                      {"cum_learn", r.cum_learn},
                      {"cum_forget", r.cum_forget},
                      {"mean_prob", r.mean_prob},
                      {"mean_prob2", r.mean_prob2},
                      {"joint", value_of(scores, "joint")},
                      {"joint_sum", value_of(scores, "joint_sum")},
                      {"never_learned", assay::bools(r.never_learned)},
                      {"never_forgotten", assay::bools(r.never_forgotten)}});
}

/// The examples at `order`, the most suspicious first, and their images.
void log_suspects(const assay::Job& job, const Half& a, const Record& r,
                  const std::vector<std::string>& classes, const std::vector<size_t>& order) {
  std::vector<int64_t> rank, index, ssft, fslt;
  std::vector<std::string> given, truth;
  for (const size_t i : order) {
    rank.push_back(static_cast<int64_t>(rank.size()) + 1);
    index.push_back(a.index[i]);
    given.push_back(classes.at(static_cast<size_t>(a.label[i])));
    truth.push_back(classes.at(static_cast<size_t>(a.true_label[i])));
    ssft.push_back(r.ssft[i]);
    fslt.push_back(r.fslt[i]);
  }
  job.rows("suspects", {{"rank", rank},
                        {"index", index},
                        {"given", given},
                        {"true", truth},
                        {"ssft", ssft},
                        {"fslt", fslt}});
  Images(job, "split").log(index, given);
}

/// How the two stages came about.
void log_setting(const assay::Job& job, const assay::Reader& learn, const assay::Reader& forget) {
  const std::vector<std::string> model{learn.param("model").as.s};
  const std::vector<double> lr_a{learn.param("lr_a").as.f}, lr_b{forget.param("lr_b").as.f};
  const std::vector<int64_t> seed{learn.param_int("seed")};
  job.rows("setting", {{"model", model}, {"lr_a", lr_a}, {"lr_b", lr_b}, {"seed", seed}});
}

}  // namespace

void Score::run(assay::Job& job) const {
  // Read what the stages recorded of A.
  const auto split = job.open("split"), learn = job.open("learn"), forget = job.open("forget");
  const auto a = read_half(split, "a");
  Record r = record(read_bits(learn, "arrays/correct", a.size()),
                    read_bits(learn, "arrays/correct_training", a.size()),
                    read_bits(forget, "arrays/correct", a.size()));
  r.mean_prob = read_means(learn);
  r.mean_prob2 = read_means(forget);

  // Score every example.
  const auto scores = suspicions(r, never_learned_events == "inf", joint_factor);
  log_scores(job, a, r, scores);
  job.scalar("evaluations_a", static_cast<double>(r.T));
  job.scalar("evaluations_b", static_cast<double>(r.T2));
  job.scalar("never_learned", share(r.never_learned));
  job.scalar("never_forgotten", share(r.never_forgotten));
  log_setting(job, learn, forget);
  const auto wanted = sides(a.group, positive, negative);
  log_groups(job, r, a.group, wanted);
  log_medians(job, r, a);
  log_histogram(job, r);

  // Judge the scores by the groups that they should find.
  auto learned = r.never_learned;
  for (auto& flag : learned) flag = !flag;
  auto judged = scores;
  for (auto& score : judged) score.value = only(score.value, wanted.compared);
  const auto found = only(wanted.positive, wanted.compared);
  Judge(job, found, only(learned, wanted.compared)).judge(judged);
  job.scalar("auc_matched",
             assay::stats::matched_auc(value_of(judged, "ssft"), found, value_of(judged, "fslt")));

  // Show the most suspicious.
  auto order = ranked(value_of(scores, rank_by), value_of(scores, "mean_prob2"));
  order.resize(std::min(order.size(), static_cast<size_t>(suspects)));
  log_suspects(job, a, r, class_names(split), order);
}

}  // namespace ssft

ASSAY_METHOD(ssft::Score)
