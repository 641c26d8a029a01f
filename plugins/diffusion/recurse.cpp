// Method `recurse`: each generation trains a fresh network on samples of the one before, filtered
// or not (Aithal et al. 2024, the section on recursive training).
#include "plugins/common/stats/proportion.hpp"
#include "plugins/common/train/trainer.hpp"
#include "plugins/diffusion/generation.hpp"
#include "plugins/diffusion/generator.hpp"
#include "plugins/diffusion/keep.hpp"
#include "plugins/diffusion/source.hpp"
#include "plugins/diffusion/table.hpp"
#include "plugins/diffusion/training.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace diffusion {

/// A generation in progress. Everything that a resumed run needs is in `save`.
struct Generation {
  int64_t number = 0;
  Data data;  // what it trains on
  std::optional<Trainer> trainer;
  std::unique_ptr<Denoiser> network, table;
  std::optional<Generator> generator;    // once it is trained
  double later = 0;                      // sum of the rates of generations after the first
  std::optional<assay::Reader> resumed;  // an interrupted attempt's state, until it is taken up

  std::string name() const { return "generation " + std::to_string(number); }

  /// What an interrupted attempt left, if there was one.
  void restore(const assay::Job& job) {
    if (!job.has_checkpoint("state")) return;
    resumed.emplace(job.open("@state"));
    number = resumed->read<int64_t>("generation")[0];
    data.x = resumed->read<float>("data");
    data.label.clear();
    later = resumed->read<double>("later")[0];
  }

  void save(const assay::Job& job) const {
    assay::Columns columns;
    const std::vector<int64_t> where{number, generator ? 1 : 0};
    const std::vector<double> sum{later};
    columns.add("generation", where).add("data", data.x).add("later", sum);
    trainer->add_to(columns);
    auto list = columns.list();
    std::vector<assay::Column> samples;
    if (generator) samples = generator->columns();
    for (const auto& column : samples) list.push_back(column);
    const int64_t made = generator ? generator->made() : 0;
    job.save("state", number * (trainer->total() + 1000000000) + trainer->steps() + made, list);
  }
};

struct Recurse : Training, Walk {
  static constexpr const char* name = "recurse";
  int64_t generations = 5;
  std::string filter = "variance";
  double drop_fraction = kDropFraction;
  std::vector<int64_t> window{0, 10};
  std::string score = "variance";
  bool table = false;
  double k_sigma = 6;
  int64_t points = 2000;

  static void describe(assay::Schema<Recurse>& s) {
    s.summary("Trains on its own samples, generation after generation");
    s.flag(ASSAY_RESUMABLE | ASSAY_USES_GPU);
    s.param("generations", &Recurse::generations, "trainings; the first is on the data").min(1);
    s.param("filter", &Recurse::filter,
            "which samples the next generation trains on: none: the first; random: any; variance: "
            "those with the lowest score")
        .choices({"none", "random", "variance"});
    s.param("drop_fraction", &Recurse::drop_fraction,
            "of the samples drawn, how many a filter drops; the rest is as many as the data are; "
            "the released code's 2500 of 102,500")
        .min(0)
        .below(1);
    s.param("window", &Recurse::window,
            "the scored timesteps [lo, hi); empty: by the modes' spacing")
        .min(0);
    s.param("score", &Recurse::score, "of a sample").choices({DIFFUSION_SCORES});
    s.param("table", &Recurse::table, "samples through a table; for one dimension");
    s.param("k_sigma", &Recurse::k_sigma,
            "hallucinated is farther than so many standard deviations from each mode")
        .above(0);
    s.param("points", &Recurse::points, "kept samples of each generation that are shown").min(0);
    Training::describe(s);
    Walk::describe(s);
    s.input("data", ASSAY_RUN, "what the first generation trains on");
    declare_data(s);
    s.output("generations", ASSAY_TABLE,
             "a row for what each generation drew, and for what it kept")
        .column("generation", ASSAY_INT, "from 0")
        .column("set", ASSAY_STRING, "drawn: all samples; kept: those that the next one trains on")
        .column("n", ASSAY_INT, "samples")
        .column("hallucinated", ASSAY_INT, "how many of them")
        .column("rate", ASSAY_REAL, "their share")
        .column("lo", ASSAY_REAL, "Wilson's 95 % interval of it")
        .column("hi", ASSAY_REAL, "its upper end")
        .column("beyond_3sigma", ASSAY_REAL, "share beyond 3 sigma of every mode")
        .column("smallest_share", ASSAY_REAL, "of a mode; 1 is an equal share")
        .column("largest_share", ASSAY_REAL, "of a mode; 1 is an equal share")
        .column("lost_modes", ASSAY_INT, "modes with less than a quarter of an equal share")
        .column("width", ASSAY_REAL, "standard deviation within modes, over the true one")
        .column(
            "divergence", ASSAY_REAL,
            "KL of the histogram of the first data from that of these; NaN beyond 2 dimensions");
    s.output("kept_rate", ASSAY_SERIES, "hallucinated share of what is kept, by generation",
             ASSAY_LOWER_IS_BETTER | ASSAY_HEADLINE);
    s.output("kept_beyond_3sigma", ASSAY_SERIES, "share beyond 3 sigma of what is kept");
    s.output("kept_width", ASSAY_SERIES, "standard deviation within modes of what is kept");
    s.output("later_rate", ASSAY_SCALAR, "mean of kept_rate over all generations but the first");
    s.output("points", ASSAY_TABLE, "some of what is kept, for figures")
        .column("generation", ASSAY_INT, "from 0")
        .column("x0", ASSAY_REAL, "first coordinate")
        .column("x1", ASSAY_REAL, "second coordinate; NaN in one dimension");
    s.output("state", ASSAY_CHECKPOINT, "what a resumed run needs");
  }

