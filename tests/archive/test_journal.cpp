#include "core/archive/checkpoint.hpp"
#include "core/archive/crc32c.hpp"
#include "core/archive/journal_reader.hpp"
#include "tests/archive/helpers.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace assay;
using namespace assay::test;

TEST_CASE("CRC-32C is the one of RFC 3720, by instruction and by table") {
  CHECK(crc32c("123456789", 9) == 0xe3069283U);
  const std::string zeros(32, '\0');
  CHECK(crc32c(zeros.data(), 32) == 0x8a9136aaU);
  CHECK(crc32c_by_table(zeros.data(), 32) == 0x8a9136aaU);
  CHECK(crc32c_by_table("123456789", 9) == 0xe3069283U);
}

TEST_CASE("what a run writes is what its archive holds") {
  const TemporaryFolder dir;
  {
    JournalWriter w(dir.path, kRunId, 1);
    for (int i = 0; i < 2000; ++i) w.scalar("loss", i, 1.0 / (i + 1));
    w.scalar("train/accuracy", -1, 0.75);
    w.rows("scores", 3,
           Columns()
               .add<int64_t>("index", {4, 9})
               .add("name", {"a", "\xc3\xa9"})
               .add<float>("pair", {1, 2, 3, 4}, {2, 2})
               .data());
    w.rows("scores", 3,
           Columns()
               .add<int64_t>("index", {1})
               .add("name", {""})
               .add<float>("pair", {5, 6}, {1, 2})
               .data());
    array_of(w, "grid", -1, {1, 2, 3, 4, 5, 6}, {2, 3});
    array_of(w, "path", 0, {1, 2}, {2});
    array_of(w, "path", 5, {3, 4}, {2});
    w.text("sample", -1, "hello");
    w.text("log", 1, "one");
    w.text("log", 2, "two");
    w.event("note", "something");
    w.save("model", 30, 2,
           Columns()
               .add<float>("layers.0.weight", {1, 2, 3, 4}, {2, 2})
               .add("vocabulary", {"x", "yy"})
               .data());
    w.end(ASSAY_OK, "");
  }
  const std::string digest = publish(dir.path, record());
  CHECK_FALSE(fs::exists(dir.path / "journal.wal"));
  CHECK_FALSE(fs::exists(dir.path / "ckpt"));
  const Archive a(dir.path / "run.h5");
  CHECK(a.output_digest() == digest);
  CHECK(a.state() == "complete");
  CHECK(a.outcome() == "ok");
  CHECK(a.metric("loss") == 1.0 / 2000);
  CHECK(a.metric("loss", "step=9") == 0.1);
  CHECK(a.metric("train/accuracy") == 0.75);
  CHECK_FALSE(a.metric("nothing").has_value());
  CHECK(a.read("metrics/loss/step").numbers()[1999] == 1999);
  CHECK(a.read("tables/scores/index").numbers() == std::vector<double>{4, 9, 1});
  CHECK(a.read("tables/scores/name").strings == std::vector<std::string>{"a", "\xc3\xa9", ""});
  CHECK(a.read("tables/scores/pair").shape == std::vector<int64_t>{3, 2});
  CHECK(a.read("tables/scores/pair").numbers() == std::vector<double>{1, 2, 3, 4, 5, 6});
  CHECK(a.read("arrays/grid").shape == std::vector<int64_t>{2, 3});
  CHECK(a.read("arrays/path/step").numbers() == std::vector<double>{0, 5});
  CHECK(a.read("arrays/path/value").numbers() == std::vector<double>{1, 2, 3, 4});
  CHECK(a.text("text/sample") == "hello");
  CHECK(a.read("text/log/value").strings == std::vector<std::string>{"one", "two"});
  CHECK(a.checkpoint_steps("model") == std::vector<int64_t>{30});
  CHECK(a.read("checkpoints/model/30/layers.0.weight").numbers()[3] == 4);
  CHECK(a.read("checkpoints/model/30/vocabulary").strings[1] == "yy");
  CHECK(a.attributes("metrics/loss/value").at("unit") == "nats");
  CHECK(a.attributes("provenance").at("cpu_seconds") == 1.5);
  const auto r = read_record(dir.path);
  REQUIRE(r.has_value());
  CHECK(r->params == record().params);
  CHECK(r->seed == 7);
}
