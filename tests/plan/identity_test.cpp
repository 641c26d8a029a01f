#include "core/plan/identity.hpp"
#include "tests/plan/fake.hpp"

#include <doctest/doctest.h>

using namespace assay;
using namespace assay::test;

namespace {

/// One stage of toy.train with `rest` in it, on top of a stage of data.
std::string train(const std::string& rest) {
  return kHead + R"(
[stage.data]
method = "toy.make"
[stage.train]
method = "toy.train"
inputs = { data = "data:data" }
)" + rest;
}

std::string train_id(const std::string& text) { return ids(plan(text), "train").at(0); }

/// The id of toy.train with `change` applied to the schema.
std::string id_with(const std::string& params, const std::function<void(MethodSchema&)>& change) {
  Context context;
  context.schema = [&](const std::string&) {
    PluginSchema p = toy_plugin();
    change(p.methods[1]);
    return p;
  };
  ExperimentInput input;
  input.file = "test.toml";
  input.text = train(params);
  return ids(make_plan(input, context), "train").at(0);
}

}  // namespace

// The digests were made by an independent SHA-256 (Python's hashlib) of the bytes shown.
TEST_CASE("canonical bytes and ids equal the golden vectors") {
  const Plan p = plan(kHead + R"(
[stage.data]
method = "toy.make"
seeds = [2]
params = { size = 7, shape = "ring", modes = [0.5, 1e21, 1e-7] }
[stage.train]
method = "toy.train"
inputs = { data = "data:data" }
params = { log_every = 3, net = "a\"\\\n\u00e9", decay = -0.0 }
grid = { lr = [0.1, 0.2] }
[stage.sum]
method = "toy.sum"
gather = { runs = { from = "train:results", over = "*" } }
)");
  CHECK(p.runs[0].canonical ==
        R"({"assay_identity":1,"identity":1,"inputs":{},"method":"toy.make","needs":[],)"
        R"("params":{"modes":[0.5,1e+21,1e-7],"shape":"ring","shuffle":true,"size":7},"seed":2})");
  CHECK(p.runs[0].id == "8b4bd0d59f93a100412c7d0ad0bc65b6");
  CHECK(p.runs[1].canonical ==
        R"({"assay_identity":1,"identity":3,"inputs":{"data":{"port":"data",)"
        R"("run":"8b4bd0d59f93a100412c7d0ad0bc65b6"}},"method":"toy.train","needs":[],)"
        R"("params":{"lr":0.1,"net":"a\"\\\né","passes":10,"width":64},"seed":2})");
  CHECK(p.runs[1].id == "f4c49f244b784b195d085cdeab415d7d");
  CHECK(p.runs[3].id == "1e714c72b733b1f12e3cdef10ee481fb");
  CHECK(p.runs[0].folder() == "toy/make-8b4bd0d59f93");
}

TEST_CASE("an external file enters by its content and a need by its id, as in the golden vector") {
  Context context;
  context.schema = [](const std::string&) { return toy_plugin(); };
  const fs::path folder = fs::temp_directory_path() / "assay_identity_test";
  fs::create_directories(folder);
  write_file(folder / "corpus.txt", "x");
  ExperimentInput input;
  input.file = (folder / "test.toml").string();
  input.text = kHead + R"(
[stage.data]
method = "toy.make"
seeds = [2]
params = { size = 7, shape = "ring", modes = [0.5, 1e21, 1e-7] }
[stage.more]
method = "toy.make"
inputs = { corpus = "file:corpus.txt" }
needs = ["data"]
seeds = [2]
)";
  Plan p = make_plan(input, context);
  p.runs[1].seed = 0;
  CHECK(run_id(canonical_json(p.runs[1], p.schema(p.runs[1]))) ==
        "e07021d4f78a2fcdfcacc99cdbbab43c");
  CHECK(p.runs[1].inputs[0].items[0].path == (folder / "corpus.txt").string());
  fs::remove_all(folder);
}

TEST_CASE("what cannot change a run's results does not change its identity") {
  const std::string base = train_id(train("params = { lr = 0.5, width = 3 }\nseeds = [4]\n"));
  const std::string head =
      "# a comment\nassay = 1\n[experiment]\nname = \"other\"\ntitle = \"x\"\n";
  CHECK(train_id(head + R"(
[stage.train]                 # before its upstream
seeds = [4]
title = "A title"
method = "toy.train"
params = { width = 3.0, lr = 5e-1 }
inputs = { data = "renamed:data" }
[stage.renamed]
method = "toy.make"
)") == base);
  CHECK(train_id(train(R"(
params = { lr = 0.5, width = 3, log_every = 99, decay = 0 }
seeds = [4]
resources = { cpus = 2, mem = "1G", time = "1h" }
retries = { max = 3 }
checkpoint = { every = "10s" }
isolate = "exec"
[launcher]
jobs = 2
)")) == base);
  CHECK(train_id(train("params = { lr = 0.5, epochs = 10 }\nseeds = [4]\n"
                       "grid = { width = [3, 4] }\n")) == base);
  CHECK(train_id(train("params = { lr = 0.5, width = 3, num_epochs = 10 }\nseeds = [4]\n")) ==
        base);
}

TEST_CASE("what can change a run's results changes its identity") {
  const std::string base = train_id(train("params = { lr = 0.5 }\n"));
  CHECK(train_id(train("params = { lr = 0.25 }\n")) != base);
  CHECK(train_id(train("params = { lr = 0.5, decay = 0.1 }\n")) != base);
  CHECK(train_id(train("params = { lr = 0.5 }\nseeds = [1]\n")) != base);
  CHECK(train_id(train("params = { lr = 0.5 }\nneeds = [\"data\"]\n")) != base);
  CHECK(train_id(train("params = { lr = 0.5 }\n") +
                 "[profile.x]\n[stage.data.params]\nsize = 4\n") != base);
}

TEST_CASE(
    "a changed default and a raised identity change ids, an added neutral parameter does not") {
  const std::string params = "params = { lr = 0.5 }\n";
  const std::string base = id_with(params, [](MethodSchema&) {});
  CHECK(id_with(params, [](MethodSchema& m) { m.params[1].fallback = 11; }) != base);
  CHECK(id_with(params, [](MethodSchema& m) { m.identity = 4; }) != base);
  CHECK(id_with(params, [](MethodSchema& m) {
          ParamSchema added;
          added.name = "dropout";
          added.type = ASSAY_REAL;
          added.fallback = added.neutral = 0.0;
          m.params.push_back(added);
        }) == base);
  CHECK(id_with(params, [](MethodSchema& m) {
          m.params[0].aliases = {"lr"};
          m.params[0].name = "learning_rate";
        }) == base);
}

TEST_CASE("the explanation of an identity shows the bytes and what was left out") {
  const Plan p = plan(train("params = { log_every = 3 }\n"));
  const std::string text = explain(p.runs[1], p.schema(p.runs[1]));
  CHECK(text.find(p.runs[1].canonical) != std::string::npos);
  CHECK(text.find("left out: log_every = 3 (cannot change results)") != std::string::npos);
  CHECK(text.find("left out: decay = 0.0 (its neutral value)") != std::string::npos);
  CHECK(text.find("epochs stands under its oldest name, passes") != std::string::npos);
  CHECK(text.find("input data: data of run " + p.runs[0].id) != std::string::npos);
}
