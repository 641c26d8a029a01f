// The reader: types, selectors, digests, and files that are not what they should be.
#include "core/archive/checkpoint.hpp"
#include "core/archive/hdf5.hpp"
#include "tests/archive/helpers.hpp"
#include "tests/archive/process.hpp"

#include <doctest/doctest.h>
#include <hdf5.h>

#include <cmath>
#include <limits>

using namespace assay;
using namespace assay::test;

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// A finished run that `write` fills; returns its digest.
template <class F>
std::string run(const fs::path& folder, F&& write) {
  {
    JournalWriter w(folder, kRunId, 1);
    write(w);
    w.end(ASSAY_OK, "");
  }
  return publish(folder, record());
}

std::string message_of(const fs::path& file) {
  try {
    Archive a(file);
    return a.state();
  } catch (const BadInput& e) {
    return e.messages().at(0).text;
  }
}

}  // namespace

TEST_CASE("every type goes through checkpoint and archive bit by bit") {
  const std::vector<assay_dtype> types = {
      {ASSAY_DT_INT, 8, 1},    {ASSAY_DT_INT, 16, 1},   {ASSAY_DT_INT, 32, 1},
      {ASSAY_DT_INT, 64, 1},   {ASSAY_DT_UINT, 8, 1},   {ASSAY_DT_UINT, 16, 1},
      {ASSAY_DT_UINT, 32, 1},  {ASSAY_DT_UINT, 64, 1},  {ASSAY_DT_FLOAT, 16, 1},
      {ASSAY_DT_FLOAT, 32, 1}, {ASSAY_DT_FLOAT, 64, 1}, {ASSAY_DT_BFLOAT, 16, 1},
      {ASSAY_DT_BOOL, 8, 1}};
  std::vector<std::byte> raw(12 * 8);
  for (size_t i = 0; i < raw.size(); ++i) raw[i] = static_cast<std::byte>(i * 37 + 200);
  const std::vector<std::byte> flags{std::byte{1}, std::byte{0}, std::byte{0}, std::byte{1}};
  const TemporaryFolder dir;
  const auto bytes_of = [&](assay_dtype t) {
    return t.code == ASSAY_DT_BOOL
               ? flags
               : std::vector<std::byte>(raw.begin(), raw.begin() + 4 * element_bytes(t));
  };
  run(dir.path, [&](JournalWriter& w) {
    Columns all;
    for (const assay_dtype t : types) {
      const auto bytes = bytes_of(t);
      all.add_raw(dtype_name(t), bytes.data(), bytes.size(), t, {2, 2});
      w.array("a_" + dtype_name(t), -1,
              tensor_over(
                  bytes.data(), t,
                  all.data()->data.ndim == 2 ? std::vector<int64_t>{4} : std::vector<int64_t>{}));
    }
    w.rows("t", all.size(), all.data());
    w.save("c", 1, all.size(), all.data());
  });
  const Archive a(dir.path / "run.h5");
  for (const assay_dtype t : types) {
    const std::string name = dtype_name(t);
    CAPTURE(name);
    for (const std::string& path :
         {"tables/t/" + name, "checkpoints/c/1/" + name, "arrays/a_" + name}) {
      CAPTURE(path);
      const Array array = a.read(path);
      CHECK(dtype_name(array.dtype) == name);
      CHECK(array.bytes == bytes_of(t));
    }
  }
}

TEST_CASE("half-precision numbers are converted as IEEE 754 and bfloat16 say") {
  Array f16{{ASSAY_DT_FLOAT, 16, 1}, {6}, {}, {}};
  const uint16_t bits[6] = {0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00, 0x7e00};
  f16.bytes.resize(12);
  std::memcpy(f16.bytes.data(), bits, 12);
  CHECK(f16.number(0) == 1);
  CHECK(f16.number(1) == -2);
  CHECK(f16.number(2) == 65504);
  CHECK(f16.number(3) == std::ldexp(1.0, -24));
  CHECK(std::isinf(f16.number(4)));
  CHECK(std::isnan(f16.number(5)));
  Array bf16{{ASSAY_DT_BFLOAT, 16, 1}, {2}, {}, {}};
  const uint16_t brain[2] = {0x3fc0, 0xff80};
  bf16.bytes.resize(4);
  std::memcpy(bf16.bytes.data(), brain, 4);
  CHECK(bf16.number(0) == 1.5);
  CHECK(bf16.number(1) == -std::numeric_limits<double>::infinity());
}

