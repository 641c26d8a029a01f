// Method `filter`: drops the samples that look hallucinated, and hands on the rest as data to train
// on.
#include "plugins/diffusion/data.hpp"
#include "plugins/diffusion/detection.hpp"
#include "plugins/diffusion/keep.hpp"
#include "plugins/diffusion/scored_samples.hpp"

#include <assay/plugin.hpp>

#include <stdexcept>

namespace diffusion {

struct Filter {
  static constexpr const char* name = "filter";
  std::string rule = "variance";
  double drop_fraction = kDropFraction;
  int64_t keep = 0;
  double tau = 0;

  static void describe(assay::Schema<Filter>& s) {
    s.summary("Keeps the samples with the lowest scores, and writes them as a data set");
    s.param("rule", &Filter::rule,
            "variance: those with the lowest scores; threshold: those with a score of at most "
            "`tau`; random: any; none: the first")
        .choices({"none", "random", "variance", "threshold"});
    s.param("drop_fraction", &Filter::drop_fraction,
            "the share to drop, but for threshold; the paper's code drops 2500 of 102,500")
        .min(0)
        .below(1);
    s.param("keep", &Filter::keep, "how many to keep instead; 0: by drop_fraction").min(0);
    s.param("tau", &Filter::tau, "of threshold: what scores more is dropped").min(0);
    s.input("samples", ASSAY_RUN,
            "a run of sample or score_file; for random and none also of make_data or recurse");
    s.input("labels", ASSAY_RUN, "a run of label on the same samples: what filtering does to them",
            ASSAY_OPTIONAL);
    declare_data(s);
    s.output("kept", ASSAY_ARRAY, "(n,): which of the samples are kept, ascending");
    s.output("n", ASSAY_SCALAR, "how many are kept", ASSAY_HEADLINE);
    s.output("dropped", ASSAY_SCALAR, "the share that is dropped");
    s.output("highest_score", ASSAY_SCALAR, "of those that are kept");
    s.output("hallucinated_before", ASSAY_SCALAR, "share of the samples, by `labels`");
    s.output("hallucinated_after", ASSAY_SCALAR, "share of those that are kept, by `labels`");
  }

  void check() const {
    if (rule == "threshold" && tau == 0)
      throw assay::Error(ASSAY_INVALID_ARGUMENT, "rule = \"threshold\" needs tau, above 0");
    if (rule == "threshold" && keep > 0)
      throw assay::Error(ASSAY_INVALID_ARGUMENT,
                         "rule = \"threshold\" keeps what scores at most tau; leave out keep");
  }

  void run(assay::Job& job) const;
};

namespace {

void log_labels(const assay::Job& job, const std::vector<int64_t>& kept, size_t n) {
  const auto bad = job.open("labels").read<uint8_t>("arrays/hallucinated");
  if (bad.size() != n)
    throw std::invalid_argument("input \"labels\" labels " + std::to_string(bad.size()) +
                                " samples and input \"samples\" has " + std::to_string(n) +
                                "; they must be of the same run");
  double before = 0, after = 0;
  for (const uint8_t b : bad) before += b;
  for (const int64_t i : kept) after += bad[static_cast<size_t>(i)];
  job.scalar("hallucinated_before", before / static_cast<double>(n));
  job.scalar("hallucinated_after", after / static_cast<double>(kept.size()));
}

}  // namespace

void Filter::run(assay::Job& job) const {
  const Data data = read_data(job, "samples");
  const int64_t n = data.count();
  std::vector<double> score(static_cast<size_t>(n));
  const bool scored = rule == "variance" || rule == "threshold";
  if (scored) score = read_scored(job, "samples").score;
  const auto index = rule == "threshold"
                         ? at_most(score, tau)
                         : kept(rule, score, keep_count(n, keep, drop_fraction), job.key("subset"));
  if (index.empty())
    throw std::invalid_argument(
        "no sample is kept: " +
        (rule == "threshold" ? "every score is above tau = " + std::to_string(tau)
                             : "drop_fraction = " + std::to_string(drop_fraction) + " drops all " +
                                   std::to_string(n) + "; set it lower, or set keep"));

  write_data(job, chosen(data, index));
  job.array("kept", index);
  job.scalar("n", static_cast<double>(index.size()));
  job.scalar("dropped", 1 - static_cast<double>(index.size()) / static_cast<double>(n));
  if (scored) {
    double highest = 0;
    for (const int64_t i : index) highest = std::max(highest, score[static_cast<size_t>(i)]);
    job.scalar("highest_score", highest);
  }
  if (job.inputs("labels") > 0) log_labels(job, index, static_cast<size_t>(n));
}

}  // namespace diffusion

ASSAY_METHOD(diffusion::Filter)
