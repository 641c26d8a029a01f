// Writes one archive with known content into a folder, and archives of runs that were killed: what
// tests/oracles/read_archive.py reads with h5py, pandas and xarray.
#include "tests/archive/helpers.hpp"
#include "tests/archive/process.hpp"

#include <cmath>
#include <csignal>
#include <cstdio>
#include <limits>

using namespace assay;
using namespace assay::test;

namespace {

constexpr assay_dtype kBf16{ASSAY_DT_BFLOAT, 16, 1}, kF16{ASSAY_DT_FLOAT, 16, 1};

void write_run(const fs::path& folder) {
  JournalWriter w(folder, kRunId, 1);
  for (int i = 0; i < 10000; ++i) w.scalar("loss", 10 * i, 1.0 / (i + 1));
  w.scalar("train/accuracy", -1, 0.75);
  w.scalar("train/broken", 0, std::numeric_limits<double>::quiet_NaN());
  Columns scores;
  std::vector<int64_t> index;
  std::vector<std::string> names;
  std::vector<double> pairs;
  for (int i = 0; i < 3000; ++i) {
    index.push_back(i * i);
    names.push_back("item \xc3\xa9 " + std::to_string(i));
    pairs.push_back(i);
    pairs.push_back(-i);
  }
  scores.add("index", index).add("name", names).add("pair", pairs, {3000, 2});
  w.rows("scores", 3, scores.data());
  array_of(w, "grid", -1, {1, 2, 3, 4, 5, 6}, {2, 3});
  array_of(w, "path", 0, {1, 2}, {2});
  array_of(w, "path", 5, {3, 4}, {2});
  std::vector<float> large(600 * 1000);
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<float>(i);
  w.array("large", -1, tensor_over(large.data(), {ASSAY_DT_FLOAT, 32, 1}, {600, 1000}));
  w.text("sample", -1, "hello \xe2\x82\xac");
  w.text("log", 1, "one");
  w.text("log", 2, "two");
  const std::vector<uint16_t> bf16{0x3f80, 0xc000, 0x7f80, 0x7fc0, 0x0001};
  const std::vector<uint16_t> f16{0x3c00, 0xc000, 0x7c00, 0x7e00, 0x0001};
  const int8_t flags[3] = {1, 0, 1};
  std::vector<float> weight(64 * 512);
  for (size_t i = 0; i < weight.size(); ++i) weight[i] = static_cast<float>(i) / 2;
  Columns model;
  model.add("layers.0.weight", weight, {64, 512});
  model.add_raw("bf16", bf16.data(), 10, kBf16, {5}).add_raw("f16", f16.data(), 10, kF16, {5});
  model.add_raw("mask", flags, 3, {ASSAY_DT_BOOL, 8, 1}, {3});
  model.add<uint8_t>("u8", {0, 255}).add<uint64_t>("u64", {0, UINT64_MAX});
  model.add<int8_t>("i8", {-128, 127}).add<int16_t>("i16", {-32768, 32767});
  const double half_five = 2.5;
  model.add_raw("scalar", &half_five, 8, {ASSAY_DT_FLOAT, 64, 1}, {});
  model.add<float>("empty", {}, {0, 4});
  model.add("vocabulary", {"a", "\xc3\xa9", ""});
  w.save("model", 20, model.size(), model.data());
  w.save("model", 30, model.size(), model.data());
  const fs::path file = folder / "picture.bin";
  write_file(file, std::string("\x00\x01\x02", 3));
  w.file("plots/picture", file);
  w.event("note", "something happened");
  w.end(ASSAY_OK, "");
}

/// Kills a child that logs and publishes what it left; prints how many rows it had acknowledged.
void write_killed(const fs::path& folder, unsigned microseconds) {
  Shared* shared = shared_memory();
  const pid_t child = start([&] {
    JournalWriter w(folder, kRunId, 1);
    for (int64_t i = 0;; ++i) {
      w.scalar("i", i, static_cast<double>(i));
      shared->a.store(i + 1);
      Columns row;
      row.add<int64_t>("i", {i}).add("text", {"row " + std::to_string(i)});
      w.rows("rows", row.size(), row.data());
      shared->b.store(i + 1);
      if (i % 100 == 99) w.save("state", i, row.size(), row.data());
    }
    return 0;
  });
  while (shared->b.load() == 0) ::usleep(50);
  ::usleep(microseconds);
  ::kill(child, SIGKILL);
  wait_for(child);
  RunRecord r = record();
  r.state = "interrupted";
  publish(folder, r);
  std::printf("%lld %lld\n", static_cast<long long>(shared->a.load()),
              static_cast<long long>(shared->b.load()));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3) {
    for (int i = 0; i < std::atoi(argv[2]); ++i)
      write_killed(fs::path(argv[1]) / ("killed" + std::to_string(i)),
                   300U + static_cast<unsigned>(i) * 137U);
    return 0;
  }
  if (argc != 2) return 2;
  const fs::path folder = argv[1];
  fs::remove_all(folder);
  write_run(folder);
  std::puts(publish(folder, record()).c_str());
}
