#include "core/plan/plan.hpp"
#include "tests/plan/fake.hpp"

#include <doctest/doctest.h>

using namespace assay;
using namespace assay::test;
using Texts = std::vector<std::string>;

TEST_CASE("a grid multiplies with its first axis slowest and seeds fastest") {
  const Plan p = plan(kHead + R"(
[stage.make]
method = "toy.make"
seeds = 2
[stage.make.grid]
size = [10, 20]
shape = ["ring", "blob"]
)");
  CHECK(p.stages[0].axes == Texts{"size", "shape", "seed"});
  CHECK(labels(p, "make") == Texts{"size=10,shape=ring,seed=0", "size=10,shape=ring,seed=1",
                                   "size=10,shape=blob,seed=0", "size=10,shape=blob,seed=1",
                                   "size=20,shape=ring,seed=0", "size=20,shape=ring,seed=1",
                                   "size=20,shape=blob,seed=0", "size=20,shape=blob,seed=1"});
  CHECK(p.runs.size() == 8);
  CHECK(p.runs[3].params["shape"] == "blob");
  CHECK(p.runs[3].seed == 1);
}

TEST_CASE("cases come before zips, zips before the grid, whatever their order in the file") {
  const Plan p = plan(kHead + R"(
[stage.make]
method = "toy.make"
grid = { shuffle = [true, false] }
[[stage.make.zip]]
axis = "scale"
size = [1, 2]
shape = ["blob", "ring"]
[[stage.make.cases]]
name = "one"
modes = [1]
[[stage.make.cases]]
name = "two"
)");
  CHECK(p.stages[0].axes == Texts{"case", "scale", "shuffle"});
  CHECK(labels(p, "make").front() == "case=one,scale=0,shuffle=true");
  CHECK(p.runs.size() == 8);
  CHECK(p.runs[2].params["size"] == 2);
  CHECK(p.runs[2].params["shape"] == "ring");
  CHECK(p.runs[0].params["modes"] == Json::array({1.0}));
  CHECK(p.runs[7].params["modes"] == Json::array({1.0, 2.0}));
}

TEST_CASE("exclude rules remove points by values, by lists of values and by conditions") {
  const Plan p = plan(kHead + R"(
[stage.make]
method = "toy.make"
grid = { size = [1, 2, 3, 4], shuffle = [true, false] }
[[stage.make.exclude]]
size = [1, 2]
shuffle = false
[[stage.make.exclude]]
if = "size > 3 and not shuffle or size == 3.0"
)");
  CHECK(labels(p, "make") ==
        Texts{"size=1,shuffle=true", "size=2,shuffle=true", "size=4,shuffle=true"});
}

TEST_CASE("generators make ranges with their end, and spaced numbers without rounding noise") {
  const Plan p = plan(kHead + R"(
[stage.data]
method = "toy.make"
grid = { size = { logspace = [1e1, 1e5], n = 3, round = 1 } }
[stage.a]
method = "toy.train"
inputs = { data = "data:data" }
grid = { lr = { range = [0.1, 0.5], step = 0.1 }, epochs = { range = [1, 3] } }
[stage.b]
method = "toy.train"
inputs = { data = "data:data" }
grid = { lr = { linspace = [0.25, 1], n = 4 }, epochs = { values = [7] } }
)");
  CHECK(labels(p, "data") == Texts{"size=10", "size=1000", "size=100000"});
  CHECK(labels(p, "a").size() == 3 * 5 * 3);
  CHECK(labels(p, "a")[8] == "size=10,lr=0.3,epochs=3");
  CHECK(labels(p, "b")[1] == "size=10,lr=0.5,epochs=7");
  CHECK(p.warnings.empty());
}

TEST_CASE("stages join where their axes have equal values, and multiply where they have not") {
  const Plan p = plan(kHead + R"(
[defaults]
seeds = 3
[stage.data]
method = "toy.make"
grid = { size = [10, 20] }
[stage.tune]
method = "toy.train"
inputs = { data = "data:data" }
[stage.retain]
extends = "tune"
params = { epochs = 5 }
[stage.unlearn]
method = "toy.train"
inputs = { data = "data:data", init = "tune:model" }
grid = { lr = [0.5, 0.25] }
[stage.score]
method = "toy.score"
inputs = { model = "unlearn:model", reference = "retain:model" }
)");
  CHECK(labels(p, "tune").size() == 6);
  CHECK(labels(p, "unlearn").size() == 12);
  CHECK(labels(p, "score").size() == 12);
  CHECK(labels(p, "score")[4] == "size=10,lr=0.25,seed=1");
  for (const auto& point : p.points) {
    if (point.stage != "score") continue;
    const Run& run = p.runs[point.run];
    CHECK(run.seed == 0);  // it draws nothing
    const Run& model = *p.find(run.inputs[0].items[0].run);
    const Run& reference = *p.find(run.inputs[1].items[0].run);
    CHECK(model.seed == reference.seed);
    CHECK(Json(model.seed) == *point.axis("seed"));
    CHECK(model.inputs[0].items[0].run == reference.inputs[0].items[0].run);
  }
}

