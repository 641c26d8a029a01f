// Made-up numbers in the shapes of the figures of the papers on second-split forgetting and on
// localization: what a report of theirs draws.
#pragma once
#include "tests/report/demo.hpp"

namespace assay::test {

inline const std::vector<std::string> kLayers{"conv1",    "layer1.0", "layer1.1",
                                              "layer2.0", "layer2.1", "layer3.0",
                                              "layer3.1", "layer4.0", "fc"};
inline const std::vector<std::string> kLongNames{
    "gradient accounting (memorised against clean)", "layer rewinding to epoch 0",
    "layer retraining, all others frozen", "zeroing of the greatest weights",
    "example-tied dropout"};

/// One run a seed of each stage: localize (layers and neurons), forget (times), curve (accuracy).
inline Experiment papers_experiment() {
  Experiment e;
  e.plan.name = "papers";
  e.plan.title = "Figures of the papers";
  for (const char* name : {"localize", "dropout", "forget", "methods"}) e.method(name);
  e.plan.plugins[0].methods[1].outputs = {port("accuracy", ASSAY_SCALAR)};
  e.stage("localize", {"seed"});
  e.stage("dropout", {"p_gen", "p_mem", "seed"});
  e.stage("forget", {"seed"});
  e.stage("methods", {"method", "data", "seed"});
  for (int seed = 0; seed < 3; ++seed) {
    Draw draw(static_cast<uint64_t>(seed) + 77);
    Logged& run = e.add("localize", {{"seed", seed}});
    std::vector<double> epoch, cosine, critical, memorised, layer_number, removed, accuracy, time;
    std::vector<std::string> layer, a, b, group, critical_layer, curve_group;
    std::vector<double> rho;
    for (size_t l = 0; l < kLayers.size(); ++l)
      for (int t = 1; t <= 20; ++t) {
        layer.push_back(kLayers[l]);
        epoch.push_back(t);
        cosine.push_back(std::cos(0.3 * static_cast<double>(l)) * std::exp(-t / 9.0) -
                         0.35 * (1 - std::exp(-t / 6.0)) + 0.05 * draw.normal());
      }
    for (size_t i = 0; i < kLongNames.size(); ++i)
      for (size_t j = 0; j < kLongNames.size(); ++j) {
        a.push_back(kLongNames[i]);
        b.push_back(kLongNames[j]);
        rho.push_back(
            i == j ? 1 : std::cos(1.9 * std::abs(static_cast<double>(i) - static_cast<double>(j))));
      }
    for (int i = 0; i < 400; ++i) {
      const bool bad = i % 2 == 0;
      critical.push_back(std::floor((bad ? 3 : 14) * std::exp(0.6 * draw.normal())));
      memorised.push_back(bad);
      critical_layer.push_back(kLayers[static_cast<size_t>(i < 9 ? i : draw() * 9) % 9]);
    }
    for (const char* g : {"clean", "memorised", "test"})
      for (int k = 0; k <= 12; ++k) {
        curve_group.push_back(g);
        removed.push_back(k);
        const double rate = g[0] == 'm' ? 0.5 : g[0] == 'c' ? 0.06 : 0.09;
        accuracy.push_back(std::min(1.0, std::exp(-rate * k) + 0.02 * draw.normal()));
        time.push_back(std::pow(10, k / 3.0));
      }
    auto bools = byte_array({}, {400});
    for (const double m : memorised) bools.bytes.push_back(static_cast<std::byte>(m != 0));
    bools.dtype.code = ASSAY_DT_BOOL;
    run.arrays = {{"tables/cosine/layer", text_array(layer)},
                  {"tables/cosine/epoch", real_array(epoch)},
                  {"tables/cosine/cosine", real_array(cosine)},
                  {"tables/rho/a", text_array(a)},
                  {"tables/rho/b", text_array(b)},
                  {"tables/rho/rho", real_array(rho)},
                  {"tables/critical/units", real_array(critical)},
                  {"tables/critical/memorised", bools},
                  {"tables/critical/layer", text_array(critical_layer)},
                  {"tables/curve/group", text_array(curve_group)},
                  {"tables/curve/removed", real_array(removed)},
                  {"tables/curve/accuracy", real_array(accuracy)},
                  {"tables/curve/time", real_array(time)}};

    Logged& times = e.add("forget", {{"seed", seed}});
    std::vector<double> fslt, ssft;
    std::vector<std::string> kind;
    for (int i = 0; i < 1200; ++i) {
      const double u = draw();
      kind.push_back(u < 0.08 ? "mislabelled" : u < 0.2 ? "rare" : "typical");
      const char k = kind.back()[0];
      fslt.push_back(k == 'm'   ? 8 + std::floor(9 * draw())
                     : k == 'r' ? 4 + std::floor(9 * draw())
                                : 1 + std::floor(6 * draw() * draw()));
      const double s = k == 'm'   ? 1 + std::floor(5 * draw() * draw())
                       : k == 'r' ? 2 + std::floor(12 * draw())
                                  : 8 + std::floor(30 * draw());
      ssft.push_back(std::min(16.0, s));
    }
    times.arrays = {{"tables/scores/fslt", real_array(fslt)},
                    {"tables/scores/ssft", real_array(ssft)},
                    {"tables/scores/kind", text_array(kind)}};
  }
  for (const double p_gen : {0.1, 0.2, 0.4, 0.8})
    for (const double p_mem : {0.01, 0.05, 0.1, 0.2, 0.4})
      for (int seed = 0; seed < 3; ++seed) {
        Draw draw(static_cast<uint64_t>(1000 * p_gen + 100 * p_mem + seed));
        e.add("dropout", {{"p_gen", p_gen}, {"p_mem", p_mem}, {"seed", seed}})
            .metric("accuracy", 0.6 + 0.3 * p_gen - 0.2 * p_mem + 0.01 * draw.normal());
      }
  for (const auto& method : kLongNames)
    for (const char* data : {"mnist", "fashion", "cifar10"})
      for (int seed = 0; seed < 3; ++seed) {
        Draw draw(std::hash<std::string>{}(method) % 1000 + static_cast<uint64_t>(seed) + data[0]);
        e.add("methods", {{"method", method}, {"data", data}, {"seed", seed}})
            .metric("recall", 0.3 + 0.5 * draw());
      }
  return e;
}

inline void papers_report(ReportSpec& report) {
  const auto add = [&](PlotSpec p, const std::string& title) {
    p.title = title;
    report.items.emplace_back(std::move(p));
  };
  PlotSpec p = plot("cosine", "heatmap", "localize");
  p.x = "tables/cosine/epoch", p.y = "tables/cosine/layer", p.z = "tables/cosine/cosine";
  add(p, "Cosine of the gradients of memorised and clean examples");
  p = plot("rho", "heatmap", "localize");
  p.x = "tables/rho/a", p.y = "tables/rho/b", p.z = "tables/rho/rho", p.zrange = {-1, 1};
  p.xlabel = p.ylabel = "method";
  add(p, "Agreement of the methods");
  p = plot("dropout", "heatmap", "dropout");
  p.x = "p_gen", p.y = "p_mem", p.z = "metrics/accuracy";
  add(p, "Test accuracy of example-tied dropout");
  p = plot("critical", "box", "localize");
  p.value = "tables/critical/units", p.series = "tables/critical/memorised";
  p.ylabel = "critical units of an example";
  add(p, "Units that must go before an example is misclassified");
  p = plot("critical_layers", "box", "localize");
  p.value = "tables/critical/units", p.x = "tables/critical/layer";
  p.series = "tables/critical/memorised", p.yrange = {0, 40};
  p.lines = {{"y", 10, "ten units"}};
  add(p, "The same by layer");
  p = plot("units_cdf", "cdf", "localize");
  p.value = "tables/critical/units", p.series = "tables/critical/memorised", p.xscale = "log";
  p.lines = {{"y", 0.5, "half"}};
  add(p, "Share of examples with at most so many critical units");
  p = plot("times", "scatter", "forget");
  p.x = "tables/scores/fslt", p.y = "tables/scores/ssft", p.series = "tables/scores/kind";
  p.marker = "tables/scores/kind", p.jitter = 0.35, p.where = "seed == 0";
  p.lines = {{"y", 15.5, "never forgotten"}};
  p.xlabel = "first-split learning time", p.ylabel = "second-split forgetting time";
  p.marker.clear();
  add(p, "When examples are learned and forgotten");
  p = plot("times_by_seed", "scatter", "forget");
  p.x = "tables/scores/fslt", p.y = "tables/scores/ssft", p.series = "tables/scores/kind";
  p.facet = "seed", p.jitter = 0.35, p.lines = {{"y", 15.5, ""}, {"x", 7.5, "late"}};
  add(p, "The same by seed");
  p = plot("histogram", "histogram", "forget");
  p.value = "tables/scores/ssft", p.series = "tables/scores/kind", p.normalize = "share";
  p.lines = {{"x", 15.5, "never"}};
  add(p, "Forgetting times of three groups");
  p = plot("removed", "line", "localize");
  p.x = "tables/curve/removed", p.y = "tables/curve/accuracy", p.series = "tables/curve/group";
  p.error = "sd", p.lines = {{"y", 0.1, "chance"}}, p.xlabel = "units removed, k";
  add(p, "Accuracy as units are removed");
  p = plot("log_time", "line", "localize");
  p.x = "tables/curve/time", p.y = "tables/curve/accuracy", p.series = "tables/curve/group";
  p.error = "minmax", p.xscale = "log", p.yrange = {0, 1};
  add(p, "Accuracy against time");
  p = plot("layers", "histogram", "localize");
  p.value = "tables/critical/units", p.series = "tables/critical/memorised";
  p.facet = "tables/critical/layer", p.bins = 20;
  add(p, "Critical units, one panel a layer");
  p = plot("layer_cosine", "line", "localize");
  p.x = "tables/cosine/epoch", p.y = "tables/cosine/cosine", p.facet = "tables/cosine/layer";
  p.error = "sd", p.lines = {{"y", 0, ""}};
  add(p, "Cosine by layer");
  p = plot("methods", "bar", "methods");
  p.x = "method", p.y = "metrics/recall", p.series = "data", p.error = "ci95";
  add(p, "Recall of five methods on three data sets");
  p = plot("dropout_seeds", "heatmap", "dropout");
  p.x = "p_gen", p.y = "p_mem", p.z = "metrics/accuracy", p.facet = "seed";
  add(p, "Accuracy by seed");
}

}  // namespace assay::test
