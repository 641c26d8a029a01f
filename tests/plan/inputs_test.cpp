#include "core/plan/stage.hpp"
#include "tests/plan/fake.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

using namespace assay;
using namespace assay::test;
using Texts = std::vector<std::string>;

namespace {

struct Folder {
  fs::path path = fs::temp_directory_path() / ("assay_inputs_" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path / "images"); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { fs::remove_all(path); }
};

}  // namespace

TEST_CASE("selectors of checkpoints enter the port in one spelling") {
  const Plan p = plan(kHead + R"toml(
[stage.data]
method = "toy.make"
[stage.train]
method = "toy.train"
inputs = { data = "data:data" }
[stage.a]
method = "toy.score"
inputs = { model = "train:model@last", reference = "train:model@step=0300" }
[stage.b]
method = "toy.score"
inputs = { model = "train:model@best( metrics/loss/train, min )", times = "train:times" }
[stage.c]
method = "toy.strict"
params = { task = "x" }
inputs = { run = "train:times", file = "data:report" }
)toml");
  const auto ports = [&](size_t run) {
    Texts out;
    for (const auto& input : p.runs[run].inputs)
      out.push_back(input.name + "<" + input.items[0].port);
    return out;
  };
  CHECK(ports(2) == Texts{"model<model", "reference<model@step=300"});
  CHECK(ports(3) == Texts{"model<model@best(metrics/loss/train,min)", "times<times"});
  CHECK(ports(4) == Texts{"run<results", "file<report"});
}

TEST_CASE("two inputs of one stage come from the same run of it") {
  const Plan p = plan(kHead + R"(
[stage.data]
method = "toy.make"
[stage.train]
method = "toy.train"
inputs = { data = "data:data" }
seeds = 3
[stage.score]
method = "toy.score"
inputs = { times = "train:times", model = "train:model" }
)");
  CHECK(labels(p, "score").size() == 3);
  for (const auto& point : p.points)
    if (point.stage == "score") {
      const auto& inputs = p.runs[point.run].inputs;
      CHECK(inputs[0].name == "model");  // the order of the method's ports
      CHECK(inputs[0].items[0].run == inputs[1].items[0].run);
    }
}

TEST_CASE("formats that differ are refused, formats that one side leaves open are not") {
  Context context;
  context.schema = [](const std::string&) {
    PluginSchema p = toy_plugin();
    p.methods[2].inputs[2].format = "images";  // toy.score, times
    p.methods[2].inputs[1].format = "";        // toy.score, reference
    return p;
  };
  ExperimentInput input;
  input.file = "t.toml";
  input.text = kHead + R"(
[stage.data]
method = "toy.make"
[stage.train]
method = "toy.train"
inputs = { data = "data:data" }
[stage.score]
method = "toy.score"
inputs = { model = "train:model", reference = "train:model", times = "train:times" }
)";
  try {
    make_plan(input, context);
    FAIL("accepted");
  } catch (const BadInput& error) {
    REQUIRE(error.messages().size() == 1);
    CHECK(error.messages()[0].text ==
          "input \"times\" of \"toy.score\" has the format \"images\"; \"train:times\" has the "
          "format \"scores\"");
  }
}

TEST_CASE("a column that a table does not declare, or declares with another type, is refused") {
  Context context;
  context.schema = [](const std::string&) {
    PluginSchema p = toy_plugin();
    p.methods[2].inputs[2].fields = {{"group", "", "", ASSAY_INT}, {"time", "", "", ASSAY_INT}};
    return p;
  };
  ExperimentInput input;
  input.file = "t.toml";
  input.text = kHead + R"(
[stage.data]
method = "toy.make"
[stage.train]
method = "toy.train"
inputs = { data = "data:data" }
[stage.score]
method = "toy.score"
inputs = { model = "train:model", times = "train:times" }
)";
  try {
    make_plan(input, context);
    FAIL("accepted");
  } catch (const BadInput& error) {
    Texts texts;
    for (const auto& m : error.messages()) texts.push_back(m.text);
    CHECK(
        texts ==
        Texts{"input \"times\" of \"toy.score\" needs the column \"group\", which table \"times\" "
              "does not have",
              "input \"times\" of \"toy.score\" needs the column \"time\" as int; table \"times\" "
              "has it as real"});
  }
}

TEST_CASE("external inputs are found beside the file, by data root and by catalog") {
  const Folder folder;
  write_file(folder.path / "corpus.txt", "words");
  write_file(folder.path / "images" / "a", "1");
  fs::create_directories(folder.path / "data" / "datasets" / "pictures");
  write_file(folder.path / "catalog.toml", "[dataset.pictures]\ntitle = \"Pictures\"\n");
  write_file(folder.path / "x.toml", kHead + R"(
[stage.a]
method = "toy.make"
inputs = { corpus = "file:corpus.txt", images = "dir:images" }
[stage.b]
method = "toy.make"
inputs = { images = "dataset:pictures" }
[stage.c]
method = "toy.make"
inputs = { images = "file:corpus.txt" }
)");
  Context context;
  context.data_root = folder.path / "data";
  ExperimentInput input;
  input.file = (folder.path / "x.toml").string();
  const Plan p = make_plan(input, context);
  CHECK(p.runs[0].inputs[0].name == "images");
  CHECK(p.runs[0].inputs[0].items[0].path == (folder.path / "images").string());
  CHECK(p.runs[0].inputs[1].items[0].sha256 == FakeDigests().file("corpus.txt"));
  CHECK(p.runs[1].inputs[0].items[0].path ==
        (folder.path / "data" / "datasets" / "pictures").string());
  CHECK(p.runs[2].inputs[0].items[0].sha256 == FakeDigests().file("corpus.txt"));
}

TEST_CASE("a folder with a format is also a checkpoint of that format, and of no other") {
  const std::string head = kHead + R"(
[stage.data]
method = "toy.make"
[stage.train]
method = "toy.train"
inputs = { data = "data:data" }
[stage.a]
method = "toy.strict"
params = { task = "x" }
)";
  const auto p = plan(head + "inputs = { weights = \"train:model@step=3\" }\n");
  CHECK(p.runs[2].inputs[0].items[0].port == "model@step=3");
  try {
    plan(head + "inputs = { weights = \"train:times\" }\n");
    FAIL("a table is no folder");
  } catch (const BadInput& error) {
    CHECK(error.messages().at(0).text ==
          "input \"weights\" of \"toy.strict\" is a dir; \"train:times\" is a table");
  }
}
