// Finds out what a path holds, reads it, and checks that the set is whole.
#include "plugins/common/data/bytes.hpp"
#include "plugins/common/data/cifar.hpp"
#include "plugins/common/data/csv.hpp"
#include "plugins/common/data/digits.hpp"
#include "plugins/common/data/glosses.hpp"
#include "plugins/common/data/idx.hpp"
#include "plugins/common/data/images.hpp"
#include "plugins/common/data/numpy_set.hpp"
#include "plugins/common/data/png.hpp"
#include "plugins/common/data/wndb.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>
#include <stdexcept>

namespace assay::data {
namespace {
namespace fs = std::filesystem;

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// The names of the files in a folder, sorted.
std::vector<std::string> file_names(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.is_regular_file(error)) names.push_back(entry.path().filename().string());
  if (error) malformed(folder.string(), "cannot be listed: " + error.message());
  std::sort(names.begin(), names.end());
  return names;
}

bool has(const std::vector<std::string>& names, const std::string& name) {
  return std::binary_search(names.begin(), names.end(), name);
}

bool is_idx_images(const std::string& name) {
  return name.find("images") != std::string::npos &&
         (ends_with(name, "-ubyte") || ends_with(name, "-ubyte.gz"));
}

/// The file of a MNIST-like folder that holds the images of a part; raw before gzip.
std::string idx_images_of(const fs::path& folder, const std::vector<std::string>& names,
                          bool train) {
  std::set<std::string> raw;  // without .gz, so that a file and its packed copy are one
  for (const std::string& name : names) {
    if (!is_idx_images(name)) continue;
    const bool is_train = name.find("train-images") != std::string::npos;
    if (is_train == train)
      raw.insert(ends_with(name, ".gz") ? name.substr(0, name.size() - 3) : name);
  }
  const std::string wanted = train ? "train-images-idx3-ubyte[.gz]" : "t10k-images-idx3-ubyte[.gz]";
  if (raw.empty()) malformed(folder.string(), "has no " + wanted);
  if (raw.size() > 1)
    malformed(folder.string(), "has several image files: " + *raw.begin() + ", " +
                                   *std::next(raw.begin()) +
                                   "; name the file instead of the folder");
  return (folder / (has(names, *raw.begin()) ? *raw.begin() : *raw.begin() + ".gz")).string();
}

/// .../train-images-idx3-ubyte.gz -> .../train-labels-idx1-ubyte, packed or not, whichever is
/// there.
std::string idx_labels_of(const std::string& images) {
  const fs::path path(images);
  std::string name = path.filename().string();
  name.replace(name.rfind("images"), 6, "labels");
  if (const auto at = name.find("idx3"); at != std::string::npos) name.replace(at, 4, "idx1");
  const std::string other = ends_with(name, ".gz") ? name.substr(0, name.size() - 3) : name + ".gz";
  for (const std::string& candidate : {name, other})
    if (fs::exists(path.parent_path() / candidate))
      return (path.parent_path() / candidate).string();
  malformed(images, "has no label file beside it (" + name + ")");
}

ImageSet read_idx(const std::string& images) {
  const std::string labels = idx_labels_of(images);
  return images_from_idx(read_bytes(images), images, read_bytes(labels), labels);
}

/// The parts of a set that lies in several files, one after another.
ImageSet read_all(const std::vector<std::string>& files, ImageSet (*read)(const std::string&)) {
  ImageSet set = read(files.at(0));
  for (size_t i = 1; i < files.size(); ++i) append(set, read(files[i]));
  return set;
}

ImageSet read_idx_folder(const fs::path& folder, const std::vector<std::string>& names, Part part) {
  std::vector<std::string> files;
  if (part != Part::test) files.push_back(idx_images_of(folder, names, true));
  if (part != Part::train) files.push_back(idx_images_of(folder, names, false));
  return read_all(files, read_idx);
}

ImageSet read_cifar_10(const std::string& path) {
  return images_from_cifar(read_bytes(path), Cifar::ten, path);
}
ImageSet read_cifar_100(const std::string& path) {
  return images_from_cifar(read_bytes(path), Cifar::hundred, path);
}

ImageSet read_cifar_folder(const fs::path& folder, const std::vector<std::string>& names,
                           Part part) {
  const bool hundred = has(names, "train.bin");
  const std::string test = hundred ? "test.bin" : "test_batch.bin";
  std::vector<std::string> files;
  for (const std::string& name : names)
    if (part != Part::test &&
        (hundred ? name == "train.bin"
                 : name.rfind("data_batch_", 0) == 0 && ends_with(name, ".bin")))
      files.push_back((folder / name).string());
  if (part != Part::train) {
    if (!has(names, test)) malformed(folder.string(), "has no " + test);
    files.push_back((folder / test).string());
  }
  return read_all(files, hundred ? read_cifar_100 : read_cifar_10);
}

ImageSet read_npy_folder(const fs::path& folder, Part part) {
  return images_from_arrays(
      [&](const std::string& name) -> std::optional<Bytes> {
        const fs::path file = folder / (name + ".npy");
        if (!fs::exists(file)) return std::nullopt;
        return read_bytes(file.string());
      },
      part, folder.string());
}

ImageSet read_one_file(const std::string& path, Part part) {
  const std::string name = fs::path(path).filename().string();
  if (is_idx_images(name)) return read_idx(path);
  if (ends_with(name, ".npz")) return images_from_npz(read_bytes(path), part, path);
  if (ends_with(name, ".bin"))
    return name == "train.bin" || name == "test.bin" ? read_cifar_100(path) : read_cifar_10(path);
  if (ends_with(name, ".csv") || ends_with(name, ".csv.gz")) {
    if (part == Part::test) malformed(path, "has no test part: a CSV file is all training");
    return images_from_csv(read_bytes(path), path);
  }
  if (is_wordnet(name)) {
    if (part == Part::test) malformed(path, "has no test part: WordNet is all training");
    return texts_from_wordnet(read_bytes(path), path);
  }
  malformed(path,
            "is of an unknown format; known are .npz, .csv, .bin (CIFAR), *-ubyte[.gz] (IDX) and "
            "data.noun (WordNet)");
}

/// Does the folder, or one of its subfolders, hold a PNG file?
bool holds_pngs(const fs::path& folder, const std::vector<std::string>& names) {
  if (std::any_of(names.begin(), names.end(), is_png)) return true;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (!entry.is_directory(error)) continue;
    const auto inside = file_names(entry.path());
    if (std::any_of(inside.begin(), inside.end(), is_png)) return true;
  }
  return false;
}

