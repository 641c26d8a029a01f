// Labelled image and feature sets from the files people have: IDX, CIFAR, NumPy and CSV.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace assay::data {

/// N labelled examples. Images are bytes (N, C, H, W), planar, 0..255; features are floats
/// (N, C, H, W), as given. Exactly one of `pixels` and `features` is filled.
struct ImageSet {
  std::vector<uint8_t> pixels;
  std::vector<float> features;
  int64_t count = 0, channels = 0, height = 0, width = 0;
  std::vector<int32_t> labels;           // (N,), 0 .. classes-1
  int classes = 0;                       // as the format says, else the largest label + 1
  std::vector<std::string> class_names;  // one a class, or empty: not known
  std::vector<int32_t> true_labels;      // (N,), or empty: not given
  std::vector<int32_t> groups;           // (N,), or empty: not given
  std::string source;                    // what was read, for messages and logs

  int64_t example_size() const { return channels * height * width; }
  bool has_pixels() const { return !pixels.empty(); }
};

/// Formats that come in parts (MNIST, CIFAR) have a training and a test part. A format of one part
/// (npz, npy, CSV) is that part whatever is asked for.
enum class Part { train, test, all };

/// Reads what lies at `path`, a folder or a file:
///   folder with train-images*-ubyte[.gz] and its labels   IDX, as MNIST and Fashion-MNIST
///   folder with data_batch_1.bin ...                      CIFAR-10 (1 label byte + 3072 bytes)
///   folder with train.bin                                 CIFAR-100 (coarse, fine + 3072 bytes):
///                                                         labels are fine, groups are coarse
///   folder with x.npy and y.npy                           NumPy, also true_label.npy, group.npy
///   FILE.npz                                              x, y; true_label, group (optional)
///   FILE.csv                                              column label; true_label, group
///                                                         (optional); the rest are features
/// x of dtype uint8 is pixels, of a float type features; its shape is (N, D), (N, H, W) or
/// (N, C, H, W). class_names come from labels.txt (or batches.meta.txt, fine_label_names.txt) in
/// the folder, one a line, and are known for a folder whose name contains "fashion". Throws
/// std::invalid_argument with one sentence: which file, and what is wrong with it.
ImageSet read_images(const std::string& path, Part part);

}  // namespace assay::data
