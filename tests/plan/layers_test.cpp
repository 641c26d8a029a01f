#include "core/plan/layers.hpp"
#include "core/plan/toml_reader.hpp"
#include "tests/plan/fake.hpp"

#include <doctest/doctest.h>

using namespace assay;
using namespace assay::test;
using Texts = std::vector<std::string>;

namespace {

const std::string kTrain = kHead + R"(
[defaults]
seeds = 2
resources = { cpus = 2, mem = "1G" }
[stage.data]
method = "toy.make"
[stage.train]
method = "toy.train"
inputs = { data = "data:data" }
params = { epochs = 3 }
resources = { cpus = 1 }
grid = { lr = [0.1, 0.2], width = [8] }
[stage.base]
extends = "train"
params = { net = "cnn" }
[profile.paper.stage.train]
params = { epochs = 100 }
grid = {}
[profile.quick.defaults]
seeds = 1
[profile.quick.stage.train.params]
net = "tiny"
)";

const Run& first_run(const Plan& p, const std::string& stage) {
  for (const auto& point : p.points)
    if (point.stage == stage) return p.runs[point.run];
  throw std::logic_error("no such stage");
}

}  // namespace

TEST_CASE("a stage inherits what it does not say itself, and defaults come last") {
  const Plan p = plan(kTrain);
  CHECK(labels(p, "base") == labels(p, "train"));
  CHECK(first_run(p, "base").params["epochs"] == 3);
  CHECK(first_run(p, "base").params["net"] == "cnn");
  CHECK(first_run(p, "train").params["net"] == "mlp");
  CHECK(first_run(p, "train").resources.cpus == 1);
  CHECK(first_run(p, "train").resources.mem == int64_t{1} << 30);
  CHECK(first_run(p, "data").resources.cpus == 2);
}

TEST_CASE("a profile acts as if the file had been edited") {
  const Plan p = plan(kTrain, {}, {"paper"});
  CHECK(labels(p, "train") == Texts{"seed=0", "seed=1"});
  CHECK(labels(p, "base") == Texts{"seed=0", "seed=1"});
  CHECK(first_run(p, "base").params["epochs"] == 100);
}

TEST_CASE("profiles apply in the order they are given, and overrides after them") {
  const Plan p = plan(kTrain, {"train.epochs=7", "base.net=mlp"}, {"paper", "quick"});
  CHECK(labels(p, "train") == Texts{"seed=0"});
  CHECK(first_run(p, "train").params["net"] == "tiny");
  CHECK(first_run(p, "train").params["epochs"] == 7);
  CHECK(first_run(p, "base").params["epochs"] == 7);
  CHECK(first_run(p, "base").params["net"] == "mlp");
}

TEST_CASE("overrides set parameters, axes, seeds and any literal path, and remove keys") {
  const Plan p = plan(kTrain, {"train.grid.width=[1, 2]", "train.seeds=[5]", "data.shape=ring",
                               "stage.data.params.size=9", "~train.grid.lr", "defaults.seeds=[5]",
                               "experiment.title=\"two words\""});
  CHECK(labels(p, "train") == Texts{"width=1,seed=5", "width=2,seed=5"});
  CHECK(first_run(p, "data").params["shape"] == "ring");
  CHECK(first_run(p, "data").params["size"] == 9);
  CHECK(p.title == "two words");
}

TEST_CASE("an overridden axis keeps its place, a new one comes last") {
  const Plan p = plan(kTrain, {"train.grid.epochs=[1]", "train.grid.lr=[0.5]"});
  CHECK(labels(p, "train").front() == "lr=0.5,width=8,epochs=1,seed=0");
}

TEST_CASE("overriding a parameter that is an axis leaves one value on the axis, and says so") {
  const Plan p = plan(kTrain, {"train.lr=0.7"});
  CHECK(labels(p, "train") == Texts{"lr=0.7,width=8,seed=0", "lr=0.7,width=8,seed=1"});
  REQUIRE_FALSE(p.warnings.empty());
  CHECK(p.warnings[0].text == "override \"train.lr=0.7\" replaces the axis \"lr\" by one value");
}

TEST_CASE("a reference that is the whole value keeps its type, one inside a text does not") {
  const Plan p = plan(kHead + R"(
[vars]
n = 5
modes = [1, 2.5]
where = "${env:HOME_OF_DATA:nowhere}/${experiment.name}"
[stage.data]
method = "toy.make"
params = { size = "${vars.n}", modes = "${vars.modes}" }
[stage.train]
method = "toy.train"
inputs = { data = "data:data" }
params = { net = "n${vars.n}-${stage}-$${x}-${vars.where}", width = "${env:WIDTH:32}" }
)");
  CHECK(p.runs[0].params["size"] == 5);
  CHECK(p.runs[0].params["modes"] == Json::array({1.0, 2.5}));
  CHECK(p.runs[1].params["net"] == "n5-train-${x}-here/test");
  CHECK(p.runs[1].params["width"] == 32);
}

TEST_CASE("a key of [vars] that nothing uses is a warning, but not when a profile uses it") {
  const std::string text = kHead +
                           "[vars]\na = 1\nb = 2\n[stage.data]\nmethod = \"toy.make\"\n"
                           "[profile.x.stage.data.params]\nsize = \"${vars.b}\"\n";
  const Plan p = plan(text);
  REQUIRE(warnings_of(p) == Texts{"W201"});
  CHECK(p.warnings[0].text == "[vars] key \"a\" is never used");
}

TEST_CASE("an old name of a parameter and an integral real are accepted with warnings") {
  const Plan p = plan(kHead +
                      "[stage.data]\nmethod = \"toy.make\"\n[stage.train]\n"
                      "method = \"toy.train\"\ninputs = { data = \"data:data\" }\n"
                      "params = { num_epochs = 4.0 }\n");
  CHECK(warnings_of(p) == Texts{"W203", "W202"});
  CHECK(p.runs[1].params["epochs"] == 4);
  CHECK(p.runs[1].params["epochs"].is_number_integer());
}

TEST_CASE("a stage that is not enabled is not planned, and what reports on it is left out") {
  const Plan p = plan(kTrain + R"(
[stage.extra]
method = "toy.make"
enabled = false
[[claim]]
text = "x"
stage = "extra"
value = "provenance/cpu_seconds"
op = "<"
bound = 1
[[claim]]
text = "y"
stage = "base"
value = "provenance/cpu_seconds"
over = ["seed", "lr"]
op = "<"
bound = 1
)");
  CHECK(p.stages.size() == 3);
  CHECK(p.report.claims.size() == 1);
  CHECK(warnings_of(p) == Texts{"W201", "W205"});  // nothing uses "train" itself
}

TEST_CASE("the launcher and the settings of stages reach the plan") {
  const Plan p = plan(kHead + R"(
[stage.data]
method = "toy.make"
resources = { cpus = 2, gpus = 0, mem = "3G", time = "1h30m" }
retries = { max = 2, on = ["crash", "oom"] }
checkpoint = { every = "30s" }
isolate = "exec"
[launcher]
jobs = 3
env = { OMP_NUM_THREADS = 1, MODE = "x" }
)");
  const Run& run = p.runs[0];
  CHECK(run.resources.mem == int64_t{3} << 30);
  CHECK(run.resources.time == 5400);
  CHECK(run.retries.max == 2);
  CHECK(run.retries.on == Texts{"crash", "oom"});
  CHECK(run.checkpoint_every == 30);
  CHECK(run.isolate_exec);
  CHECK(p.launcher.jobs == 3);
  CHECK(p.launcher.env[0] == std::pair<std::string, std::string>("OMP_NUM_THREADS", "1"));
}
