// Learning and forgetting by group: why an example is hard shows in the two times of its group.
#pragma once
#include "plugins/ssft/scores.hpp"

#include <assay/plugin.hpp>

namespace ssft {

/// Of the examples of one group. Means and medians of times count "never" as T + 1.
struct GroupTimes {
  std::string group;
  int64_t examples = 0;
  double learned = 0;    // share that is right at the end of stage 1; the rest is never learned
  double retention = 0;  // share that is right at the end of stage 2: never forgotten
  double mean_fslt = 0, median_fslt = 0, mean_ssft = 0, median_ssft = 0;
};

/// One entry a group, by name. `group[i]` is the group of example i.
std::vector<GroupTimes> times_by_group(const Record& record, const std::vector<std::string>& group);

/// The mean of the middle one or two of `x`; NaN if it is empty.
double median(std::vector<int64_t> x);

/// "level 1, misaligned" as part of a metric's name: "level_1_misaligned".
std::string metric_name(const std::string& group);

/// Which examples a score should tell apart.
struct Sides {
  std::vector<uint8_t> positive;  // in a group of `positive`
  std::vector<uint8_t> compared;  // that, or in a group of `negative`; of all groups if it is empty
};

/// std::invalid_argument, with the groups there are, if a named group has no example; but
/// "mislabelled" may have none.
Sides sides(const std::vector<std::string>& group, const std::vector<std::string>& positive,
            const std::vector<std::string>& negative);

template <class M>
void declare_groups(assay::Schema<M>& s) {
  s.output("groups", ASSAY_TABLE, "A by group")
      .column("group", ASSAY_STRING, "mislabelled; else the split's subgroup; else clean")
      .column("examples", ASSAY_INT)
      .column("learned", ASSAY_REAL, "share right at the end of stage 1")
      .column("retention", ASSAY_REAL, "share right at the end of stage 2: never forgotten")
      .column("mean_fslt", ASSAY_REAL)
      .column("median_fslt", ASSAY_REAL)
      .column("mean_ssft", ASSAY_REAL)
      .column("median_ssft", ASSAY_REAL);
  s.output("group_size/*", ASSAY_SCALAR, "by group, its name with _ for other signs");
  s.output("learned/*", ASSAY_SCALAR, "the table's columns by group");
  for (const char* family :
       {"retention/*", "mean_fslt/*", "median_fslt/*", "mean_ssft/*", "median_ssft/*"})
    s.output(family, ASSAY_SCALAR, "the same");
  s.output("positive/*", ASSAY_SCALAR, "the columns by name, of all examples a score should find");
  s.output("negative/*", ASSAY_SCALAR, "the same of those they are told from");
}

/// The groups, and both sides as a whole.
void log_groups(const assay::Job& job, const Record& record, const std::vector<std::string>& group,
                const Sides& sides);

}  // namespace ssft
