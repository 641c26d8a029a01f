#include "plugins/common/data/npy.hpp"
#include "plugins/diffusion/trajectories.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <utility>

namespace diffusion {
namespace {
using namespace assay::data;

constexpr size_t kHead = 1 << 16;                // a .npy header is far shorter
constexpr int64_t kMostHdf5 = int64_t{1} << 31;  // bytes; these are read at once

/// The first bytes of a file; fewer if it has no more.
Bytes head_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) malformed(path, "cannot be read");
  Bytes bytes(kHead);
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<size_t>(file.gcount()));
  return bytes;
}

void need_floats(bool floats, const std::string& path, const std::string& dtype) {
  if (!floats)
    malformed(path,
              "holds " + dtype + "; predicted clean samples are floats: save x.astype('<f4')");
}

class NpyTrajectories : public Trajectories {
 public:
  NpyTrajectories(const std::string& path, const NpyHeader& header)
      : Trajectories(path, header.array.shape),
        file_(path, std::ios::binary),
        values_at_(static_cast<int64_t>(header.values_at)),
        item_(header.array.item) {
    need_floats(header.array.kind == 'f', path, header.array.dtype());
    check_npy_size(header.array, std::filesystem::file_size(path) - header.values_at, path);
  }

 private:
  void read_chain(int64_t chain, int64_t from, float* out) override {
    const int64_t D = features(), values = (steps() - from) * D;
    bytes_.resize(static_cast<size_t>(values * item_));
    file_.seekg(values_at_ + (chain * steps() + from) * D * item_);
    file_.read(reinterpret_cast<char*>(bytes_.data()), static_cast<std::streamsize>(bytes_.size()));
    if (!file_) malformed(path_, "cannot be read at chain " + std::to_string(chain));
    for (int64_t i = 0; i < values; ++i) out[i] = npy_float(bytes_.data() + i * item_, item_);
  }

  std::ifstream file_;
  int64_t values_at_, item_;
  Bytes bytes_;
};

class Hdf5Trajectories : public Trajectories {
 public:
  Hdf5Trajectories(const std::string& path, const assay::Reader& file, const std::string& key)
      : Trajectories(path + ": " + key, file.shape(key)) {
    const int64_t bytes = count() * steps() * features() * file.dtype(key).bits / 8;
    if (bytes > kMostHdf5)
      malformed(path_, "has " + std::to_string(bytes >> 20) +
                           " MiB, and at most 2048 are read from HDF5; save the trajectories as "
                           ".npy, which is read in parts");
    if (file.dtype(key).bits == 32) {
      values_ = file.read<float>(key);
    } else {
      const auto doubles = file.read<double>(key);
      values_.assign(doubles.begin(), doubles.end());
    }
  }

 private:
  void read_chain(int64_t chain, int64_t from, float* out) override {
    const auto first = values_.begin() + (chain * steps() + from) * features();
    std::copy(first, first + (steps() - from) * features(), out);
  }
  std::vector<float> values_;
};

bool can_be_read(const assay::Reader& file, const std::string& key) {
  const auto dtype = file.dtype(key);
  return dtype.code == ASSAY_DT_FLOAT && (dtype.bits == 32 || dtype.bits == 64) &&
         file.shape(key).size() >= 2;
}

/// The dataset of that name, or the only one that it can be.
std::string dataset_of(const assay::Reader& file, const std::string& path,
                       const std::string& wanted) {
  std::string found, all;
  int candidates = 0;
  for (size_t i = 0; i < file.count(); ++i) {
    const auto key = file.key(i);
    if (!can_be_read(file, key)) continue;
    ++candidates;
    all += (all.empty() ? "" : ", ") + key;
    if (wanted.empty() || key == wanted) found = key;
  }
  if (!wanted.empty() && !found.empty()) return found;
  if (wanted.empty() && candidates == 1) return found;
  malformed(path, (wanted.empty() ? "it is not clear which dataset holds the trajectories"
                                  : "has no dataset \"" + wanted + "\" of trajectories") +
                      "; set `dataset` to one of: " + (all.empty() ? "(it has none)" : all));
}

bool is_hdf5(const Bytes& head) {
  static constexpr std::string_view kMagic = "\x89HDF\r\n\x1a\n";
  return head.size() >= kMagic.size() && as_text(View(head).first(kMagic.size())) == kMagic;
}

}  // namespace

Trajectories::Trajectories(std::string path, std::vector<int64_t> shape)
    : path_(std::move(path)), shape_(std::move(shape)) {
  if (shape_.size() < 2)
    malformed(path_, "has the shape " + show_shape(shape_) +
                         "; trajectories are [samples][steps] or [samples][steps][...]");
  for (const int64_t extent : shape_)
    if (extent == 0) malformed(path_, "has the shape " + show_shape(shape_) + ", which is empty");
}

std::vector<int64_t> Trajectories::example() const {
  std::vector<int64_t> shape(shape_.begin() + 2, shape_.end());
  if (shape.size() == 2) shape.insert(shape.begin(), 1);
  if (shape.size() == 1 || shape.size() == 3) return shape;
  return {features()};
}

int64_t Trajectories::features() const {
  return std::accumulate(shape_.begin() + 2, shape_.end(), int64_t{1}, std::multiplies<>());
}

void Trajectories::read(int64_t first, int64_t rows, int64_t from, float* out) {
  const int64_t values = (steps() - from) * features();
  for (int64_t i = 0; i < rows; ++i) {
    float* chain = out + i * values;
    read_chain(first + i, from, chain);
    for (int64_t j = 0; j < values; ++j)
      if (!std::isfinite(chain[j]))
        malformed(path_, "chain " + std::to_string(first + i) + " is not finite at its step " +
                             std::to_string(from + j / features()));
  }
}

std::unique_ptr<Trajectories> open_trajectories(const assay::Job& job, const std::string& name,
                                                const std::string& dataset) {
  const std::string path = job.path(name);
  const Bytes head = head_of(path);
  if (!is_hdf5(head)) return std::make_unique<NpyTrajectories>(path, parse_npy_header(head, path));
  const auto file = job.open(name);
  return std::make_unique<Hdf5Trajectories>(path, file, dataset_of(file, path, dataset));
}

}  // namespace diffusion
