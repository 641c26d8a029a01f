// Method `critical`: the fewest units whose removal makes a network wrong about one example, for
// memorised and for clean examples (the paper's "minimal critical units").
// Deviations: targets are drawn without replacement, where the released loop takes the first batch
// again and again; a search in which no unit helps ends as unflipped, where theirs never ends;
// edited networks are judged on a fixed part of the data, where theirs takes all of it each time;
// and a unit is a channel of any layer but the last, where theirs is also any single weight of it
// (unit = "all_params").
#include "plugins/common/train/timer.hpp"
#include "plugins/common/train/trainer.hpp"
#include "plugins/localization/answers.hpp"
#include "plugins/localization/critical_results.hpp"
#include "plugins/localization/gate_search.hpp"
#include "plugins/localization/set.hpp"
#include "plugins/localization/weight_search.hpp"

#include <algorithm>
#include <numeric>

namespace localization {

struct Critical {
  static constexpr const char* name = "critical";
  int64_t targets = 200;
  std::string unit = "conv_channel";
  int64_t eot = 5;
  double noise_ratio = 0.01;
  std::string eot_mode = "mean_logits";
  bool population_term = true;
  int64_t search_batch = 512, max_units = 100;
  std::string score_norm = "none";
  double step = 0;
  int64_t eval_subset = 2000;
  int64_t together = 0;

  static void describe(assay::Schema<Critical>& s) {
    s.summary("Finds the few units without which a network forgets an example");
    s.flag(ASSAY_RESUMABLE | ASSAY_USES_GPU);
    s.param("targets", &Critical::targets, "examples searched of each group, memorised and clean")
        .min(1)
        .unit("examples");
    s.param("unit", &Critical::unit,
            "conv_channel: output channels of convolutions and rows of linear layers, without the "
            "last layer; all_params: channels of convolutions and every other parameter by itself")
        .choices({"conv_channel", "all_params"});
    s.param("eot", &Critical::eot, "K, draws of noise that the logits are averaged over").min(1);
    s.param("noise_ratio", &Critical::noise_ratio, "norm of the noise over that of the batch")
        .min(0);
    s.param("eot_mode", &Critical::eot_mode,
            "the gradient of the averaged logits' objective, or the mean of the draws' gradients")
        .choices({"mean_logits", "mean_gradients"});
    s.param("population_term", &Critical::population_term,
            "the objective keeps the loss on other examples low");
    s.param("search_batch", &Critical::search_batch, "B, the target and the other examples")
        .min(1)
        .unit("examples");
    s.param("max_units", &Critical::max_units, "after which a search gives up").min(1);
    s.param("score_norm", &Critical::score_norm,
            "layers are compared raw, or after division by the standard deviation of their scores")
        .choices({"none", "layer_std"});
    s.param("step", &Critical::step,
            "above 0: a picked unit's weights move by -step times the gradient instead of becoming "
            "0, and it may be picked again")
        .min(0);
    s.param("eval_subset", &Critical::eval_subset,
            "training and as many test examples on which every edited network is judged; 0: all")
        .min(0)
        .unit("examples");
    s.param("together", &Critical::together, "targets in one pass; 0: as suits the machine").min(0);
    s.input("data", ASSAY_RUN, "a run of localization.data");
    s.input("model", ASSAY_CHECKPOINT, "a network trained on it").format("image_classifier");
    s.output("state", ASSAY_CHECKPOINT, "what an interrupted run continues from");
    declare_critical(s);
  }

  void run(assay::Job& job) const;

 private:
  SearchOptions options(const assay::Job& job) const;
  std::vector<Target> draw_targets(const assay::Job& job, const Set& set,
                                   const std::vector<uint8_t>& correct,
                                   CriticalResults& results) const;
  Judged judged(const assay::Job& job, const Set& set) const;
};

namespace {

/// What a resumed run needs: the targets as far as they are searched and judged.
struct Progress {
  std::vector<Target> targets;
  std::vector<Accuracies> after;
  std::vector<uint8_t> judged;  // whether `after` is known

  explicit Progress(std::vector<Target> fresh)
      : targets(std::move(fresh)), after(targets.size()), judged(targets.size()) {}

