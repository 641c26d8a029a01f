// An experiment of every shape that a report draws: the page of tests/web and the figure tests.
#pragma once
#include "tests/report/fixture.hpp"

#include <cmath>

namespace assay::test {

/// Numbers in [0, 1) that are the same on every machine.
class Draw {
 public:
  explicit Draw(uint64_t seed) : state_(seed * 2654435761u + 1) {}
  double operator()() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<double>(state_ >> 11) / 9007199254740992.0;
  }
  double normal() {
    return std::sqrt(-2 * std::log(1 - (*this)())) * std::cos(6.283185307179586 * (*this)());
  }

 private:
  uint64_t state_;
};

inline const std::string kHostile = "<script>alert(1)</script>";

/// Three stages over noise {0.05, 0.1, 0.2}, four scores and `seeds` seeds.
inline Experiment demo_experiment(int seeds = 3) {
  Experiment e;
  e.plan.title = "Second-split forgetting finds mislabelled examples";
  e.plan.paper = "Maini et al., Characterizing Datapoints via Second-Split Forgetting (2022)";
  e.plan.description = "A demonstration with made-up numbers.";
  e.plan.flat_toml = "assay = 1\n[experiment]\nname = \"demo\"\n# " + kHostile + "\n";
  auto& learn = e.method("learn");
  learn.outputs = {port("loss", ASSAY_SERIES, ASSAY_LOWER_IS_BETTER, "nats"),
                   port("accuracy", ASSAY_SCALAR, ASSAY_HEADLINE), port("times", ASSAY_TABLE),
                   port("first_forgotten", ASSAY_ARRAY)};
  auto& score = e.method("rank");
  score.outputs = {port("auc", ASSAY_SCALAR, ASSAY_HEADLINE | ASSAY_HIGHER_IS_BETTER)};
  e.stage("learn", {"noise", "seed"});
  e.stage("rank", {"noise", "score", "seed"});
  const std::vector<std::string> scores{"ssft", "fslt", "joint", kHostile};
  for (const double noise : {0.05, 0.1, 0.2})
    for (int seed = 0; seed < seeds; ++seed) {
      Draw draw(static_cast<uint64_t>(seed * 1000 + noise * 100));
      Logged& run = e.add("learn", {{"noise", noise}, {"seed", seed}});
      for (int step = 0; step < 400; ++step) {
        run.metrics["loss"].steps.push_back(step * 10);
        run.metrics["loss"].values.push_back(2.3 * std::exp(-step / 90.0) + noise +
                                             0.05 * draw.normal() * draw());
      }
      run.metric("accuracy", 0.97 - noise / 10 + 0.004 * draw.normal());
      std::vector<double> forget, learn_time, noisy;
      for (int i = 0; i < 600; ++i) {
        const bool bad = draw() < noise;
        noisy.push_back(bad);
        forget.push_back(bad ? 1 + std::floor(5 * draw() * draw())
                             : std::min(16.0, 4 + std::floor(20 * draw())));
        learn_time.push_back(bad ? 8 + std::floor(12 * draw())
                                 : 1 + std::floor(8 * draw() * draw()));
      }
      run.arrays["tables/times/forget_epoch"] = real_array(forget);
      run.arrays["tables/times/learn_epoch"] = real_array(learn_time);
      run.arrays["tables/times/noisy"] = real_array(noisy);
      std::vector<unsigned char> pixels;
      std::vector<std::string> given;
      for (int i = 0; i < 20; ++i) {
        given.push_back(i % 4 ? "sneaker" : kHostile);
        for (int y = 0; y < 28; ++y)
          for (int x = 0; x < 28; ++x)
            pixels.push_back(static_cast<unsigned char>(
                std::hypot(x - 14 + i % 5, y - 14) < 9 ? 230 - 8 * y : 12));
      }
      run.arrays["arrays/first_forgotten"] = byte_array(pixels, {20, 28, 28});
      run.arrays["tables/first/given"] = text_array(given);
      run.texts["note"] = "seed " + std::to_string(seed) + ": " + kHostile;
      run.log = "[00:00.1] epoch 1\n[00:01.4] " + kHostile;
      run.provenance["wall_seconds"] = 12.5 + seed;
      const std::string upstream = e.plan.runs.back().id;
      for (size_t s = 0; s < scores.size(); ++s) {
        Logged& r = e.add("rank", {{"noise", noise}, {"score", scores[s]}, {"seed", seed}});
        r.metric("auc", 0.95 - 0.04 * static_cast<double>(s) - noise / 4 + 0.008 * draw.normal());
        RunInput input;
        input.name = "times";
        input.kind = ASSAY_TABLE;
        input.items = {{upstream, "times", "", ""}};
        e.plan.runs.back().inputs = {input};
      }
    }
  Logged& last = e.runs.runs[e.plan.runs.back().id];
  last.state = RunState::failed;
  last.message = "killed by SIGSEGV after 3 s " + kHostile;
  return e;
}

