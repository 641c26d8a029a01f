// What the method `critical` reports of its targets: their counts, what else the edits damage, and
// where the picked units lie.
#pragma once
#include "plugins/localization/search.hpp"

namespace localization {

/// The part of the data on which edited networks are judged.
struct Judged {
  enum Group : uint8_t { clean, memorised, test };
  assay::train::Examples data;
  std::vector<int64_t> example;  // (N,): in the training set; -1: a test example
  std::vector<Group> group;      // (N,)
};

/// The share that is right; NaN of a group without examples.
struct Accuracies {
  double clean, memorised, test;
};
/// From (N,) bytes, without the training example `target`; -1: of all.
Accuracies accuracies(const Judged& judged, const std::vector<uint8_t>& correct, int64_t target);

struct CriticalResults {
  std::vector<Target> targets;
  std::vector<Accuracies> after;  // of each target's edited network
  Accuracies before;
  std::vector<uint8_t> memorised;            // whether a target is
  std::vector<int64_t> index;                // of the targets, in the source of the data
  std::vector<int64_t> label, true_label;    // of the targets
  std::vector<std::string> layers;           // what Pick::layer numbers
  std::string last_parameter;                // of the network: it lies in the last layer
  int64_t skipped_memorised, skipped_clean;  // wrong before the search
};

template <class M>
void declare_critical(assay::Schema<M>& s) {
  s.output("count_mean/*", ASSAY_SCALAR,
           "by group of targets: units switched off until the target is wrong, of those flipped",
           ASSAY_HEADLINE);
  s.output("count_median/*", ASSAY_SCALAR, "their median");
  s.output("count_q1/*", ASSAY_SCALAR, "their first quartile");
  s.output("count_q3/*", ASSAY_SCALAR, "their third quartile");
  s.output("flipped/*", ASSAY_SCALAR, "by group: share of the targets that were made wrong");
  s.output("searched/*", ASSAY_SCALAR, "by group: targets searched").unit("targets");
  s.output("skipped/*", ASSAY_SCALAR, "by group: examples passed over, wrong before the search")
      .unit("examples");
  s.output("p_fewer", ASSAY_SCALAR,
           "Mann-Whitney's p that memorised targets need fewer units than clean ones by chance; an "
           "unflipped target needs more than any flipped one",
           ASSAY_LOWER_IS_BETTER | ASSAY_HEADLINE);
  s.output("to_true_label", ASSAY_SCALAR,
           "share of the flipped memorised targets that then get their true label");
  s.output("last_layer/*", ASSAY_SCALAR, "by group: share of the picks that lie in the last layer");
  s.output("before/*", ASSAY_SCALAR, "accuracy on clean, memorised and test before any edit");
  s.output("clean_after/*", ASSAY_SCALAR,
           "by group of targets: accuracy on the clean examples after the edit, without the target",
           ASSAY_HIGHER_IS_BETTER);
  s.output("memorised_after/*", ASSAY_SCALAR, "the same on the memorised examples");
  s.output("test_after/*", ASSAY_SCALAR, "the same on the test examples");
  s.output("targets", ASSAY_TABLE, "a row for each target")
      .column("example", ASSAY_INT, "in the training set")
      .column("index", ASSAY_INT, "in the source of the data")
      .column("group", ASSAY_STRING, "memorised or clean")
      .column("memorised", ASSAY_BOOL)
      .column("label", ASSAY_INT, "as given")
      .column("true_label", ASSAY_INT)
      .column("count", ASSAY_INT, "units switched off")
      .column("flipped", ASSAY_BOOL, "false: no unit lowers the objective, or max_units reached")
      .column("predicted", ASSAY_INT, "after the edit")
      .column("acc_clean", ASSAY_REAL, "after the edit, without the target")
      .column("acc_memorised", ASSAY_REAL)
      .column("acc_test", ASSAY_REAL);
  s.output("units", ASSAY_TABLE, "a row for each unit picked")
      .column("example", ASSAY_INT, "the target")
      .column("group", ASSAY_STRING, "of the target")
      .column("order", ASSAY_INT, "from 1")
      .column("layer", ASSAY_STRING)
      .column("parameter", ASSAY_STRING)
      .column("unit", ASSAY_INT, "channel, row, or number of the parameter")
      .column("score", ASSAY_REAL, "first-order decrease of the objective");
  s.output("layers", ASSAY_TABLE, "where the units lie, a row for each layer and group")
      .column("layer", ASSAY_STRING)
      .column("group", ASSAY_STRING)
      .column("picks", ASSAY_INT)
      .column("per_target", ASSAY_REAL);
}

void log_critical(const assay::Job& job, const CriticalResults& results);

}  // namespace localization
