#include "core/plan/plan.hpp"
#include "tests/plan/fake.hpp"

#include <doctest/doctest.h>

using namespace assay;
using namespace assay::test;
using Texts = std::vector<std::string>;

namespace {

const std::string kStages = kHead + R"(
[stage.data]
method = "toy.make"
[stage.train]
method = "toy.train"
inputs = { data = "data:data" }
seeds = 3
[stage.train.grid]
lr = [0.1, 0.2]
width = [8, 16]
)";

std::string first_error(const std::string& item) {
  const std::string text = errors_of(kStages + item);
  return text.substr(0, text.find('\n'));
}

}  // namespace

TEST_CASE("report items keep the order of the file across their kinds") {
  const Plan p = plan(kStages + R"(
[[plot]]
name = "a"
kind = "scatter"
stage = "train"
x = "metrics/final"
y = "metrics/accuracy@best"
series = "lr"
marker = "width"
[[table]]
name = "b"
stage = "train"
rows = ["lr"]
columns = ["width"]
value = "metrics/loss/train@min"
[[text]]
name = "c"
body = "x"
[[plot]]
name = "d"
kind = "histogram"
stage = "train"
value = "tables/times/time"
where = "lr == 0.1 and width == 8"
[[images]]
name = "e"
stage = "train"
value = "arrays/photos"
)");
  Texts names;
  for (const auto& item : p.report.items)
    names.push_back(std::visit([](const auto& spec) { return spec.name; }, item));
  CHECK(names == Texts{"a", "b", "c", "d", "e"});
  CHECK(p.warnings.empty());
}

TEST_CASE("an axis must be shown, filtered to one value, paired or aggregated over") {
  const std::string claim =
      "[[claim]]\ntext = \"t\"\nstage = \"train\"\nop = \"<\"\nbound = 1\n"
      "value = \"metrics/final\"\n";
  CHECK(first_error(claim).find("axis \"lr\" (2 values)") != std::string::npos);
  CHECK(first_error(claim + "over = [\"seed\", \"lr\", \"width\"]\n") == "");
  CHECK(first_error(claim + "over = [\"seed\", \"lr\"]\nwhere = \"width == 8\"\n") == "");
  CHECK(first_error(claim + "over = [\"lr\", \"width\"]\n").find("axis \"seed\" (3 values)") !=
        std::string::npos);
  CHECK(first_error(claim + "where = \"lr + width < 8.15\"\n") == "");
}

TEST_CASE("pairs account for axes on both sides, and seed is averaged unless it is paired") {
  const Plan p = plan(kStages + R"(
[[claim]]
text = "t"
stage = "train"
left = { value = "metrics/final", where = "width == 8" }
right = { value = "metrics/final", where = "width == 16" }
op = "<"
paired = ["lr", "seed"]
[[claim]]
text = "u"
stage = "train"
left = { value = "metrics/final", where = "width == 8" }
right = { value = "metrics/final", where = "width == 16" }
op = "<"
paired = ["lr"]
)");
  CHECK(p.report.claims[0].over.empty());
  CHECK(p.report.claims[1].over == Texts{"seed"});
  CHECK(p.report.claims[0].right.stage == "train");
}

TEST_CASE("a filter that no run passes is a warning, since a profile may have emptied it") {
  const Plan p = plan(kStages + R"(
[[claim]]
text = "t"
stage = "train"
where = "epochs == 99"
value = "metrics/final"
op = "<"
bound = 1
)");
  CHECK(warnings_of(p) == Texts{"W205"});
}

TEST_CASE("parameters that do not vary may be named like axes") {
  CHECK(
      first_error("[[table]]\nstage = \"train\"\nrows = [\"lr\", \"net\"]\ncolumns = [\"width\"]\n"
                  "value = \"metrics/final\"\n") == "");
}

TEST_CASE("a stage that feeds nothing and is reported nowhere is a warning") {
  const Plan p = plan(kStages + R"(
[stage.lost]
method = "toy.make"
[[claim]]
text = "t"
stage = "train"
value = "metrics/final"
over = ["seed", "lr", "width"]
op = "<"
bound = 1
)");
  REQUIRE(warnings_of(p) == Texts{"W201"});
  CHECK(p.warnings[0].text == "stage \"lost\" feeds nothing and no report uses it");
}

TEST_CASE("points are selected by axes and by parameters") {
  const Plan p = plan(kStages);
  CHECK(select_points(p, "train", "").size() == 12);
  CHECK(select_points(p, "train", "lr == 0.1 and seed > 0").size() == 4);
  CHECK(select_points(p, "train", "net == 'mlp' and width in [8]").size() == 6);
  CHECK_THROWS(select_points(p, "train", "nonsense == 1"));
}
