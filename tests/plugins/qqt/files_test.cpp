// Files that people have: what is read from them, and the sentence about what cannot be.
#include "tests/plugins/qqt/qqt_host.hpp"

#include <doctest/doctest.h>

using namespace fake;
using qqt_test::Files;
using qqt_test::host;

namespace {

const char* const kLine = R"({"key": "imagenet1k", "metrics": {"main_metric": 0.25}})";

Params pool(const std::string& prefix = "") {
  return {{"pool", std::string("best")}, {"pool_size", 1000.0}, {"prefix", prefix}};
}

Run import(const std::string& path, const Params& params = {}) {
  return host().run("import", params, {{"files", {path}}});
}

void refused(const Run& run, const std::string& sentence) {
  CAPTURE(run.message);
  CHECK(run.status == ASSAY_INVALID_ARGUMENT);
  CHECK(run.message.find(sentence) != std::string::npos);
}
}  // namespace

TEST_CASE("a folder of evaluation files is a curve: epochs from names, errors from main metrics") {
  Files files;
  files.write("eval_results_epoch_4_step_-1.jsonl",
              "{\"key\": \"cars\", \"metrics\": {\"main_metric\": 0.9}}\n" + std::string(kLine));
  files.write("eval_results_epoch_10_step_-1.jsonl",
              R"({"key": "imagenet1k", "metrics": {"main_metric": 0.5}})");
  files.write("notes.txt", "no evaluation");
  const Run run = import(files.path(), pool());
  REQUIRE(run.ok());
  CHECK(run.out.column("curves", "n").as<double>() == std::vector<double>{4000, 10000});
  CHECK(run.out.column("curves", "error").as<double>() == std::vector<double>{0.75, 0.5});
  CHECK(run.out.column("curves", "quality_id").strings[0] == "best");
}

TEST_CASE("runs of other lengths lie in folders of their own, and a prefix picks a pool's") {
  Files files;
  files.write("top_2x/eval_results.jsonl", kLine);
  files.write("top_4x/eval_results.jsonl", kLine);
  files.write("worst_2x/eval_results.jsonl", kLine);
  const Run run = import(files.path(), pool("top_"));
  REQUIRE(run.ok());
  CHECK(run.out.column("curves", "n").as<double>() == std::vector<double>{2000, 4000});
  refused(import(files.path(), pool()), "two files of one epoch");
  refused(import(files.path(), pool("no_such_")), "whose path begins with \"no_such_\"");
}

TEST_CASE("half epochs and epochs at a name's end are read, files without one are named") {
  Files files;
  for (const char* name : {"epoch_0.5_", "epoch_1", "epoch_2.pt", "epoch_12.25", "run_20x/a"})
    files.write(name + std::string(".jsonl"), kLine);
  for (const char* name : {"notes.jsonl", "epoch_x.jsonl", "epoch_1.2.3.jsonl", "epoch_3.txt"})
    files.write(name, "no evaluation");
  const Run run = import(files.path(), pool());
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.column("curves", "n").as<double>() ==
        std::vector<double>{500, 1000, 2000, 12250, 20000});
  const auto& said = run.out.column("warnings", "text").strings;
  REQUIRE(said.size() == 1);
  CHECK(said[0].find(": epoch_1.2.3.jsonl, epoch_3.txt, epoch_x.jsonl, notes.jsonl") !=
        std::string::npos);
  refused(import(files.path(), pool("n")), "with an epoch in its name");
  refused(import(files.path() + "/notes.jsonl", pool()), "with an epoch in its name");
}

TEST_CASE("a CSV field in quotes keeps its commas, and a mark that is doubled") {
  Files files;
  files.write("c.csv", "pool,N,n,error\n\"top 10%, \"\"best\"\"\",100,10,0.5\n");
  const Run run = import(files.path() + "/c.csv");
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.column("curves", "pool").strings[0] == "top 10%, \"best\"");
}

TEST_CASE("what an evaluation file lacks, or says twice, is said") {
  Files files;
  files.write("epoch_1_.jsonl", kLine);
  auto other = pool();
  other["metric"] = std::string("cifar10");
  refused(import(files.path(), other), "no main_metric of \"cifar10\"");
  other["metric"] = std::string("avg18");
  refused(import(files.path(), other), "which avg18 needs");
  files.write("epoch_1_.jsonl", std::string(kLine) + "\n" +
                                    R"({"key": "imagenet1k", "metrics": {"main_metric": 0.5}})");
  const Run twice = import(files.path(), pool());
  REQUIRE(twice.ok());
  CHECK(twice.out.column("curves", "error").as<double>() == std::vector<double>{0.5});  // the last
  CHECK(twice.out.column("warnings", "text").strings == twice.log);
  REQUIRE(twice.log.size() == 1);
  CHECK(twice.log[0].find("is on 2 lines; the last is taken") != std::string::npos);
  files.write("epoch_1_.jsonl", "accuracy 0.3");
  refused(import(files.path(), pool()), "line 1 is no JSON object with a \"key\"");
  files.write("epoch_1_.jsonl", R"({"key": "imagenet1k", "metrics": {"main_metric": 25.3}})");
  refused(import(files.path(), pool()), "outside [0, 1]: 25.3");
  files.write("epoch_0_.jsonl", kLine);
  refused(import(files.path(), pool()), "is of epoch 0");
  refused(import(files.path() + "/none", pool()), "none");
}

