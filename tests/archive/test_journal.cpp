#include "core/archive/checkpoint.hpp"
#include "core/archive/crc32c.hpp"
#include "core/archive/journal_reader.hpp"
#include "core/archive/names.hpp"
#include "tests/archive/helpers.hpp"
#include "tests/archive/process.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <limits>
#include <sstream>
#include <sys/resource.h>
#include <thread>

using namespace assay;
using namespace assay::test;

namespace {

std::vector<double> values_of(const fs::path& folder, const std::string& metric) {
  RunRecord r = record();
  r.state = "interrupted";
  publish(folder, r);
  const Archive a(folder / "run.h5");
  return a.has("metrics/" + metric + "/value") ? a.read("metrics/" + metric + "/value").numbers()
                                               : std::vector<double>{};
}

/// The text of what `call` throws; "" when it does not.
template <class F>
std::string thrown(F&& call) {
  try {
    call();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("CRC-32C is the one of RFC 3720, by instruction and by table") {
  CHECK(crc32c("123456789", 9) == 0xe3069283U);
  CHECK(crc32c_by_table("123456789", 9) == 0xe3069283U);
  const std::string zeros(32, '\0');
  CHECK(crc32c(zeros.data(), 32) == 0x8a9136aaU);
  CHECK(crc32c_words(0, 0, 0, 0) == 0x8a9136aaU);
}

TEST_CASE("what a run writes is what its archive holds") {
  const TemporaryFolder dir;
  {
    JournalWriter w(dir.path, kRunId, 1);
    for (int i = 0; i < 2000; ++i) w.scalar("loss", i, 1.0 / (i + 1));
    w.scalar("train/accuracy", -1, 0.75);
    Columns first, second, model;
    first.add<int64_t>("index", {4, 9}).add("name", {"a", "\xc3\xa9"});
    first.add<float>("pair", {1, 2, 3, 4}, {2, 2});
    second.add<int64_t>("index", {1}).add("name", {""}).add<float>("pair", {5, 6}, {1, 2});
    w.rows("scores", first.size(), first.data());
    w.rows("scores", second.size(), second.data());
    array_of(w, "grid", -1, {1, 2, 3, 4, 5, 6}, {2, 3});
    array_of(w, "path", 0, {1, 2}, {2});
    array_of(w, "path", 5, {3, 4}, {2});
    w.text("sample", -1, "hello");
    w.text("log", 1, "one");
    w.text("log", 2, "two");
    model.add<float>("layers.0.weight", {1, 2, 3, 4}, {2, 2}).add("vocabulary", {"x", "yy"});
    w.save("model", 30, model.size(), model.data());
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
  CHECK(a.metric("train/accuracy") == 0.75);
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
}

TEST_CASE("the record of a run comes back from its archive as it went in") {
  const TemporaryFolder dir;
  write_record(dir.path, record());
  const auto before = read_record(dir.path);
  { JournalWriter(dir.path, kRunId, 1).end(ASSAY_DIVERGED, "the loss is NaN"); }
  publish(dir.path, record());
  CHECK_FALSE(fs::exists(dir.path / "run.json"));
  const auto after = read_record(dir.path);
  REQUIRE(before.has_value());
  REQUIRE(after.has_value());
  for (const RunRecord& r : {*before, *after}) {
    CHECK(r.id == kRunId);
    CHECK(r.plugin == "toy");
    CHECK(r.params == record().params);
    CHECK(r.schema == record().schema);
    CHECK(r.seed == 7);
    CHECK(r.provenance == record().provenance);
    CHECK(r.experiment_toml == "assay = 1\n");
  }
  const Archive a(dir.path / "run.h5");
  CHECK(a.outcome() == "diverged");
  CHECK(after->message == "the loss is NaN");
}

TEST_CASE("one write() a row gives the same archive as the map") {
  std::string digests[2];
  for (const bool shared : {false, true}) {
    const TemporaryFolder dir;
    ::setenv("ASSAY_JOURNAL", shared ? "write" : "", 1);
    {
      JournalWriter w(dir.path, kRunId, 1);
      for (int i = 0; i < 5000; ++i) w.scalar("loss", i, i);
      array_of(w, "grid", -1, std::vector<double>(1000, 3), {1000});
      w.end(ASSAY_OK, "");
    }
    ::unsetenv("ASSAY_JOURNAL");
    digests[shared ? 1 : 0] = publish(dir.path, record());
  }
  CHECK(digests[0] == digests[1]);
}

TEST_CASE("many threads may write at once, and no row is lost") {
  const TemporaryFolder dir;
  {
    JournalWriter w(dir.path, kRunId, 1);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&w, t] {
        for (int i = 0; i < 20000; ++i) w.scalar("m" + std::to_string(t), i, i);
      });
    for (std::thread& t : threads) t.join();
    w.end(ASSAY_OK, "");
  }
  publish(dir.path, record());
  const Archive a(dir.path / "run.h5");
  for (int t = 0; t < 4; ++t) {
    CAPTURE(t);
    const auto v = a.read("metrics/m" + std::to_string(t) + "/value").numbers();
    REQUIRE(v.size() == 20000);
    CHECK(v[19999] == 19999);
  }
}

TEST_CASE("an array over 1 MiB is spilled, checked by its digest, and refused when damaged") {
  const TemporaryFolder dir;
  std::vector<double> large(200'000);
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<double>(i);
  {
    JournalWriter w(dir.path, kRunId, 1);
    array_of(w, "large", -1, large, {200, 1000});
    array_of(w, "series", 1, large, {200'000});
    array_of(w, "series", 2, large, {200'000});
    w.end(ASSAY_OK, "");
  }
  REQUIRE(fs::exists(dir.path / "spill" / "1.bin"));
  CHECK(fs::file_size(dir.path / "journal.wal") < 10'000);
  RunRecord r = record();
  r.state = "interrupted";
  publish(dir.path, r);
  {
    const Archive a(dir.path / "run.h5");
    CHECK(a.read("arrays/large").numbers() == large);
    CHECK(a.read("arrays/series/value").shape == std::vector<int64_t>{2, 200'000});
  }
  std::string bytes = read_file(dir.path / "spill" / "1.bin");
  bytes[1000] ^= 1;
  write_file(dir.path / "spill" / "1.bin", bytes);
  CHECK(thrown([&] { publish(dir.path, r); }).ends_with("spill/1.bin is damaged at byte 0"));
  CHECK(Archive(dir.path / "run.h5").has("arrays/large"));
}

TEST_CASE("a torn tail ends the journal, and the next attempt writes over it") {
  const TemporaryFolder dir;
  {
    JournalWriter w(dir.path, kRunId, 1);
    for (int i = 0; i < 10; ++i) w.scalar("loss", i, i);
  }
  std::string bytes = read_file(dir.path / "journal.wal");
  for (const size_t cut : {size_t{1}, size_t{9}, size_t{39}}) {
    CAPTURE(cut);
    write_file(dir.path / "journal.wal", bytes.substr(0, bytes.size() - cut));
    CHECK(values_of(dir.path, "loss").size() == 9);
  }
  bytes[bytes.size() - 1] ^= 1;  // the value of the last row
  write_file(dir.path / "journal.wal", bytes + std::string(100, '\x7f'));
  CHECK(values_of(dir.path, "loss").size() == 9);
  {
    JournalWriter w(dir.path, kRunId, 2);
    w.scalar("loss", 0, 42);
  }
  CHECK(values_of(dir.path, "loss") == std::vector<double>{42});
}

TEST_CASE("the tail of a journal shows progress while it grows") {
  const TemporaryFolder dir;
  JournalTail tail(dir.path);
  CHECK(tail.poll().attempt == 0);
  JournalWriter w(dir.path, kRunId, 1);
  CHECK(tail.poll().attempt == 1);
  w.progress("training", 3, 10, "epoch 1");
  w.scalar("loss", 1, 1);
  CHECK(tail.poll().phase == "training");
  CHECK(tail.poll().done == 3);
  w.progress("testing", 4, 10, "");
  CHECK(tail.poll().phase == "testing");
  CHECK(tail.poll().last_checkpoint == -1);
  Columns c;
  c.add<float>("w", {1});
  w.save("model", 12, c.size(), c.data());
  w.flush_checkpoints();
  CHECK(tail.poll().last_checkpoint == 12);
  CHECK_FALSE(tail.poll().ended);
  w.end(ASSAY_FAILED, "no luck");
  CHECK(tail.poll().ended);
  CHECK(tail.poll().status == ASSAY_FAILED);
  CHECK(tail.poll().message == "no luck");
}

TEST_CASE("what the ABI forbids is refused in one sentence and writes nothing") {
  const TemporaryFolder dir;
  JournalWriter w(dir.path, kRunId, 1);
  const auto column_error = [&](const Columns& c) {
    return thrown([&] { w.rows("t", c.size(), c.data()); });
  };
  Columns uneven, first, other, nested;
  uneven.add<int64_t>("a", {1, 2}).add<int64_t>("b", {1});
  CHECK(column_error(uneven) == "t.b: 1 rows, where \"a\" has 2");
  first.add<int64_t>("a", {1, 2});
  CHECK(column_error(first) == "");
  other.add<double>("a", {1, 2});
  CHECK(column_error(other) == "t: these columns (a f64) are not those of the first rows (a i64)");
  CHECK(thrown([&] { w.scalar("a//b", 0, 1); }) == "the name \"a//b\" has an empty component");
  CHECK(thrown([&] { w.scalar("../x", 0, 1); }) == "the name \"../x\" has a component of dots");
  CHECK(thrown([&] { w.scalar("a/step", 0, 1); }) ==
        "the name \"a/step\": step, time, value and row are the archive's own names");
  CHECK(thrown([&] { w.text("log", 0, "x"), w.text("log/deep", 0, "x"); }) ==
        "the name \"log/deep\" and \"log\" cannot both be used: one lies inside the other");
  const std::vector<int64_t> shape{2};
  assay_tensor t = tensor_over(nullptr, {ASSAY_DT_FLOAT, 32, 1}, shape);
  CHECK(thrown([&] { w.array("x", 0, t); }) == "x: data is NULL");
  t.device.type = ASSAY_CUDA;
  CHECK(thrown([&] { w.array("x", 0, t); }) == "x: the tensor must be in the CPU's memory");
  t.device.type = ASSAY_CPU;
  t.dtype = {ASSAY_DT_FLOAT, 8, 1};
  CHECK(thrown([&] { w.array("x", 0, t); }).starts_with("x: the type f8 is not one of"));
  const std::vector<int64_t> huge{INT64_MAX / 2, 4};
  CHECK(thrown([&] {
          w.array("x", 0, tensor_over(&huge, {ASSAY_DT_INT, 64, 1}, huge));
        }) == "x: the shape is negative or too large");
  nested.add<float>("a", {1}).add<float>("a/b", {1});
  CHECK(thrown([&] { w.save("m", 0, nested.size(), nested.data()); }) ==
        "m: the key \"a/b\" is there twice or lies inside another");
  array_of(w, "y", 0, {1, 2}, {2});
  CHECK(thrown([&] {
          array_of(w, "y", 1, {1, 2, 3}, {3});
        }) == "y: f64[3] is not the first array's f64[2]");
  w.end(ASSAY_OK, "");
  publish(dir.path, record());
  CHECK(Archive(dir.path / "run.h5").children("tables") == std::vector<std::string>{"t"});
}

TEST_CASE("the example in docs/archive.md is a journal, byte by byte") {
  const std::string page = read_file(fs::path(ASSAY_SOURCE_FOLDER) / "docs" / "archive.md");
  const size_t begin = page.find("```journal\n") + 11;
  std::istringstream lines(page.substr(begin, page.find("```", begin) - begin));
  std::string bytes;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream pairs(line.substr(0, 51));
    for (std::string pair; pairs >> pair;) bytes += static_cast<char>(std::stoi(pair, nullptr, 16));
  }
  CHECK(bytes.size() == 160);
  const TemporaryFolder dir;
  write_file(dir.path / "journal.wal", bytes);
  const JournalScan scan = scan_journal(dir.path);
  CHECK(scan.end == 160);
  CHECK(scan.ended);
  CHECK(scan.status == ASSAY_OK);
  publish(dir.path, record());
  const Archive a(dir.path / "run.h5");
  CHECK(a.metric("loss", "step=3") == 0.25);
  CHECK(a.read("metrics/loss/time").number(0) == 1700000000.5);
  CHECK(a.attributes().at("finished") == 1700000001.0);
}

TEST_CASE("text that HDF5 cannot hold becomes U+FFFD, byte by byte") {
  CHECK(storable("plain \xe2\x82\xac") == "plain \xe2\x82\xac");
  CHECK(storable(std::string_view("a\0b", 3)) ==
        "a\xef\xbf\xbd"
        "b");
  CHECK(storable("\xff\xc3") == "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("a journal whose disk fails under the map is a failure, not a crash") {
  const TemporaryFolder dir;
  const int code = in_child([&] {
    JournalWriter w(dir.path, kRunId, 1);
    w.scalar("loss", 0, 0);
    // What a failing disk does to a mapping: its pages are gone.
    if (::truncate((dir.path / "journal.wal").c_str(), 0) != 0) return 2;
    const std::string first = thrown([&] { w.scalar("loss", 1, 1); });
    const std::string later = thrown([&] { w.scalar("loss", 2, 2); });
    const std::string expected =
        "disk full or failing: " + (dir.path / "journal.wal").string() + ": Input/output error";
    return first == expected && later == expected ? 0 : 1;
  });
  CHECK(code == 0);
}

TEST_CASE("another SIGBUS still reaches the handler that was there before") {
  const TemporaryFolder dir;
  const int code = in_child([&] {
    ::signal(SIGBUS, [](int) { ::_exit(7); });
    JournalWriter w(dir.path, kRunId, 1);
    w.scalar("loss", 0, 0);
    ::raise(SIGBUS);
    return 1;
  });
  CHECK(code == 7);
}

TEST_CASE("a limit on file size ends writing with the reason, and keeps what was acknowledged") {
  const TemporaryFolder dir;
  Shared* shared = shared_memory();
  const int code = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{200'000, 200'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    JournalWriter w(dir.path, kRunId, 1);
    const std::string error = thrown([&] {
      for (int i = 0; i < 100'000; ++i) {
        w.scalar("loss", i, i);
        shared->a.store(i + 1);
      }
    });
    return error == "disk full or failing: " + (dir.path / "journal.wal").string() +
                        ": File too large"
               ? 0
               : 1;
  });
  CHECK(code == 0);
  CHECK(shared->a.load() > 1000);
  CHECK(static_cast<int64_t>(values_of(dir.path, "loss").size()) == shared->a.load());
}