ImageSet read_folder(const fs::path& folder, Part part) {
  const std::vector<std::string> names = file_names(folder);
  if (std::any_of(names.begin(), names.end(), is_idx_images))
    return read_idx_folder(folder, names, part);
  if (has(names, "data_batch_1.bin") || has(names, "train.bin"))
    return read_cifar_folder(folder, names, part);
  if (has(names, "x.npy") || has(names, "x_train.npy")) return read_npy_folder(folder, part);
  if (has(names, "0.json") || has(names, "data.noun")) {
    if (part == Part::test) malformed(folder.string(), "has no test part: it is all training");
    if (has(names, "0.json")) return images_from_digits(read_bytes, folder.string());
    return read_one_file((folder / "data.noun").string(), part);
  }
  if (holds_pngs(folder, names)) {
    if (part == Part::test) malformed(folder.string(), "has no test part: it is all training");
    return images_from_pngs(folder.string());
  }
  malformed(folder.string(),
            "holds no data set that is known: train-images-idx3-ubyte[.gz] (MNIST), "
            "data_batch_1.bin (CIFAR-10), train.bin (CIFAR-100), x.npy and y.npy, 0.json (digits), "
            "data.noun (WordNet) or .png files; a single file (.npz, .csv, .h5) is named itself, "
            "with file: "
            "instead of dir:");
}

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  const Bytes bytes = read_bytes(path);
  std::string_view text = as_text(bytes);
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string line(text.substr(0, end));
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool below_fashion(const fs::path& path) {
  std::string text = fs::absolute(path).string();
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text.find("fashion") != std::string::npos;
}

/// Names from a text file beside the data, or the ten of Fashion-MNIST.
void find_class_names(ImageSet& set, const fs::path& path) {
  if (!set.class_names.empty()) return;
  const fs::path folder = fs::is_directory(path) ? path : path.parent_path();
  for (const char* name : {"labels.txt", "batches.meta.txt", "fine_label_names.txt"}) {
    const std::string file = (folder / name).string();
    if (!fs::exists(file)) continue;
    set.class_names = lines_of(file);
    const auto named = static_cast<int>(std::min<size_t>(set.class_names.size(), kMaxClasses));
    if (named < set.classes)
      malformed(file, "names " + std::to_string(named) + " classes, but the data has " +
                          std::to_string(set.classes));
    set.classes = named;
    return;
  }
  if (below_fashion(path) && set.classes == 10 && set.has_pixels())
    set.class_names = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                       "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
}