  void check() const {
    Training::check();
    const auto chain = this->chain(make(), limit(make()), variance);
    if (window.size() > 2) throw std::invalid_argument("window has two ends");
    if (!window.empty()) {
      std::vector<int64_t> visited;
      for (const Step& step : chain) visited.push_back(step.t);
      WindowScores(windows_of(window), visited, signal_to_noise(make(), visited), 1, 1);
    }
    if (net == "torchscript")
      throw std::invalid_argument(
          "recurse trains a fresh network for each generation, and "
          "a TorchScript file is one network");
    if (table && variance == "learned")
      throw std::invalid_argument("a table holds no learned variance; set table = false");
  }

  void run(assay::Job& job) const;

 private:
  GeneratorOptions sampling(const assay::Job& job, const Data& data, int64_t generation) const;
  void train(const assay::Job& job, Generation& g) const;
  void draw(const assay::Job& job, Generation& g, const GeneratorOptions& options) const;
  void keep(const assay::Job& job, Generation& g, const Data& first) const;
  void log(const assay::Job& job, int64_t generation, const char* set,
           const GenerationReport& r) const;
  void log_points(const assay::Job& job, int64_t generation, const Data& samples) const;
};

GeneratorOptions Recurse::sampling(const assay::Job& job, const Data& data,
                                   int64_t generation) const {
  const Schedule noise = make();
  GeneratorOptions options;
  options.sampler.chain = chain(noise, limit(noise), variance);
  options.sampler.key = job.key("sample generation " + std::to_string(generation));
  options.sampler.clip = data.images();
  options.sampler.learned = sampler == "ddpm" && variance == "learned";
  std::vector<int64_t> visited;
  for (const Step& step : options.sampler.chain) visited.push_back(step.t);
  options.snr = signal_to_noise(noise, visited);
  options.windows = window.empty() ? std::vector{auto_window(noise, visited, spacing(data.mixture))}
                                   : windows_of(window);
  const auto size = static_cast<double>(data.count());
  options.n = filter == "none" ? data.count()
                               : static_cast<int64_t>(std::llround(size / (1 - drop_fraction)));
  if (data.images()) options.batch = 64;
  return options;
}

