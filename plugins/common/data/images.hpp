// Labelled sets of images, features or texts from the files people have: IDX, CIFAR, NumPy, CSV,
// digits in JSON, PNG and WordNet.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace assay::data {

/// N labelled examples. Images are bytes (N, C, H, W), planar, 0..255; features are floats
/// (N, C, H, W), as given; texts are N strings, and then C = H = W = 0. Exactly one of `pixels`,
/// `features` and `texts` is filled.
struct ImageSet {
  std::vector<uint8_t> pixels;
  std::vector<float> features;
  std::vector<std::string> texts;
  int64_t count = 0, channels = 0, height = 0, width = 0;
  std::vector<int32_t> labels;           // (N,), 0 .. classes-1
  int classes = 0;                       // as the format or the names say, else largest label + 1
  std::vector<std::string> class_names;  // one a class, or empty: not known
  std::vector<int32_t> true_labels;      // (N,), or empty: not given
  std::vector<int32_t> groups;           // (N,), or empty: not given
  std::vector<uint8_t> noisy;            // (N,), 1: the label is known to be wrong; or empty
  std::string source;                    // what was read, for messages and logs

  int64_t example_size() const { return channels * height * width; }
  bool has_pixels() const { return !pixels.empty(); }
  bool has_texts() const { return !texts.empty(); }
};

/// Labels are below this, in every format.
constexpr int32_t kMaxClasses = 1'000'000;

/// MNIST and CIFAR come in a training and a test part, and so may NumPy sets (x_train, x_test ...).
/// A set without parts is all training; asking for its test part is an error.
enum class Part { train, test, all };

/// Reads what lies at `path`, a folder or a file:
///   folder with train-images*-ubyte[.gz] and its labels   IDX, as MNIST and Fashion-MNIST
///   a file ...images...-ubyte[.gz]                        that pair alone, whatever the part
///   folder with data_batch_1.bin ...                      CIFAR-10 (1 label byte + 3072 bytes)
///   folder with train.bin                                 CIFAR-100 (coarse, fine + 3072 bytes):
///                                                         labels are fine, groups are coarse
///   folder with x.npy and y.npy                           NumPy; true_label, group, noisy
///   (optional) FILE.npz                                              the same arrays in one file
///   FILE.csv[.gz]                                         a column label, the rest features:
///   csv.hpp
///   folder with 0.json .. 9.json                          MNIST digits: digits.hpp
///   folder with .png files                                one class, or one a subfolder: png.hpp
///   folder with data.noun, or a file data.noun ...        WordNet's glosses, texts: glosses.hpp
/// x of dtype uint8 is pixels, of a float type features; its shape is (N, D), (N, H, W) or
/// (N, C, H, W). class_names come from labels.txt, batches.meta.txt or fine_label_names.txt beside
/// the data, one a line, and are known for ten classes below a folder whose name contains
/// "fashion". Throws std::invalid_argument with one sentence: which file, and what is wrong with
/// it.
ImageSet read_images(const std::string& path, Part part);

/// What every reader ends with, and what a set from elsewhere (HDF5) must pass: fills `classes`,
/// and throws std::invalid_argument if the set is empty, its parts disagree in length, or a label
/// is not a class.
void validate(ImageSet& set);

/// (N, D) -> 1 x 1 x D, (N, H, W) -> 1 x H x W, (N, C, H, W) as it is.
void set_shape(ImageSet& set, const std::vector<int64_t>& shape);

/// Adds the examples of `more`. std::invalid_argument if they are of another shape or kind.
void append(ImageSet& set, const ImageSet& more);

/// The pixels of the examples at `index`, as methods log them: (H, W, C) instead of (C, H, W).
std::vector<uint8_t> interleaved(const ImageSet& set, const std::vector<int64_t>& index);

/// The same of features.
std::vector<float> interleaved_features(const ImageSet& set, const std::vector<int64_t>& index);

/// The shape of `count` interleaved images: (count, H, W), or (count, H, W, C) if C is not 1.
std::vector<int64_t> interleaved_shape(const ImageSet& set, size_t count);

}  // namespace assay::data