TEST_CASE("an axis that a stage repeats keeps the common values, in its own order") {
  const Plan p = plan(kHead + R"(
[stage.data]
method = "toy.make"
seeds = [0, 1, 2]
[stage.train]
method = "toy.train"
inputs = { data = "data:data" }
seeds = [2, 1, 7]
)");
  CHECK(labels(p, "train") == Texts{"seed=2", "seed=1"});
}

TEST_CASE("a gathered input holds all runs that differ only in what it gathers over") {
  const Plan p = plan(kHead + R"(
[stage.data]
method = "toy.make"
[stage.train]
method = "toy.train"
inputs = { data = "data:data" }
seeds = 3
grid = { lr = [0.1, 0.2] }
[stage.by_lr]
method = "toy.sum"
gather = { runs = { from = "train:results", over = ["seed"] } }
[stage.all]
method = "toy.sum"
gather = { runs = { from = "train:results", over = "*", missing = "skip" } }
)");
  CHECK(labels(p, "by_lr") == Texts{"lr=0.1", "lr=0.2"});
  const Run& first = p.runs[p.points[7].run];
  REQUIRE(first.inputs[0].items.size() == 3);
  CHECK(first.inputs[0].many);
  Texts members;
  for (const auto& item : first.inputs[0].items) members.push_back(item.run);
  CHECK(std::is_sorted(members.begin(), members.end()));
  Texts expected(ids(p, "train"));
  expected.resize(3);
  std::sort(expected.begin(), expected.end());
  CHECK(members == expected);
  const Run& all = p.runs[p.points[9].run];
  CHECK(all.inputs[0].items.size() == 6);
  CHECK(all.inputs[0].skip_missing);
}

TEST_CASE("points that differ in nothing that enters the identity are one run") {
  const Plan p = plan(kHead + R"(
[stage.data]
method = "toy.make"
[stage.train]
method = "toy.train"
inputs = { data = "data:data" }
grid = { log_every = [1, 2, 3] }
)");
  CHECK(labels(p, "train").size() == 3);
  CHECK(p.runs.size() == 2);
  CHECK(warnings_of(p) == Texts{"W206"});
}

TEST_CASE("a stage that only needs another waits for its matching runs without multiplying") {
  const Plan p = plan(kHead + R"(
[stage.data]
method = "toy.make"
seeds = 2
grid = { size = [1, 2] }
[stage.later]
method = "toy.strict"
params = { task = "x" }
needs = ["data"]
seeds = 2
)");
  CHECK(labels(p, "later") == Texts{"seed=0", "seed=1"});
  const Run& run = p.runs[p.points[4].run];
  CHECK(run.needs.size() == 2);
  CHECK(run.upstream() == run.needs);
}

TEST_CASE("only the wanted stages and what they need are planned") {
  Context context;
  ExperimentInput input;
  input.file = "test.toml";
  input.text = kHead + R"(
[stage.data]
method = "toy.make"
[stage.train]
method = "toy.train"
inputs = { data = "data:data" }
[stage.other]
method = "toy.make"
params = { size = 3 }
[[claim]]
text = "other"
stage = "other"
value = "provenance/cpu_seconds"
op = "<"
bound = 1
)";
  input.stages = {"train"};
  const Plan p = make_plan(input, context);
  CHECK(p.runs.size() == 2);
  CHECK(p.report.claims.empty());
}

TEST_CASE("the flat file plans to the same runs as the file with its profiles and overrides") {
  const std::string text = kHead + R"(
[vars]
n = 20
[defaults]
seeds = 2
resources = { cpus = 1, mem = "1G" }
[stage.data]
method = "toy.make"
params = { size = "${vars.n}", modes = [0.5, 1] }
[[stage.data.cases]]
name = "a \"quoted\" one"
shape = "ring"
[stage.train]
method = "toy.train"
inputs = { data = "data:data" }
[[stage.train.zip]]
lr = [0.1, 1e-7]
epochs = [1, 2]
[profile.big.vars]
n = 50
[profile.big.stage.train]
zip = []
grid = { lr = [0.5] }
[[claim]]
text = "fast"
stage = "data"
value = "provenance/cpu_seconds"
over = ["seed", "case"]
op = "<"
bound = 3
)";
  const Plan p = plan(text, {"train.width=8"}, {"big"});
  const Plan again = plan(p.flat_toml);
  CAPTURE(p.flat_toml);
  CHECK(p.id() == again.id());
  CHECK(p.flat_toml == again.flat_toml);
  CHECK(plan(text).id() == plan(plan(text).flat_toml).id());
}