inline PlotSpec plot(const std::string& name, const std::string& kind, const std::string& stage) {
  PlotSpec p;
  p.name = name;
  p.title = name;
  p.kind = kind;
  p.stage = stage;
  return p;
}

/// Claims, tables, one figure of each kind, a gallery and texts.
inline void demo_report(ReportSpec& report) {
  ClaimSpec claim;
  claim.text = "The joint score ranks mislabelled examples above clean ones";
  claim.paper = "0.95";
  claim.left = {std::nullopt, "rank", "score == 'ssft' and noise == 0.1", "mean", "metrics/auc"};
  claim.op = ">=";
  claim.right.number = 0.9;
  report.claims.push_back(claim);
  claim.text = "Forgetting time ranks better than learning time";
  claim.paper = "";
  claim.paired = {"noise", "seed"};
  claim.left.where = "score == 'ssft'";
  claim.right = {std::nullopt, "rank", "score == 'fslt'", "mean", "metrics/auc"};
  claim.op = ">";
  claim.test = "wilcoxon";
  report.claims.push_back(claim);
  claim = {};
  claim.text = "The median mislabelled example is forgotten only after epoch 10 " + kHostile;
  claim.left = {std::nullopt, "learn", "noise == 0.2", "share(>= 10)", "tables/times/forget_epoch"};
  claim.op = ">";
  claim.right.number = 0.9;
  report.claims.push_back(claim);
  claim.text = "Every score beats 0.5";
  claim.left = {std::nullopt, "rank", "noise == 0.2", "min", "metrics/auc"};
  claim.over = {"seed", "score"};
  claim.right.number = 0.5;
  report.claims.push_back(claim);

  TextSpec text;
  text.title = "What to look for";
  text.body = "First paragraph " + kHostile + ".\n\nSecond paragraph.";
  report.items.emplace_back(text);
  PlotSpec p = plot("loss", "line", "learn");
  p.title = "Training loss by noise";
  p.x = "step";
  p.y = "metrics/loss";
  p.series = "noise";
  p.error = "sd";
  report.items.emplace_back(p);
  p = plot("auc", "bar", "rank");
  p.title = "Area under the ROC curve by score";
  p.x = "noise";
  p.y = "metrics/auc";
  p.series = "score";
  p.error = "ci95";
  report.items.emplace_back(p);
  p = plot("auc-line", "line", "rank");
  p.x = "noise";
  p.y = "metrics/auc";
  p.series = "score";
  p.error = "ci95";
  p.xscale = "log";
  report.items.emplace_back(p);
  TableSpec table;
  table.name = "auc";
  table.title = "AUC";
  table.stage = "rank";
  table.rows = {"score"};
  table.columns = {"noise"};
  table.values = {"metrics/auc"};
  table.agg = {"mean", "sd"};
  table.best = {"max"};
  table.format = ".3f";
  report.items.emplace_back(table);
  p = plot("times", "histogram", "learn");
  p.title = "Forgetting time of clean and mislabelled examples";
  p.where = "noise == 0.2";
  p.value = "tables/times/forget_epoch";
  p.series = "tables/times/noisy";
  p.normalize = "share";
  report.items.emplace_back(p);
  p = plot("cdf", "cdf", "learn");
  p.value = "tables/times/forget_epoch";
  p.series = "tables/times/noisy";
  p.facet = "noise";
  report.items.emplace_back(p);
  p = plot("box", "box", "learn");
  p.x = "noise";
  p.value = "tables/times/forget_epoch";
  p.series = "tables/times/noisy";
  report.items.emplace_back(p);
  p = plot("scatter", "scatter", "learn");
  p.where = "noise == 0.1";
  p.x = "tables/times/learn_epoch";
  p.y = "tables/times/forget_epoch";
  p.series = "tables/times/noisy";
  report.items.emplace_back(p);
  p = plot("density", "heatmap", "learn");
  p.title = "Learning time against forgetting time";
  p.where = "noise == 0.2";
  p.x = "tables/times/learn_epoch";
  p.y = "tables/times/forget_epoch";
  report.items.emplace_back(p);
  p = plot("heat", "heatmap", "rank");
  p.x = "noise";
  p.y = "score";
  p.z = "metrics/auc";
  report.items.emplace_back(p);
  ImagesSpec images;
  images.title = "First forgotten";
  images.caption = "Images that the network forgot first, with the label they were given";
  images.stage = "learn";
  images.where = "noise == 0.1 and seed == 0";
  images.value = "arrays/first_forgotten";
  images.labels = {"tables/first/given"};
  report.items.emplace_back(images);
  text = {};
  text.title = "Notes of the runs";
  text.stage = "learn";
  text.where = "noise == 0.1";
  text.value = "text/note";
  report.items.emplace_back(text);
}

}  // namespace assay::test