TEST_CASE("strides of any kind are written as row-major elements") {
  const std::vector<float> data{0, 1, 2, 3, 4, 5};
  const TemporaryFolder dir;
  run(dir.path, [&](JournalWriter& w) {
    const std::vector<int64_t> shape{3, 2}, transposed{1, 3}, broadcast{0, 1}, reversed{-2, 1};
    assay_tensor t = tensor_over(data.data(), {ASSAY_DT_FLOAT, 32, 1}, shape);
    t.strides = transposed.data();
    w.array("transposed", -1, t);
    t.strides = broadcast.data();
    t.byte_offset = 8;
    w.array("broadcast", -1, t);
    t.strides = reversed.data();
    t.byte_offset = 16;
    w.array("reversed", -1, t);
    Columns c;
    c.add<float>("scalar", {1}, {1}).add<float>("none", {}, {3, 0, 2});
    w.save("c", 0, c.size(), c.data());
    const std::vector<int64_t> none;
    w.array("scalar", -1, tensor_over(data.data() + 5, {ASSAY_DT_FLOAT, 32, 1}, none));
  });
  const Archive a(dir.path / "run.h5");
  CHECK(a.read("arrays/transposed").numbers() == std::vector<double>{0, 3, 1, 4, 2, 5});
  CHECK(a.read("arrays/broadcast").numbers() == std::vector<double>{2, 3, 2, 3, 2, 3});
  CHECK(a.read("arrays/reversed").numbers() == std::vector<double>{4, 5, 2, 3, 0, 1});
  CHECK(a.read("arrays/scalar").shape.empty());
  CHECK(a.read("arrays/scalar").number(0) == 5);
  CHECK(a.read("checkpoints/c/0/none").shape == std::vector<int64_t>{3, 0, 2});
}

TEST_CASE("selectors pick from a series, and NaN never wins") {
  const TemporaryFolder dir;
  run(dir.path, [](JournalWriter& w) {
    const double values[] = {3, kNan, 1, 5, 4};
    for (int i = 0; i < 5; ++i) w.scalar("m", 10 * i, values[i]);
    w.scalar("nan", 0, kNan);
    w.scalar("end", 0, 1);
    w.scalar("end", 1, kNan);
  });
  const Archive a(dir.path / "run.h5");
  CHECK(a.metric("m") == 4);
  CHECK(a.metric("m", "last") == 4);
  CHECK(a.metric("m", "best") == 5);
  CHECK(a.metric("m", "best", true) == 1);
  CHECK(a.metric("m", "min") == 1);
  CHECK(a.metric("m", "max") == 5);
  CHECK(a.metric("m", "mean(2)") == 4.5);
  CHECK(a.metric("m", "step=20") == 1);
  CHECK_FALSE(a.metric("m", "step=21").has_value());
  CHECK_FALSE(a.metric("absent").has_value());
  CHECK(std::isnan(*a.metric("nan", "best")));
  CHECK(std::isnan(*a.metric("end", "last")));
  CHECK(std::isnan(*a.metric("end", "mean(2)")));
  CHECK_THROWS_AS(a.metric("m", "median"), BadInput);
  CHECK_THROWS_AS(a.metric("m", "mean(0)"), BadInput);
  CHECK_THROWS_AS(a.metric("m", "step=x"), BadInput);
}

TEST_CASE(
    "the output digest depends on results alone: not on time, calls, attempts or provenance") {
  const auto write = [](JournalWriter& w, int split, double last) {
    for (int i = 0; i < 100; ++i) w.scalar("m", i, i == 99 ? last : i);
    std::vector<int64_t> index(5000);
    for (size_t i = 0; i < index.size(); ++i) index[i] = static_cast<int64_t>(i);
    for (int part = 0; part < split; ++part) {
      const size_t n = index.size() / static_cast<size_t>(split);
      Columns c;
      c.add("i", std::vector<int64_t>(index.begin() + static_cast<long>(part * n),
                                      index.begin() + static_cast<long>((part + 1) * n)));
      w.rows("t", c.size(), c.data());
    }
    w.text("s", -1, "text");
    w.event("note", std::to_string(split));
  };
  const TemporaryFolder dir;
  const auto digest = [&](const std::string& name, int split, double last) {
    return run(dir.path / name, [&](JournalWriter& w) { write(w, split, last); });
  };
  const std::string one = digest("a", 1, 99);
  CHECK(digest("b", 50, 99) == one);
  CHECK(digest("c", 1, 98.5) != one);
  CHECK(one.size() == 64);
}

