#include "core/plan/plan.hpp"
#include "tests/plan/fake.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace assay;
using namespace assay::test;

TEST_CASE("a plugin's schema survives the way to text and back") {
  PluginSchema toy = toy_plugin();
  toy.methods[0].params[0].max = std::numeric_limits<double>::infinity();
  toy.methods[1].params[0].fallback = -std::numeric_limits<double>::infinity();
  toy.sha256 = "abc";
  const Json document = to_json(toy);
  const PluginSchema again = plugin_schema(Json::parse(document.dump()));
  CHECK(to_json(again) == document);
  CHECK(again.methods[1].params[0].fallback.get<double>() < -1e308);
  CHECK(again.methods[1].params[1].aliases == std::vector<std::string>{"passes", "num_epochs"});
  CHECK(again.methods[1].outputs[4].fields[1].type == ASSAY_REAL);
  CHECK(again.methods[3].inputs[0].many());
}

TEST_CASE("a document that is no schema is refused") {
  CHECK_THROWS_AS(plugin_schema(Json::parse("[]")), BadInput);
  CHECK_THROWS_AS(plugin_schema(Json::parse(R"({"name": 3})")), BadInput);
  Json broken = to_json(toy_plugin());
  broken["methods"][0]["params"][0]["type"] = "complex";
  CHECK_THROWS_AS(plugin_schema(broken), BadInput);
  CHECK_THROWS_AS(plan_from_json(Json::parse("{}")), BadInput);
}

TEST_CASE("an output family declares the names below it, and nothing else") {
  const MethodSchema train = *toy_plugin().method("train");
  CHECK(train.output("loss/train") != nullptr);
  CHECK(train.output("loss/a/b") != nullptr);
  CHECK(train.output("loss") == nullptr);
  CHECK(train.output("loss/") == nullptr);
  CHECK(train.output("losses") == nullptr);
  CHECK(train.param("passes")->name == "epochs");
}

TEST_CASE("a plan survives the way to text and back") {
  const Plan p = plan(kHead + R"toml(
title = "T"
authors = ["A", "B"]
[vars]
unused = 1
[launcher]
env = { A = "b" }
[stage.data]
method = "toy.make"
seeds = 2
[stage.train]
method = "toy.train"
inputs = { data = "data:data" }
grid = { lr = [2.0, 0.5] }
[stage.sum]
method = "toy.sum"
needs = ["data"]
gather = { runs = { from = "train:results", over = "*", missing = "skip" } }
[[claim]]
text = "a"
name = "first"
paper = 0.5
stage = "train"
left = { value = "metrics/final", where = "lr < 1", times = 2 }
right = { value = "metrics/final", where = "lr > 1", agg = "share(>= 4)" }
op = ">"
paired = ["seed"]
test = "wilcoxon"
confidence = 0.9
[[claim]]
text = "b"
stage = "sum"
value = "metrics/mean"
op = "<="
bound = inf
[[plot]]
kind = "scatter"
stage = "train"
x = "lr"
y = "metrics/final"
yrange = [0, 1.5]
jitter = 0.25
lines = [{ y = 0.1, label = "chance" }, { x = 3 }]
[[table]]
stage = "train"
rows = ["lr"]
value = "metrics/final"
agg = "mean sd share(>= 4) n"
[[images]]
stage = "train"
value = "arrays/photos"
labels = ["tables/times/time"]
[[text]]
body = "Words."
)toml");
  CHECK(p.report.claims[0].paper == "0.5");
  CHECK(std::get<TableSpec>(p.report.items[1]).agg ==
        std::vector<std::string>{"mean", "sd", "share(>= 4)", "n"});
  const Json document = to_json(p);
  const Plan again = plan_from_json(Json::parse(document.dump()));
  CHECK(to_json(again) == document);
  CHECK(again.id() == p.id());
  CHECK(again.points[2].axis("lr")->get<double>() == 2);
  CHECK(again.runs[2].canonical == p.runs[2].canonical);
  const PlotSpec& plot = std::get<PlotSpec>(again.report.items[0]);
  CHECK(plot.yrange == std::vector<double>{0, 1.5});
  CHECK(plot.jitter == 0.25);
  REQUIRE(plot.lines.size() == 2);
  CHECK(plot.lines[0].axis == "y");
  CHECK(plot.lines[0].label == "chance");
  CHECK(plot.lines[1].at == 3);
  CHECK(again.report.claims[1].right.number.value() > 1e308);
}

TEST_CASE("a plan's id depends on its name and its runs, not on its report or resources") {
  const std::string text = "[stage.data]\nmethod = \"toy.make\"\n";
  const std::string base = plan(kHead + text).id();
  CHECK(base.size() == 32);
  CHECK(plan(kHead + text + "resources = { cpus = 2 }\n[[text]]\nbody = \"x\"\n").id() == base);
  CHECK(plan(kHead + text + "seeds = 2\n").id() != base);
  CHECK(plan("assay = 1\n[experiment]\nname = \"b\"\n" + text).id() != base);
}