TEST_CASE("a set without a number is no obstacle to the others") {
  Files files;
  files.write("epoch_2_.jsonl",
              "{\"key\": \"fairface\", \"metrics\": {\"main_metric\": null}}\n"
              "{\"key\": \"cars\", \"metrics\": {\"acc5\": NaN, \"main_metric\": NaN}}\n" +
                  std::string(kLine));
  const Run run = import(files.path(), pool());
  REQUIRE_MESSAGE(run.ok(), run.message);
  CHECK(run.out.column("curves", "error").as<double>() == std::vector<double>{0.75});
  auto other = pool();
  other["metric"] = std::string("cars");
  refused(import(files.path(), other), "no main_metric of \"cars\"");
}

TEST_CASE("avg18 is the mean of eighteen sets, each from its first line") {
  Files files;
  std::string text;
  for (const char* key : {"imagenet1k", "cifar10", "vtab/caltech101", "vtab/cifar100", "food101",
                          "imagenet_sketch", "imagenetv2", "imagenet-a", "imagenet-o", "imagenet-r",
                          "objectnet", "vtab/flowers", "vtab/pets", "voc2007", "vtab/resisc45",
                          "cars", "retrieval/flickr_1k_test_image_text_retrieval",
                          "retrieval/mscoco_2014_5k_test_image_text_retrieval"})
    text += std::string("{\"key\": \"") + key + "\", \"metrics\": {\"main_metric\": 0.5}}\n";
  text += R"({"key": "cars", "metrics": {"main_metric": 1.0}})";
  files.write("epoch_3_.jsonl", text);
  auto params = pool();
  params["metric"] = std::string("avg18");
  const Run run = import(files.path(), params);
  REQUIRE(run.ok());
  CHECK(run.out.column("curves", "error").as<double>()[0] == doctest::Approx(0.5));
}

TEST_CASE("JSON, TOML and CSV hold the same curves") {
  Files files;
  files.write("c.json", R"({"pools": [
      {"name": "A", "N": 100, "points": [[50, 0.9, 0.01, 3], [100, 0.8, null, 3]]},
      {"name": "A+B", "N": 200, "role": "union", "members": [0, 1], "points": [[100, 0.85]]}]})");
  files.write("c.toml", R"(pools = [
      {name = "A", N = 100, points = [[50, 0.9, 0.01, 3], [100, 0.8, nan, 3]]},
      {name = "A+B", N = 200, role = "union", members = [0, 1], points = [[100, 0.85]]}])");
  files.write("c.csv",
              "pool,N,n,error,sd,seed,role,members\r\nA,100,50,0.9,0.01,3,pool,\r\n"
              "A,100,100,0.8,,3,pool,\r\nA+B,200,100,0.85,,,union,0+1\r\n");
  const Run json = import(files.path() + "/c.json");
  REQUIRE(json.ok());
  CHECK(json.out.column("curves", "members").strings == std::vector<std::string>{"0", "0", "0+1"});
  CHECK(json.out.column("curves", "seed").as<int64_t>() == std::vector<int64_t>{3, 3, -1});
  const Run toml = import(files.path() + "/c.toml"), csv = import(files.path() + "/c.csv");
  REQUIRE(toml.ok());
  REQUIRE(csv.ok());
  for (const char* column : {"pool", "role", "members", "pool_size", "n", "error", "seed"}) {
    CAPTURE(column);
    CHECK(toml.out.column("curves", column) == json.out.column("curves", column));
    CHECK(csv.out.column("curves", column) == json.out.column("curves", column));
  }
}