void Recurse::log(const assay::Job& job, int64_t generation, const char* set,
                  const GenerationReport& r) const {
  const auto rate = assay::stats::wilson(r.hallucinated, r.n);
  const std::vector<int64_t> number{generation}, n{r.n}, bad{r.hallucinated}, lost{r.lost_modes};
  const std::vector<std::string> name{set};
  const std::vector<double> share{rate.rate}, lo{rate.lo}, hi{rate.hi}, beyond{r.beyond_3sigma},
      smallest{r.smallest_share}, largest{r.largest_share}, width{r.width},
      divergence{r.divergence};
  job.rows("generations", {{"generation", number},
                           {"set", name},
                           {"n", n},
                           {"hallucinated", bad},
                           {"rate", share},
                           {"lo", lo},
                           {"hi", hi},
                           {"beyond_3sigma", beyond},
                           {"smallest_share", smallest},
                           {"largest_share", largest},
                           {"lost_modes", lost},
                           {"width", width},
                           {"divergence", divergence}});
}

void Recurse::log_points(const assay::Job& job, int64_t generation, const Data& samples) const {
  std::vector<int64_t> row;
  std::vector<double> x0, x1;
  const int64_t d = samples.features();
  for (int64_t i = 0; i < std::min(points, samples.count()); ++i) {
    row.push_back(generation);
    x0.push_back(samples.x[static_cast<size_t>(i * d)]);
    x1.push_back(d > 1 ? samples.x[static_cast<size_t>(i * d + 1)]
                       : std::numeric_limits<double>::quiet_NaN());
  }
  if (!row.empty()) job.rows("points", {{"generation", row}, {"x0", x0}, {"x1", x1}});
}

void Recurse::train(const assay::Job& job, Generation& g) const {
  if (g.resumed) g.trainer->restore(*g.resumed);
  while (!g.trainer->done()) {
    job.yield([&] { g.save(job); });
    g.trainer->step();
    job.progress(g.name().c_str(), g.trainer->steps(), g.trainer->total());
  }
}

void Recurse::draw(const assay::Job& job, Generation& g, const GeneratorOptions& options) const {
  g.network = g.trainer->denoiser();
  if (table)
    g.table = std::make_unique<TableDenoiser>(*g.network, options.sampler.chain,
                                              table_range(g.data.mixture), 4001);
  g.generator.emplace(table ? *g.table : *g.network, options);
  if (g.resumed && g.resumed->read<int64_t>("generation")[1]) g.generator->restore(*g.resumed);
  g.resumed.reset();
  while (!g.generator->done()) {
    job.yield([&] { g.save(job); });
    g.generator->step();
    job.progress(("samples of " + g.name()).c_str(), g.generator->made(), options.n);
  }
}

void Recurse::keep(const assay::Job& job, Generation& g, const Data& first) const {
  Data drawn = g.data;
  drawn.x = g.generator->x();
  drawn.label.clear();
  const auto index = kept(filter, g.generator->score(score_named(score), 0), g.data.count(),
                          job.key("filter " + g.name()));
  g.generator.reset();
  log(job, g.number, "drawn", report_generation(drawn, first, k_sigma));
  g.data = chosen(drawn, index);
  const auto report = report_generation(g.data, first, k_sigma);
  const double rate = static_cast<double>(report.hallucinated) / static_cast<double>(report.n);
  log(job, g.number, "kept", report);
  job.scalar("kept_rate", g.number, rate);
  job.scalar("kept_beyond_3sigma", g.number, report.beyond_3sigma);
  job.scalar("kept_width", g.number, report.width);
  if (g.data.mixture.count() > 0) log_points(job, g.number, g.data);
  if (g.number > 0) g.later += rate;
}

void Recurse::run(assay::Job& job) const {
  if (assay::train::was_done(job)) return;
  const auto device = assay::begin(job);
  const Data first = read_data(job, "data");
  if (table && first.features() != 1)
    throw std::invalid_argument("table = true is for data of one dimension; leave it out");
  report_generation(first, first, k_sigma);
  sampling(job, first, 0);
  Generation g;
  g.data = first;
  g.restore(job);
  for (; g.number < generations; ++g.number) {
    // Train a fresh network on what the generation before left, draw samples from it, keep as many
    // as there were data.
    g.trainer.emplace(*this, g.data, device, "", TrainingKeys::of(job, g.name()));
    train(job, g);
    draw(job, g, sampling(job, g.data, g.number));
    keep(job, g, first);
  }
  write_data(job, g.data);
  job.scalar("later_rate", g.later / static_cast<double>(std::max<int64_t>(1, generations - 1)));
  assay::train::mark_done(job, generations);
}

}  // namespace diffusion

ASSAY_METHOD(diffusion::Recurse)
