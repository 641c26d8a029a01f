// Method `train`: a language model from scratch, or on from the weights of another.
#include "plugins/common/train/trainer.hpp"
#include "plugins/lm/recipe.hpp"
#include "plugins/lm/training_texts.hpp"

#include <algorithm>

namespace lm {

struct Train : Recipe, Texts {
  static constexpr const char* name = "train";

  static void describe(assay::Schema<Train>& s) {
    s.summary("Trains a language model on texts");
    s.flag(ASSAY_RESUMABLE | ASSAY_USES_GPU);
    Recipe::describe(s);
    Texts::describe(s);
    s.input("text", ASSAY_DIR, "documents: JSON lines, CSV, plain text, HTML; a file or a folder");
    s.input("held_out", ASSAY_DIR, "documents to evaluate on, in place of a share of text",
            ASSAY_OPTIONAL);
    declare_model(s, ASSAY_OPTIONAL);
    s.input(
        "tokenizer", ASSAY_DIR,
        "a folder with tokenizer.json, or such a file, for a model from scratch; without it one "
        "is trained",
        ASSAY_OPTIONAL);
    s.output("model", ASSAY_CHECKPOINT, "config, tokenizer and weights").format("language_model");
    s.output("state", ASSAY_CHECKPOINT, "what an interrupted run continues from");
    s.output("loss", ASSAY_SERIES, "mean training loss of a token, by step", ASSAY_LOWER_IS_BETTER)
        .unit("nat");
    s.output("bits_per_byte", ASSAY_SERIES, "on the held-out documents, by step",
             ASSAY_LOWER_IS_BETTER);
    s.output("bits_per_byte_before", ASSAY_SCALAR, "on the held-out documents, before step 0");
    s.output("bits_per_byte_after", ASSAY_SCALAR, "after the last step",
             ASSAY_HEADLINE | ASSAY_LOWER_IS_BETTER);
    s.output("curve", ASSAY_TABLE, "the training loss, for figures")
        .column("step", ASSAY_INT)
        .column("loss", ASSAY_REAL, "mean of a token since the last row", "nat");
    s.output("evaluations", ASSAY_TABLE, "on the held-out documents, for figures")
        .column("step", ASSAY_INT)
        .column("bits_per_byte", ASSAY_REAL);
    s.output("parameters", ASSAY_SCALAR, "numbers that are trained");
    s.output("training_tokens", ASSAY_SCALAR, "distinct ones, of the training documents");
    s.output("documents", ASSAY_TABLE, "how many documents and bytes there are")
        .column("part", ASSAY_STRING, "training or held_out")
        .column("documents", ASSAY_INT)
        .column("bytes", ASSAY_INT);
  }

  void check() const { Recipe::check(); }

  void run(assay::Job& job) const {
    if (assay::train::was_done(job)) return;

    // Read the texts, and the model and tokenizer or make them.
    const auto device = assay::begin(job);
    const TrainingTexts texts(job, *this, held_out);
    auto model = make_start(job, texts.training());
    const assay::lm::Packing packing(
        texts.encoded(*model.tokenizer),
        {.length = length_of(model), .end = end_of_document(model), .across = across});

    // Train it.
    Run training(*this, model, packing, device, job.key("order"), job.key("noise"));
    auto& trainer = training.trainer();
    const bool resumed = job.has_checkpoint("state");
    if (resumed) trainer.restore(job.open("@state"));
    const HeldOut held(texts.held_out(), *model.tokenizer, length_of(model));
    const auto evaluate = [&] {
      const double bits = held.bits_per_byte(*model.model);
      job.scalar("bits_per_byte", trainer.steps(), bits);
      job.rows("evaluations", {{"step", std::vector<int64_t>{trainer.steps()}},
                               {"bits_per_byte", std::vector<double>{bits}}});
      return bits;
    };
    if (!resumed) job.scalar("bits_per_byte_before", evaluate());
    while (!trainer.done()) {
      job.yield([&] {
        assay::Columns columns;
        trainer.add_to(columns);
        job.save("state", trainer.steps(), columns.list());
      });
      trainer.step();
      if (trainer.steps() % log_every == 0 || trainer.done()) {
        job.scalar("loss", trainer.steps(), trainer.mean_loss());
        job.rows("curve", {{"step", std::vector<int64_t>{trainer.steps()}},
                           {"loss", std::vector<double>{trainer.mean_loss()}}});
        trainer.restart_mean();
      }
      if (trainer.steps() % eval_every == 0 && !trainer.done()) evaluate();
      job.progress("training", trainer.steps(), steps);
    }

    // Keep it.
    job.scalar("bits_per_byte_after", evaluate());
    job.scalar("parameters", training.numbers());
    job.scalar("training_tokens", static_cast<double>(packing.tokens()));
    texts.log(job);
    training.finish();
    assay::Columns columns;
    assay::lm::add_model(columns, model);
    job.save("model", trainer.steps(), columns.list());
    assay::train::mark_done(job, trainer.steps());
  }
};

}  // namespace lm

ASSAY_METHOD(::lm::Train)
