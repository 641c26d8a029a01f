#include "core/archive/journal.hpp"
#include "core/report/frame.hpp"
#include "tests/report/fixture.hpp"
#include "tests/report/folder.hpp"

#include <doctest/doctest.h>

using namespace assay;
using namespace assay::test;

namespace {

template <class T>
assay_tensor tensor(std::vector<T>& data, std::vector<int64_t>& shape, uint8_t code) {
  assay_tensor t{};
  t.data = data.data();
  t.device = {ASSAY_CPU, 0};
  t.ndim = static_cast<int32_t>(shape.size());
  t.dtype = {code, sizeof(T) * 8, 1};
  t.shape = shape.data();
  return t;
}

/// Writes the run's archive as a plugin and the supervisor would.
void write_run(const fs::path& folder, const Run& run, double auc) {
  make_folder(folder);
  {
    JournalWriter journal(folder, run.id, 1);
    for (int64_t step = 0; step < 3; ++step)
      journal.scalar("loss", step, 1.0 - 0.1 * static_cast<double>(step));
    journal.scalar("auc", 0, auc);
    std::vector<double> v{1, 2, 6};
    std::vector<int64_t> three{3};
    const char* names[] = {"a", "<b>", "c"};
    assay_column columns[2]{};
    columns[0].name = "v";
    columns[0].data = tensor(v, three, ASSAY_DT_FLOAT);
    columns[1].name = "name";
    columns[1].data.ndim = 1;
    columns[1].data.shape = three.data();
    columns[1].strings = names;
    journal.rows("t", 2, columns);
    std::vector<unsigned char> pixels{0, 1, 2, 3};
    std::vector<int64_t> image{1, 2, 2};
    journal.array("image", -1, tensor(pixels, image, ASSAY_DT_UINT));
    journal.text("note", -1, "once");
    journal.text("sample", 10, "early");
    journal.text("sample", 20, "late");
    journal.end(ASSAY_OK, "");
  }
  RunRecord record;
  record.id = run.id;
  record.plugin = run.plugin;
  record.method = run.method;
  record.params = run.params;
  record.inputs = record.schema = Json::object();
  record.provenance = {{"cpu_seconds", 2.5}, {"git_dirty", true}};
  publish(folder, record);
  write_file(folder / "log.txt", "one\ntwo\nthree\n");
}

struct OnDisk {
  Folder folder;
  Experiment e;
  RunsFolder runs{folder.path};
  ArchivedRuns source{runs};

  explicit OnDisk(int seeds) {
    e.method("rank").outputs = {port("loss", ASSAY_SERIES, ASSAY_LOWER_IS_BETTER)};
    e.stage("rank", {"seed"});
    for (int seed = 0; seed < seeds; ++seed) e.add("rank", {{"seed", seed}});
    for (size_t i = 0; i + 1 < e.plan.runs.size(); ++i) {  // the last one is never run
      const Run& run = e.plan.runs[i];
      write_run(runs.folder(run.plugin, run.method, run.id), run,
                0.9 + 0.01 * static_cast<double>(i));
    }
  }
};

}  // namespace

TEST_CASE("a run on disk gives the values that it logged") {
  OnDisk d(2);
  Frame frame(d.e.plan, d.source);
  const Row& row = frame.rows()[0];
  REQUIRE(row.complete());
  const auto number = [&](const std::string& text) {
    CAPTURE(text);
    const Value& v = frame.value(row, text);
    CHECK(v.missing == "");
    return v.number(0);
  };
  CHECK(number("metrics/auc") == 0.9);
  CHECK(number("metrics/loss") == doctest::Approx(0.8));
  CHECK(number("metrics/loss@best") == doctest::Approx(0.8));
  CHECK(number("metrics/loss@max") == 1);
  CHECK(number("metrics/loss@step=1") == doctest::Approx(0.9));
  CHECK(number("metrics/loss@mean") == doctest::Approx(0.9));
  CHECK(number("metrics/loss@mean(2)") == doctest::Approx(0.85));
  CHECK(number("tables/t/v@sum") == 9);
  CHECK(number("'tables/t/v@max' / 'metrics/auc'") == doctest::Approx(6 / 0.9));
  CHECK(number("provenance/cpu_seconds") == 2.5);
  CHECK(frame.value(row, "tables/t/name").strings == std::vector<std::string>{"a", "<b>", "c"});
  CHECK(frame.value(row, "text/note").show(0) == "once");
  CHECK(frame.value(row, "text/sample").show(0) == "late");
  CHECK(frame.value(row, "text/sample@step=10").show(0) == "early");
  CHECK(frame.array(row, "arrays/image")->shape == std::vector<int64_t>{1, 2, 2});
  CHECK(frame.series(row, "loss")->values.size() == 3);
  CHECK(frame.provenance(row)["git_dirty"] == true);
  CHECK(frame.log_tail(row, 2) == "two\nthree");
  CHECK(frame.value(row, "metrics/nothing").missing == "it logged no metrics/nothing");
}

TEST_CASE("a run that was never started has no value and says so") {
  OnDisk d(2);
  Frame frame(d.e.plan, d.source);
  const Row& row = frame.rows()[1];
  CHECK_FALSE(row.complete());
  CHECK(frame.value(row, "metrics/auc").missing == "the run has not been started");
  CHECK(frame.log_tail(row, 5) == "");
}

TEST_CASE("the archive of a complete run that is damaged is an error, not an absence") {
  OnDisk d(2);
  const Run& run = d.e.plan.runs[0];
  Frame frame(d.e.plan, d.source);
  write_file(d.runs.folder(run.plugin, run.method, run.id) / "run.h5", "not HDF5");
  CHECK_THROWS_AS(frame.value(frame.rows()[0], "metrics/auc"), BadInput);
}