TEST_CASE("a curve file is refused in one sentence that says where and what") {
  Files files;
  const auto csv = [&](const std::string& rows) {
    files.write("c.csv", "pool,N,n,error,seed\n" + rows);
    return import(files.path() + "/c.csv");
  };
  refused(csv("A,0,10,0.5,\n"), "pool \"A\" has N = 0; its distinct samples");
  refused(csv("A,-5,10,0.5,\n"), "has N = -5");
  refused(csv("A,100,10,50,\n"), "has the error 50 at n = 10; errors are from 0 to 1");
  refused(csv("A,100,10,-0.1,\n"), "errors are from 0 to 1");
  refused(csv("A,100,0,0.5,\n"), "has a point at n = 0");
  refused(csv("A,100,10,0.5,\nA,100,10,0.6,\n"), "measured twice at n = 10; give repetitions");
  refused(csv("A,100,10,0.5,1\nA,100,10,0.6,1\n"), "measured twice at n = 10 with seed 1");
  refused(csv("A,100,10,0.5,\nA,200,20,0.5,\n"), "line 3 gives pool \"A\" another N");
  refused(csv("A,100,ten,0.5,\n"), "line 2 has \"ten\" in column n");
  refused(csv("A,100,10,0.5,1.5\n"), "line 2 has the seed 1.5; it is a whole number");
  refused(csv("A,100,10,0.5,nan\n"), "line 2 has the seed nan");
  files.write("c.csv", "pool,N,n,error,members\nA,100,10,0.5,x\n");
  refused(import(files.path() + "/c.csv"), "c.csv");
  refused(import(files.path() + "/c.csv"), "line 2 is no good: members are ranks");
  files.write("c.json", R"({"pools": [{"name": "A", "N": 1, "points": [[1, 0.5, "small"]]}]})");
  refused(import(files.path() + "/c.json"), "the standard deviation of a point of pool");
  refused(csv("A,100,10\n"), "line 2 has 3 fields; the header has 5");
  refused(csv(""), "has no pools");
  files.write("c.csv", "pool,N,n\nA,1,1\n");
  refused(import(files.path() + "/c.csv"), "header without a column error");
  files.write("c.csv", "pool,N,n,error,epoch\nA,1,1,1,1\n");
  refused(import(files.path() + "/c.csv"), "has the column \"epoch\"");
  files.write("c.json", "{");
  refused(import(files.path() + "/c.json"), "is no JSON");
  files.write("c.json", R"({"pools": [{"name": "A", "points": []}]})");
  refused(import(files.path() + "/c.json"), "pool \"A\" has no N");
  files.write("c.json", R"({"pools": [{"name": "A", "N": 1, "point": []}]})");
  refused(import(files.path() + "/c.json"), "unknown key \"point\"");
  files.write("c.json", R"({"pools": [{"name": "A", "N": 1, "points": [[1, 0.5]]},
                                      {"name": "A", "N": 1, "points": [[2, 0.5]]}]})");
  refused(import(files.path() + "/c.json"), "two pools named \"A\"");
  files.write("c.toml", "pools = [\n{name = }]");
  refused(import(files.path() + "/c.toml"), "line 2");
  refused(import(files.path() + "/c.txt"), "c.txt");
}

TEST_CASE("evaluation files need the size of their pool, and curve files bring it") {
  const Run run = import("x", {{"pool", std::string("best")}});
  refused(run, "needs pool_size");
  refused(import("x", {{"pool_size", 5.0}}), "belong to evaluation files");
  for (const Params& p :
       {Params{{"role", std::string("control")}}, Params{{"repetition", int64_t{1}}},
        Params{{"members", std::vector<int64_t>{0}}}, Params{{"quality_id", std::string("q")}},
        Params{{"metric", std::string("cars")}}})
    refused(import("x", p), "a curve file says its own");
}

TEST_CASE("parameter files are refused in one sentence too") {
  Files files;
  const auto params = [&](const std::string& text, const Params& p = {}) {
    files.write("p.jsonl", text);
    return host().run("import_params", p, {{"params", {files.path() + "/p.jsonl"}}});
  };
  const std::string good =
      R"({"id": "x", "best_a": 0.02, "b_values": [-0.1, -0.2], "c_values": [2, 3], "names": ["A", "R"]})";
  const Run run = params(good);
  REQUIRE(run.ok());
  CHECK(run.out.column("laws", "role").strings == std::vector<std::string>{"pool", "control"});
  CHECK(run.out.column("laws", "d").as<double>()[0] == 0.1);  // no d_value
  refused(params(good + "\n" + good), "has 2 lines; choose one by its id: x, x");
  refused(params(good, {{"id", std::string("y")}}), "has 0 lines of the id \"y\"; it has x");
  refused(params(good, {{"controls", int64_t{2}}}), "no pool is left");
  refused(params(R"({"best_a": 1, "b_values": [0.1], "c_values": [2], "names": ["A"]})",
                 {{"controls", int64_t{0}}}),
          "b below 0");
  refused(params(R"({"best_a": 1, "b_values": [-1], "names": ["A"]})"), "needs \"c_values\"");
  refused(
      params(
          R"({"best_a": 1, "a_values": [1, 2], "b_values": [-1], "c_values": [2], "names": ["A"]})",
          {{"controls", int64_t{0}}}),
      "has a pool with a = 2 beside best_a = 1");
  refused(params("[1]"), "line 1 is no JSON object");
}
