// One of the two training stages: train on one half for some epochs and, after each, see which
// examples of A the network gets right (the paper, the released code's `train.py`).
#pragma once
#include "plugins/ssft/bits.hpp"
#include "plugins/ssft/halves.hpp"
#include "plugins/ssft/recipe.hpp"

namespace ssft {

/// The parameters that both stages have.
struct Training : Recipe {
  int64_t eval_every_steps = 0;
  std::string eval_bn = "running";

  template <class M>
  static void describe(assay::Schema<M>& s) {
    Recipe::describe(s);
    s.param("eval_every_steps", &Training::eval_every_steps,
            "steps between evaluations; times are then in evaluations; 0: one at each epoch's end")
        .min(0)
        .unit("steps");
    s.param("eval_bn", &Training::eval_bn,
            "batch norm in evaluation: running statistics, or those of the batch. Deviation: the "
            "released code uses the batch's and lets them change the running ones")
        .choices({"running", "batch"});
  }
  template <class M>
  static void declare_outputs(assay::Schema<M>& s) {
    s.output("model", ASSAY_CHECKPOINT, "the network at the end").format("image_classifier");
    s.output("state", ASSAY_CHECKPOINT, "what an interrupted run continues from");
    s.output("loss", ASSAY_SERIES, "mean training loss, by epoch", ASSAY_LOWER_IS_BETTER);
    s.output("training_accuracy", ASSAY_SERIES,
             "on the half that is trained on, just before each example's own update, by epoch");
    s.output("accuracy", ASSAY_SERIES, "on A, with A's given labels, by evaluation");
    s.output("accuracy_clean", ASSAY_SERIES, "on the examples of A whose label is right");
    s.output("accuracy_noisy", ASSAY_SERIES, "on the examples of A whose label is wrong");
    s.output("evaluations", ASSAY_SCALAR, "T, how many there were");
    s.output("curve", ASSAY_TABLE, "the accuracies on A in long form")
        .column("evaluation", ASSAY_INT, "from 1; 0: before the first step")
        .column("epoch", ASSAY_REAL, "of this stage, over when it was evaluated")
        .column("group", ASSAY_STRING, "mislabelled; else the split's subgroup; else clean")
        .column("accuracy", ASSAY_REAL);
    s.output("correct", ASSAY_ARRAY,
             "(T, ceil(N / 8)): whether each example of A is right, packed as numpy.packbits does");
    s.output("steps", ASSAY_ARRAY, "(T,): optimiser steps before each evaluation");
    s.output("mean_probability", ASSAY_ARRAY, "(N,): of the given label, over the evaluations");
  }
};

struct StageOptions {
  std::string name;  // "a" or "b": of the half that is trained on
  int64_t epochs;
  double peak_rate;
  int64_t patience;  // epochs without an error after which the stage ends; 0: never
  Training training;
};

/// Trains, watches, logs, saves; continues from the run's checkpoint "state" if there is one.
class Stage {
 public:
  /// `trained` is the half that the learner sees; `watched` and `half` are A.
  Stage(const assay::Job& job, StageOptions options, assay::train::Learner& learner,
        const assay::train::Examples& trained, const assay::train::Examples& watched, Half half);

  /// To the end, and logs what was recorded.
  void run();
  /// Whether each example was right just before its own update: an epoch a row.
  const BitMatrix& training_correct() const { return training_correct_; }
  double accuracy() const { return accuracy_; }  // on A, at the end
  int64_t steps() const { return trainer_.steps(); }

 private:
  void resume();
  void save() const;
  void finish();
  void evaluate();
  void log_accuracies(int64_t evaluation, const std::vector<uint8_t>& correct) const;
  assay::train::EvalNorm eval_norm() const;
  void end_epoch();

  const assay::Job& job_;
  StageOptions options_;
  assay::train::Learner& learner_;
  const assay::train::Examples &trained_, &watched_;
  Half half_;
  assay::train::Trainer trainer_;

  int64_t perfect_epochs_ = 0;
  std::vector<int64_t> evaluated_at_;  // steps
  std::vector<double> probability_sum_;
  BitMatrix correct_, training_correct_;
  double accuracy_ = 0, training_seconds_ = 0, evaluation_seconds_ = 0;
};

/// The images and given labels of half "a" or "b" of an opened split, on `device`.
assay::train::Examples read_examples(const assay::Reader& split, const std::string& part,
                                     at::Device device);

}  // namespace ssft