TEST_CASE("a file that is no archive is refused with the reason") {
  const TemporaryFolder dir;
  run(dir.path / "run", [](JournalWriter& w) {
    for (int i = 0; i < 3000; ++i) w.scalar("m", i, i);
  });
  const std::string whole = read_file(dir.path / "run" / "run.h5");
  const fs::path file = dir.path / "x.h5";
  const std::string head = file.string() + " is not a readable archive: ";
  CHECK(message_of(file) == head + "No such file or directory");
  CHECK(message_of(dir.path) == dir.path.string() + " is not a readable archive: it is a folder");
  write_file(file, "");
  CHECK(message_of(file) == head + "it is not an HDF5 file");
  write_file(file, "hello, this is text and not HDF5");
  CHECK(message_of(file) == head + "it is not an HDF5 file");
  write_file(file, whole.substr(0, whole.size() / 2));
  CHECK(message_of(file).starts_with(head + "truncated file"));
  write_file(file, whole);
  CHECK(message_of(file) == "complete");
}

TEST_CASE("a user's HDF5 file is read, whatever its byte order, without leaving the file") {
  h5::prepare();
  const TemporaryFolder dir;
  const fs::path file = dir.path / "user.h5";
  write_file(dir.path / "secret.bin", std::string(8, 'x'));
  {
    const h5::Handle f(H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), H5Fclose);
    const h5::Handle g(H5Gcreate2(f, "deep", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose);
    const hsize_t two = 2;
    const h5::Handle space(H5Screate_simple(1, &two, nullptr), H5Sclose);
    const h5::Handle big(
        H5Dcreate2(g, "big", H5T_IEEE_F32BE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
        H5Dclose);
    const float values[2] = {1.5F, -2};
    H5Dwrite(big, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    const h5::Handle fixed(H5Tcopy(H5T_C_S1), H5Tclose);
    H5Tset_size(fixed, 3);
    H5Tset_strpad(fixed, H5T_STR_SPACEPAD);
    const h5::Handle words(
        H5Dcreate2(f, "words", fixed, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Dclose);
    H5Dwrite(words, fixed, H5S_ALL, H5S_ALL, H5P_DEFAULT, "ab cde");
    const h5::Handle outside(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_external(outside, (dir.path / "secret.bin").c_str(), 0, 8);
    const h5::Handle external(
        H5Dcreate2(f, "external", H5T_STD_I32LE, space, H5P_DEFAULT, outside, H5P_DEFAULT),
        H5Dclose);
    H5Lcreate_external("other.h5", "/x", f, "link", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/deep", f, "soft", H5P_DEFAULT, H5P_DEFAULT);
  }
  const Archive a(file);
  CHECK(a.items().size() == 3);
  CHECK(a.read("deep/big").numbers() == std::vector<double>{1.5, -2});
  CHECK(a.read("words").strings == std::vector<std::string>{"ab", "cde"});
  for (const char* path : {"external", "link", "soft/big", "absent", "deep"}) {
    CAPTURE(path);
    CHECK_THROWS_AS(a.read(path), Failure);
  }
  CHECK_FALSE(a.has("soft/big"));
  CHECK_THROWS_AS(a.state(), BadInput);
}

TEST_CASE("an artifact is inside the archive, beside it, and comes back when the file is gone") {
  const TemporaryFolder dir;
  write_file(dir.path / "picture.png", "not really");
  run(dir.path / "run", [&](JournalWriter& w) {
    w.file("plots/loss", dir.path / "picture.png");
    write_file(dir.path / "picture.png", "changed afterwards");
    w.file("last", dir.path / "picture.png");
    w.file("last", dir.path / "picture.png");
  });
  const fs::path file = dir.path / "run" / "artifacts" / "plots" / "loss.png";
  CHECK(artifact(dir.path / "run", "plots/loss") == file);
  CHECK(read_file(file) == "not really");
  fs::remove(file);
  CHECK(read_file(artifact(dir.path / "run", "plots/loss")) == "not really");
  CHECK(read_file(artifact(dir.path / "run", "last")) == "changed afterwards");
  CHECK_THROWS_AS(artifact(dir.path / "run", "none"), Failure);
}

TEST_CASE("no object of an archive carries a time") {
  const TemporaryFolder dir;
  run(dir.path, [](JournalWriter& w) {
    w.scalar("a/b", 0, 1);
    for (int i = 0; i < 2000; ++i) w.text("t", i, "x");
  });
  const h5::Handle f(H5Fopen((dir.path / "run.h5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  int64_t objects = 0;
  const auto visit = [](hid_t, const char*, const H5O_info_t* info, void* n) -> herr_t {
    if (info->mtime != 0 || info->ctime != 0) return -1;
    ++*static_cast<int64_t*>(n);
    return 0;
  };
  CHECK(H5Ovisit(f, H5_INDEX_NAME, H5_ITER_NATIVE, visit, &objects) >= 0);
  CHECK(objects > 15);
}
