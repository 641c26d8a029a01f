// Races the journal and the checkpoints of core/archive against what one would write instead, in
// one run on one folder, and prints medians, spread and ratios.
//
// Usage: archive_bench [FOLDER]      (default: a new folder below the current one)
#include "core/archive/archive.hpp"
#include "core/archive/journal.hpp"
#include "core/archive/runs_folder.hpp"
#include "core/archive/tensor.hpp"

#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <cstdio>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace assay;

namespace {

constexpr int kRepeats = 9;
const std::string kRunId = "0123456789abcdef0123456789abcdef";

double seconds(clockid_t clock) {
  timespec t;
  ::clock_gettime(clock, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

struct Timing {
  double cpu, wall;  // seconds an operation
};

/// Times `rows` calls of `row(i)`.
template <class F>
Timing time_rows(int rows, F&& row) {
  const double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID), wall = seconds(CLOCK_MONOTONIC);
  for (int i = 0; i < rows; ++i) row(i);
  return {(seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) / rows,
          (seconds(CLOCK_MONOTONIC) - wall) / rows};
}

struct Spread {
  double median, least, most;
};
Spread spread(std::vector<double> v) {
  std::sort(v.begin(), v.end());
  return {v[v.size() / 2], v.front(), v.back()};
}

struct Row {
  int64_t step;
  double time, value;
  uint32_t key, crc;
};

/// The journal behind a call of `log(i)`: JournalWriter itself here; a host table fits as well.
Timing journal(const fs::path& folder) {
  fs::remove_all(folder / "journal");
  JournalWriter w(folder / "journal", kRunId, 1);
  static const char* const kNames[] = {"train/loss", "train/accuracy", "test/loss", "lr"};
  for (int i = 0; i < 4; ++i) w.scalar(kNames[i], 0, 0);
  return time_rows(2'000'000, [&](int i) { w.scalar(kNames[i & 3], i, 0.5 * i); });
}

Timing write_per_row(const fs::path& folder) {
  const int fd = ::open((folder / "rows.bin").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  Row row{};
  const Timing t = time_rows(200'000, [&](int i) {
    row.step = i;
    row.time = seconds(CLOCK_REALTIME);
    if (::write(fd, &row, sizeof row) != sizeof row) std::abort();
  });
  ::close(fd);
  return t;
}

Timing hdf5_flush_per_row(const fs::path& folder) {
  const hid_t file =
      H5Fcreate((folder / "rows.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hsize_t none[2] = {0, 3}, most[2] = {H5S_UNLIMITED, 3}, chunk[2] = {1024, 3};
  const hid_t space = H5Screate_simple(2, none, most);
  const hid_t properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(properties, 2, chunk);
  const hid_t data =
      H5Dcreate2(file, "rows", H5T_IEEE_F64LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  const hsize_t one[2] = {1, 3};
  const hid_t memory = H5Screate_simple(2, one, nullptr);
  const Timing t = time_rows(20'000, [&](int i) {
    const double row[3] = {static_cast<double>(i), seconds(CLOCK_REALTIME), 0.5 * i};
    const hsize_t size[2] = {static_cast<hsize_t>(i) + 1, 3}, at[2] = {static_cast<hsize_t>(i), 0};
    H5Dset_extent(data, size);
    const hid_t all = H5Dget_space(data);
    H5Sselect_hyperslab(all, H5S_SELECT_SET, at, nullptr, one, nullptr);
    H5Dwrite(data, H5T_NATIVE_DOUBLE, memory, all, H5P_DEFAULT, row);
    H5Sclose(all);
    H5Fflush(file, H5F_SCOPE_LOCAL);
  });
  for (const hid_t id : {memory, space}) H5Sclose(id);
  H5Pclose(properties);
  H5Dclose(data);
  H5Fclose(file);
  return t;
}

Timing sqlite_commit_per_row(const fs::path& folder) {
  const std::string path = (folder / "rows.db").string();
  for (const char* tail : {"", "-wal", "-shm"}) ::unlink((path + tail).c_str());
  sqlite3* db = nullptr;
  sqlite3_open(path.c_str(), &db);
  sqlite3_exec(db,
               "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
               "CREATE TABLE m(key INTEGER, step INTEGER, time REAL, value REAL);",
               nullptr, nullptr, nullptr);
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(db, "INSERT INTO m VALUES(?,?,?,?)", -1, &insert, nullptr);
  const Timing t = time_rows(20'000, [&](int i) {
    sqlite3_bind_int(insert, 1, i & 3);
    sqlite3_bind_int64(insert, 2, i);
    sqlite3_bind_double(insert, 3, seconds(CLOCK_REALTIME));
    sqlite3_bind_double(insert, 4, 0.5 * i);
    if (sqlite3_step(insert) != SQLITE_DONE) std::abort();  // its own transaction: committed
    sqlite3_reset(insert);
  });
  sqlite3_finalize(insert);
  sqlite3_close(db);
  return t;
}

void race_rows(const fs::path& folder) {
  struct Contestant {
    const char* name;
    Timing (*run)(const fs::path&);
    const char* goal;
    std::vector<double> cpu, wall;
  };
  std::vector<Contestant> all = {
      {"journal (JournalWriter::scalar)", journal, "<= 150 ns", {}, {}},
      {"write() per row", write_per_row, ">= 6x", {}, {}},
      {"HDF5 row + H5Fflush", hdf5_flush_per_row, ">= 60x", {}, {}},
      {"SQLite WAL, commit per row", sqlite_commit_per_row, ">= 100x", {}, {}}};
  for (int r = 0; r < kRepeats; ++r)
    for (Contestant& c : all) {
      const Timing t = c.run(folder);
      c.cpu.push_back(t.cpu * 1e9);
      c.wall.push_back(t.wall * 1e9);
    }
  fmt::print("A row of a metric, kept through SIGKILL ({} repeats, alternating)\n", kRepeats);
  fmt::print("  {:34} {:>10} {:>20} {:>10} {:>8} {:>8}  {}\n", "", "CPU ns/row", "(least..most)",
             "wall ns", "CPU x", "wall x", "goal");
  const double cpu = spread(all[0].cpu).median, wall = spread(all[0].wall).median;
  for (const Contestant& c : all) {
    const Spread s = spread(c.cpu), w = spread(c.wall);
    fmt::print("  {:34} {:10.0f} {:>20} {:10.0f} {:8.1f} {:8.1f}  {}\n", c.name, s.median,
               fmt::format("({:.0f}..{:.0f})", s.least, s.most), w.median, s.median / cpu,
               w.median / wall, c.goal);
  }
}

constexpr size_t kTensors = 64, kTensorBytes = size_t{4} << 20;

double plain_file(const fs::path& folder, const std::vector<std::vector<float>>& tensors) {
  const fs::path to = folder / "plain.bin";
  ::unlink(to.c_str());
  const double start = seconds(CLOCK_MONOTONIC);
  const int fd = ::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  for (const auto& t : tensors)
    if (::write(fd, t.data(), kTensorBytes) != static_cast<ssize_t>(kTensorBytes)) std::abort();
  if (::fsync(fd) != 0) std::abort();
  ::close(fd);
  return seconds(CLOCK_MONOTONIC) - start;
}

struct Saving {
  double stall, durable;  // seconds until save() returned, until the checkpoint was recorded
};
Saving save(JournalWriter& w, int64_t step, const std::vector<assay_column>& columns) {
  const double start = seconds(CLOCK_MONOTONIC);
  w.save("model", step, columns.size(), columns.data());
  const double stalled = seconds(CLOCK_MONOTONIC);
  w.flush_checkpoints();
  return {stalled - start, seconds(CLOCK_MONOTONIC) - start};
}

void race_checkpoints(const fs::path& folder) {
  std::vector<std::vector<float>> tensors(kTensors, std::vector<float>(kTensorBytes / 4));
  for (size_t t = 0; t < kTensors; ++t)
    for (size_t i = 0; i < tensors[t].size(); ++i)
      tensors[t][i] = static_cast<float>((i * 2654435761U + t) & 0xffff) * 1e-4F;
  const std::vector<int64_t> shape{1024, 1024};
  std::vector<std::string> names;
  for (size_t t = 0; t < kTensors; ++t) names.push_back("layers." + std::to_string(t) + ".weight");
  std::vector<assay_column> columns(kTensors);
  for (size_t t = 0; t < kTensors; ++t) {
    columns[t].name = names[t].c_str();
    columns[t].data = tensor_over(tensors[t].data(), {ASSAY_DT_FLOAT, 32, 1}, shape);
  }
  std::vector<double> plain, durable, stall, ratio;
  fs::remove_all(folder / "saving");
  {
    JournalWriter w(folder / "saving", kRunId, 1);
    save(w, 0, columns);  // takes the memory of the copy, once a run
    for (int r = 1; r <= kRepeats; ++r) {
      plain.push_back(plain_file(folder, tensors));
      const Saving s = save(w, r, columns);
      durable.push_back(s.durable);
      stall.push_back(s.stall);
      ratio.push_back(plain.back() / s.durable);
    }
  }
  const double mib = static_cast<double>(kTensors * kTensorBytes) / (1 << 20);
  const auto line = [&](const char* name, const std::vector<double>& v) {
    const Spread s = spread(v);
    fmt::print("  {:34} {:10.0f} {:>20} {:10.0f}\n", name, s.median * 1e3,
               fmt::format("({:.0f}..{:.0f})", s.least * 1e3, s.most * 1e3), mib / s.median);
  };
  fmt::print("\nA checkpoint of {:.0f} MiB, durable ({} repeats, alternating)\n", mib, kRepeats);
  fmt::print("  {:34} {:>10} {:>20} {:>10}\n", "", "ms", "(least..most)", "MiB/s");
  line("write() + fsync", plain);
  line("save() until recorded", durable);
  line("save() until it returns", stall);
  const Spread s = spread(ratio);
  fmt::print("  ratio to write() + fsync: {:.2f} ({:.2f}..{:.2f}); goal >= 0.85\n", s.median,
             s.least, s.most);
}

RunRecord record_of(int i) {
  RunRecord r;
  r.id = fmt::format("{:032x}", static_cast<unsigned>(i) * 2654435761U);
  r.plugin = "toy";
  r.method = "train";
  r.canonical = "{}";
  r.params = r.inputs = r.schema = r.provenance = Json::object();
  return r;
}

/// What the supervisor does for each run, and what a later command asks of all of them.
void measure_runs(const fs::path& folder) {
  constexpr int kRuns = 2000;
  const fs::path root = folder / "runs";
  std::vector<double> child, published;
  for (int i = 0; i < kRuns; ++i) {
    const RunRecord r = record_of(i);
    const fs::path run = root / "toy" / ("train-" + r.id.substr(20));
    const double start = seconds(CLOCK_PROCESS_CPUTIME_ID);
    {
      JournalWriter w(run, r.id, 1);
      for (int k = 0; k < 20; ++k) w.scalar("loss", k, 1.0 / (k + 1));
      w.scalar("accuracy", -1, 0.5);
      w.end(ASSAY_OK, "");
    }
    const double middle = seconds(CLOCK_PROCESS_CPUTIME_ID);
    publish(run, r);
    child.push_back((middle - start) * 1e3);
    published.push_back((seconds(CLOCK_PROCESS_CPUTIME_ID) - middle) * 1e3);
  }
  const auto list = [&] {
    const double start = seconds(CLOCK_MONOTONIC);
    const RunsFolder runs(root);
    int complete = 0;
    for (const fs::path& run : runs.all())
      complete += runs.status(run).state == RunState::complete ? 1 : 0;
    if (complete != kRuns) std::abort();
    return (seconds(CLOCK_MONOTONIC) - start) * 1e3;
  };
  const double cold = list();
  std::vector<double> warm;
  for (int r = 0; r < kRepeats; ++r) warm.push_back(list());
  const Spread c = spread(child), p = spread(published), w = spread(warm);
  fmt::print("\nA run of 21 rows: writer {:.2f} ms CPU, publish() {:.2f} ms CPU (medians of {})\n",
             c.median, p.median, kRuns);
  fmt::print(
      "States of {} finished runs: {:.0f} ms from archives; from the index {:.1f} ms "
      "({:.1f}..{:.1f}); goal <= 50\n",
      kRuns, cold, w.median, w.least, w.most);
}

}  // namespace

int main(int argc, char** argv) {
  const fs::path folder = argc > 1 ? fs::path(argv[1]) : fs::current_path() / "archive-bench.tmp";
  make_folder(folder);
  race_rows(folder);
  race_checkpoints(folder);
  measure_runs(folder);
  fs::remove_all(folder);
}