  void save(const assay::Job& job) const {
    std::vector<int64_t> done, flipped, predicted, count, layer, unit;
    std::vector<double> score, accuracy;
    for (const auto& t : targets) {
      done.push_back(t.done);
      flipped.push_back(t.flipped);
      predicted.push_back(t.predicted);
      count.push_back(static_cast<int64_t>(t.picks.size()));
      for (const auto& pick : t.picks) {
        layer.push_back(pick.layer);
        unit.push_back(pick.unit);
        score.push_back(pick.score);
      }
    }
    for (const auto& a : after) accuracy.insert(accuracy.end(), {a.clean, a.memorised, a.test});
    assay::Columns columns;
    columns.add("ended", done).add("flipped", flipped).add("predicted", predicted);
    columns.add("count", count).add("layer", layer).add("unit", unit).add("score", score);
    columns.add("judged", judged).add("accuracy", accuracy);
    job.save("state", std::accumulate(count.begin(), count.end(), int64_t{0}), columns.list());
  }

  void restore(const assay::Reader& state) {
    const auto done = state.read<int64_t>("ended"), flipped = state.read<int64_t>("flipped"),
               predicted = state.read<int64_t>("predicted"), count = state.read<int64_t>("count"),
               layer = state.read<int64_t>("layer"), unit = state.read<int64_t>("unit");
    const auto score = state.read<double>("score"), accuracy = state.read<double>("accuracy");
    judged = state.read<uint8_t>("judged");
    size_t at = 0;
    for (size_t t = 0; t < targets.size(); ++t) {
      auto& target = targets[t];
      target.done = done[t];
      target.flipped = flipped[t];
      target.predicted = predicted[t];
      for (int64_t n = 0; n < count[t]; ++n, ++at)
        target.picks.push_back({layer[at], unit[at], score[at]});
      after[t] = {accuracy[3 * t], accuracy[3 * t + 1], accuracy[3 * t + 2]};
    }
  }
};

struct Seconds {
  double searching = 0, judging = 0;
};

/// Which examples the network, in evaluation mode, gets right, (N,).
std::vector<uint8_t> correct(assay::nn::Classifier& net, const assay::train::Examples& data) {
  const auto right = answers(net, data).eq(data.labels).to(at::kByte).cpu();
  return {right.const_data_ptr<uint8_t>(), right.const_data_ptr<uint8_t>() + right.numel()};
}

std::vector<int64_t> shuffled(int64_t n, assay::Stream draw) {
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  draw.shuffle(order);
  return order;
}

/// All targets through gates, many at once; then every edited network is judged.
void search_gates(const assay::Job& job, assay::nn::Classifier& net, const Set& set,
                  const Judged& judged, const SearchOptions& options, int64_t together,
                  Progress& progress, Seconds& seconds) {
  const auto total = static_cast<int64_t>(progress.targets.size());
  const auto save = [&] { progress.save(job); };
  GateSearch search(net, set.train, options, together);
  const auto advance = [&] {
    const assay::train::Timer timer(seconds.searching);
    return search.advance(progress.targets);
  };
  do {
    job.yield(save);
    job.progress("searching",
                 std::count_if(progress.targets.begin(), progress.targets.end(),
                               [](const Target& t) { return t.done; }),
                 total);
  } while (advance());

  EditEvaluation evaluation(net, judged.data);
  std::vector<size_t> order(progress.targets.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return evaluation.first_segment(progress.targets[a]) <
           evaluation.first_segment(progress.targets[b]);
  });
  int64_t done = 0;
  for (const size_t t : order) {
    job.progress("judging", done++, total);
    if (progress.judged[t]) continue;
    job.yield(save);
    const assay::train::Timer timer(seconds.judging);
    const auto& target = progress.targets[t];
    progress.after[t] = accuracies(judged, evaluation.correct(target), target.example);
    progress.judged[t] = 1;
  }
}

/// Each target on the weights themselves, and the edited network judged before the next one.
void search_weights(const assay::Job& job, assay::nn::Classifier& net, const Judged& judged,
                    WeightSearch& search, Progress& progress, Seconds& seconds) {
  for (size_t t = 0; t < progress.targets.size(); ++t) {
    auto& target = progress.targets[t];
    job.progress("searching", static_cast<int64_t>(t),
                 static_cast<int64_t>(progress.targets.size()));
    if (progress.judged[t]) continue;
    job.yield([&] { progress.save(job); });
    {
      const assay::train::Timer timer(seconds.searching);
      search.find(target);
    }
    const assay::train::Timer timer(seconds.judging);
    progress.after[t] = accuracies(judged, correct(net, judged.data), target.example);
    progress.judged[t] = 1;
    search.restore();
  }
}

}  // namespace

SearchOptions Critical::options(const assay::Job& job) const {
  SearchOptions o;
  o.all_params = unit == "all_params";
  o.draws = noise_ratio > 0 ? eot : 1;
  o.noise_ratio = noise_ratio;
  o.mean_gradients = eot_mode == "mean_gradients";
  o.population_term = population_term;
  o.batch = search_batch;
  o.max_units = max_units;
  o.layer_std = score_norm == "layer_std";
  o.step = step;
  o.batch_key = job.key("batch");
  o.noise_key = job.key("noise");
  return o;
}

