// A well-behaved plugin that the tests of the runner execute: every kind of input and output.
#include <assay/plugin.hpp>

#include <chrono>
#include <fstream>
#include <sstream>
#include <thread>

namespace {

void nap(int64_t milliseconds) {
  if (milliseconds > 0) std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

/// A random walk.
struct Walk {
  static constexpr const char* name = "walk";
  int64_t steps = 100;
  double drift = 0;
  int64_t fail_at = -1;

  static void describe(assay::Schema<Walk>& s) {
    s.summary("A random walk with drift");
    s.param("steps", &Walk::steps, "how many steps to take").min(1);
    s.param("drift", &Walk::drift, "mean of one step").min(-1).max(1);
    s.param("fail_at", &Walk::fail_at, "the step at which it fails; -1: none");
    s.output("position", ASSAY_SERIES, "where the walker is", ASSAY_HEADLINE);
    s.output("steps_taken", ASSAY_SCALAR, "how many");
  }
  void run(assay::Job& job) const {
    auto stream = job.stream("steps");
    double x = 0;
    for (int64_t t = 0; t < steps; ++t) {
      if (t == fail_at) throw std::runtime_error("the walker fell");
      x += drift + stream.uniform() - 0.5;
      job.scalar("position", t, x);
      job.tick("walk", t + 1, steps);
    }
    job.scalar("steps_taken", static_cast<double>(steps));
  }
};

/// A training loop that resumes to the same bits.
struct Train {
  static constexpr const char* name = "train";
  int64_t steps = 50, pause = 0, save_every = 0, crash_at = -1;
  bool acknowledge = false;

  static void describe(assay::Schema<Train>& s) {
    s.summary("Sums random numbers, resumably").flag(ASSAY_RESUMABLE);
    s.param("steps", &Train::steps, "how many").min(1);
    s.param("pause", &Train::pause, "milliseconds a step").min(0).cosmetic();
    s.param("save_every", &Train::save_every, "steps between checkpoints; 0: when asked")
        .min(0)
        .cosmetic();
    s.param("crash_at", &Train::crash_at, "the first attempt dies at this step").cosmetic();
    s.param("acknowledge", &Train::acknowledge, "notes each written step in a file of its own")
        .cosmetic();
    s.output("loss", ASSAY_SERIES, "the sum so far", ASSAY_LOWER_IS_BETTER);
    s.output("rows", ASSAY_TABLE, "one row a step")
        .column("step", ASSAY_INT)
        .column("value", ASSAY_REAL);
    s.output("state", ASSAY_CHECKPOINT, "sum, position, stream");
    s.output("weights", ASSAY_ARRAY, "a matrix");
    s.output("notes", ASSAY_TEXT, "what it thought");
    s.output("file", ASSAY_ARTIFACT, "a file");
  }
  void run(assay::Job& job) const {
    int64_t step = 0, position = 0;
    double sum = 0;
    if (job.has_checkpoint("state")) {
      const auto state = job.open("@state");
      step = state.read<int64_t>("step").at(0);
      position = state.read<int64_t>("position").at(0);
      sum = state.read<double>("sum").at(0);
      job.log("continues at step " + std::to_string(step));
    }
    assay::Stream stream(job.key("noise"), static_cast<uint64_t>(position));
    const auto save = [&] {
      job.save("state", step,
               {{"step", std::vector<int64_t>{step}},
                {"position", std::vector<int64_t>{static_cast<int64_t>(stream.position())}},
                {"sum", std::vector<double>{sum}}});
    };
    const std::string note = job.work() + "/acknowledged-" + std::to_string(job.attempt());
    while (step < steps) {
      if (step == crash_at && job.attempt() == 1) *static_cast<volatile int*>(nullptr) = 1;
      const double value = stream.uniform();
      sum += value;
      job.scalar("loss", step, sum);
      job.rows("rows",
               {{"step", std::vector<int64_t>{step}}, {"value", std::vector<double>{value}}});
      if (acknowledge) std::ofstream(note) << step << '\n';
      ++step;
      job.progress("train", step, steps);
      nap(pause);
      const uint32_t wishes = job.poll();
      if (wishes || (save_every && step % save_every == 0)) save();
      if (wishes & ASSAY_STOP) job.stop();
    }
    save();
    const std::vector<float> weights(6, static_cast<float>(sum));
    job.array("weights", assay::Tensor(weights.data(), {2, 3}));
    job.text("notes", "the sum is " + std::to_string(sum));
    const std::string file = job.scratch() + "/out.txt";
    std::ofstream(file) << "step " << step << "\n";
    job.file("file", file);
  }
};

/// Reads everything it is given, and says what it saw.
struct Gather {
  static constexpr const char* name = "gather";
  std::string what = "runs";

  static void describe(assay::Schema<Gather>& s) {
    s.summary("Looks at its inputs");
    s.param("what", &Gather::what, "which input")
        .choices({"runs", "model", "table", "file", "array"});
    s.input("runs", ASSAY_RUN, "whole runs", ASSAY_MANY | ASSAY_OPTIONAL);
    s.input("model", ASSAY_CHECKPOINT, "a checkpoint", ASSAY_OPTIONAL);
    s.input("table", ASSAY_TABLE, "a table", ASSAY_OPTIONAL);
    s.input("array", ASSAY_ARRAY, "an array", ASSAY_OPTIONAL);
    s.input("file", ASSAY_FILE, "a file", ASSAY_OPTIONAL);
    s.output("seen", ASSAY_TEXT, "what it saw");
    s.output("mean", ASSAY_SCALAR, "of what it saw");
  }
  void run(assay::Job& job) const {
    std::ostringstream seen;
    double sum = 0, n = 0;
    for (size_t k = 0; k < job.inputs(what); ++k) {
      if (what == "file") {
        std::ifstream in(job.path("file"));
        seen << in.rdbuf();
        continue;
      }
      const auto reader = job.open(what, k);
      for (size_t i = 0; i < reader.count(); ++i) seen << reader.key(i) << '\n';
      if (what == "runs") {
        const auto values = reader.read<double>("metrics/loss");
        sum += values.back(), ++n;
        seen << "steps " << reader.param("steps").as.i << " seed " << reader.param("seed").as.i
             << '\n';
      }
      if (what == "model") {
        sum += reader.read<double>("sum").at(0), ++n;
        seen << "at step " << reader.param("step").as.i << '\n';
      }
      if (what == "table") sum += reader.read<double>("value").at(0), ++n;
      if (what == "array") sum += reader.read<float>("value").at(0), ++n;
    }
    job.text("seen", seen.str());
    job.scalar("mean", n > 0 ? sum / n : 0);
  }
};

/// Has a check and an estimate.
struct Checked {
  static constexpr const char* name = "checked";
  int64_t batch = 8, size = 100;
  static void describe(assay::Schema<Checked>& s) {
    s.summary("Refuses combinations").flag(ASSAY_SEEDLESS);
    s.param("batch", &Checked::batch, "examples a step").min(1);
    s.param("size", &Checked::size, "examples in all").min(1);
    s.output("ok", ASSAY_SCALAR, "1");
  }
  void check() const {
    if (batch > size) throw assay::Error(ASSAY_INVALID_ARGUMENT, "batch exceeds size");
    if (batch == 666) *static_cast<volatile int*>(nullptr) = 1;
  }
  assay_estimate estimate() const { return {2.5 * static_cast<double>(size), 1e6}; }
  void run(assay::Job& job) const { job.scalar("ok", 1); }
};

/// Ends with the status it is told.
struct Ends {
  static constexpr const char* name = "ends";
  int64_t status = 0;
  std::string why = "because";
  static void describe(assay::Schema<Ends>& s) {
    s.summary("Ends with a status");
    s.param("status", &Ends::status, "which");
    s.param("why", &Ends::why, "the message");
    s.output("x", ASSAY_SCALAR, "1");
  }
  void run(assay::Job& job) const {
    job.scalar("x", 1);
    job.log("about to end");
    if (status) throw assay::Error(static_cast<assay_status>(status), why);
  }
};

}  // namespace

ASSAY_PLUGIN((assay::About{"lab", "1.2.3", "What the tests run"}), Walk, Train, Gather, Checked,
             Ends)