/// The largest label + 1 of `labels`; throws if one is negative or beyond kMaxClasses.
int classes_of(const std::vector<int32_t>& labels, const std::string& source) {
  int32_t most = -1;
  for (const int32_t label : labels) {
    if (label < 0 || label >= kMaxClasses)
      malformed(source, "has the label " + std::to_string(label) + "; labels are from 0 to " +
                            std::to_string(kMaxClasses - 1));
    most = std::max(most, label);
  }
  return most + 1;
}

/// (N, C, H, W) to (N, H, W, C), of the examples at `index`.
template <class T>
std::vector<T> interleave(const std::vector<T>& planar, const ImageSet& set,
                          const std::vector<int64_t>& index) {
  const int64_t pixels = set.height * set.width, size = set.example_size();
  std::vector<T> out(index.size() * static_cast<size_t>(size));
  for (size_t n = 0; n < index.size(); ++n) {
    const T* from = planar.data() + index[n] * size;
    T* to = out.data() + static_cast<int64_t>(n) * size;
    for (int64_t c = 0; c < set.channels; ++c)
      for (int64_t p = 0; p < pixels; ++p) to[p * set.channels + c] = from[c * pixels + p];
  }
  return out;
}
}  // namespace

ImageSet read_images(const std::string& path, Part part) {
  if (!fs::exists(path)) malformed(path, "does not exist");
  ImageSet set = fs::is_directory(path) ? read_folder(path, part) : read_one_file(path, part);
  validate(set);
  find_class_names(set, path);
  return set;
}

void validate(ImageSet& set) {
  if (set.count < 1 || (set.example_size() < 1 && !set.has_texts()))
    malformed(set.source, "holds no examples");
  const auto values = static_cast<size_t>(
      set.has_texts()
          ? set.count
          : byte_count(set.source, {set.count, set.channels, set.height, set.width}, 1));
  const size_t held = set.pixels.size() + set.features.size() + set.texts.size();
  if (held != values)
    malformed(set.source, "holds " + std::to_string(held) + " values where its shape asks for " +
                              std::to_string(values));
  const auto count = static_cast<size_t>(set.count);
  const auto whole = [&](const char* name, size_t length, bool optional) {
    if (length != count && !(optional && length == 0))
      malformed(set.source, "has " + std::to_string(count) + " examples, but " +
                                std::to_string(length) + " values of " + name);
  };
  whole("label", set.labels.size(), false);
  whole("true_label", set.true_labels.size(), true);
  whole("group", set.groups.size(), true);
  whole("noisy", set.noisy.size(), true);
  const int seen =
      std::max(classes_of(set.labels, set.source), classes_of(set.true_labels, set.source));
  if (set.classes != 0 && seen > set.classes)
    malformed(set.source, "has the label " + std::to_string(seen - 1) + ", but only " +
                              std::to_string(set.classes) + " classes");
  if (set.classes == 0) set.classes = seen;
}

void set_shape(ImageSet& set, const std::vector<int64_t>& shape) {
  if (shape.size() < 2 || shape.size() > 4)
    malformed(set.source, "has the shape " + show_shape(shape) + "; 2 to 4 dimensions are needed");
  const size_t rank = shape.size();
  set.count = shape[0];
  set.width = shape[rank - 1];
  set.height = rank >= 3 ? shape[rank - 2] : 1;
  set.channels = rank == 4 ? shape[1] : 1;
}

void append(ImageSet& set, const ImageSet& more) {
  if (set.channels != more.channels || set.height != more.height || set.width != more.width ||
      set.has_pixels() != more.has_pixels() || set.has_texts() != more.has_texts())
    malformed(more.source, "holds examples of another shape or kind than " + set.source);
  const auto add = [](auto& to, const auto& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  const auto add_optional = [&](auto& to, const auto& from) {
    if (to.empty() || from.empty())
      to.clear();
    else
      add(to, from);
  };
  add(set.pixels, more.pixels);
  add(set.features, more.features);
  add(set.texts, more.texts);
  add(set.labels, more.labels);
  add_optional(set.true_labels, more.true_labels);
  add_optional(set.groups, more.groups);
  add_optional(set.noisy, more.noisy);
  set.count += more.count;
  set.classes = std::max(set.classes, more.classes);
}

std::vector<uint8_t> interleaved(const ImageSet& set, const std::vector<int64_t>& index) {
  return interleave(set.pixels, set, index);
}

std::vector<float> interleaved_features(const ImageSet& set, const std::vector<int64_t>& index) {
  return interleave(set.features, set, index);
}

std::vector<int64_t> interleaved_shape(const ImageSet& set, size_t count) {
  std::vector<int64_t> shape{static_cast<int64_t>(count), set.height, set.width};
  if (set.channels != 1) shape.push_back(set.channels);
  return shape;
}

}  // namespace assay::data