/// The first `targets` of each group, in random order, that the network gets right.
std::vector<Target> Critical::draw_targets(const assay::Job& job, const Set& set,
                                           const std::vector<uint8_t>& right,
                                           CriticalResults& results) const {
  std::vector<Target> drawn;
  const auto labels = set.train.labels.cpu();
  for (const bool memorised : {true, false}) {
    const std::string group = memorised ? "memorised" : "clean";
    auto& skipped = memorised ? results.skipped_memorised : results.skipped_clean;
    int64_t found = 0, members = 0;
    skipped = 0;
    for (const int64_t i : shuffled(set.train.size(), job.stream("targets"))) {
      const auto at = static_cast<size_t>(i);
      if (static_cast<bool>(set.memorised[at]) != memorised) continue;
      ++members;
      if (found == targets) continue;
      if (!right[at]) {
        ++skipped;
        continue;
      }
      ++found;
      drawn.push_back({i, {}, false, false, -1});
      results.memorised.push_back(memorised);
      results.index.push_back(set.index[at]);
      results.label.push_back(labels[i].item<int64_t>());
      results.true_label.push_back(set.true_label[at]);
    }
    if (members < targets)
      throw std::invalid_argument("targets is " + std::to_string(targets) + ", but " +
                                  std::to_string(members) + " of the examples are " + group);
    if (found < targets)
      job.warn("of the " + group + " examples the network gets only " + std::to_string(found) +
               " right: the targets are these");
  }
  return drawn;
}

/// `eval_subset` examples of the training set and as many of the test set.
Judged Critical::judged(const assay::Job& job, const Set& set) const {
  Judged out;
  const auto part = [&](const assay::train::Examples& from, const char* stream) {
    auto order = shuffled(from.size(), job.stream(stream));
    if (eval_subset && eval_subset < from.size()) order.resize(static_cast<size_t>(eval_subset));
    std::sort(order.begin(), order.end());
    return order;
  };
  const auto train = part(set.train, "judged"), test = part(set.test, "judged test");
  for (const int64_t i : train) {
    out.example.push_back(i);
    out.group.push_back(set.memorised[static_cast<size_t>(i)] ? Judged::memorised : Judged::clean);
  }
  out.example.resize(train.size() + test.size(), -1);
  out.group.resize(train.size() + test.size(), Judged::test);
  const auto a = set.train.subset(train), b = set.test.subset(test);
  out.data = {at::cat({a.images, b.images}), at::cat({a.labels, b.labels}), a.pixels};
  return out;
}

void Critical::run(assay::Job& job) const {
  if (assay::train::was_done(job)) return;

  // Load the data and the network that has learned it.
  const auto device = assay::begin(job);
  const auto set = read_set(job.open("data"), device);
  const auto checkpoint = job.open("model");
  const auto config = assay::nn::read_config(checkpoint);
  assay::train::check_fits(set.train, config);
  const auto net = assay::nn::make_classifier(config);
  assay::nn::load_weights(checkpoint, *net);
  net->to(device);
  if (device.is_cpu()) assay::nn::channels_last(*net);

  // Choose the targets, and what edited networks are judged on.
  CriticalResults results;
  Progress progress(draw_targets(job, set, correct(*net, set.train), results));
  const auto judges = judged(job, set);
  results.before = accuracies(judges, correct(*net, judges.data), -1);
  if (job.has_checkpoint("state")) progress.restore(job.open("@state"));

  // Switch off unit after unit until the network is wrong about a target.
  const auto search_options = options(job);
  Seconds seconds;
  if (!search_options.all_params && step == 0 && !assay::nn::unit_layers(*net).empty()) {
    results.layers = channel_layers(*net);
    search_gates(job, *net, set, judges, search_options, together, progress, seconds);
  } else {
    WeightSearch search(*net, set.train, search_options);
    results.layers = search.layers();
    search_weights(job, *net, judges, search, progress, seconds);
  }
  const auto each = [&](double all) {
    return std::to_string(all / static_cast<double>(std::max<size_t>(1, progress.targets.size())));
  };
  job.log("seconds a target: " + each(seconds.searching) + " searched, " + each(seconds.judging) +
          " judged");

  // Report.
  results.targets = progress.targets;
  results.after = progress.after;
  results.last_parameter = net->named_parameters().keys().back();
  log_critical(job, results);
  assay::train::mark_done(job, 0);
}

}  // namespace localization

ASSAY_METHOD(localization::Critical)
