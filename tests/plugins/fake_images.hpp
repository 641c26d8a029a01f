// A small labelled image set on disk: prototypes of a few classes with noise, in IDX files.
#pragma once
#include <assay/plugin.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace fake {

/// A folder with `count` images of `side` by `side` pixels, gone with this object.
class ImageFolder {
 public:
  explicit ImageFolder(int64_t count, int64_t side = 12, int64_t classes = 4) {
    static int number = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("assay-images-" + std::to_string(::getpid()) + "-" + std::to_string(number++));
    std::filesystem::create_directories(path_);
    assay::Stream draw(42);
    std::vector<double> prototypes(static_cast<size_t>(classes * side * side));
    for (auto& v : prototypes) v = 255 * draw.uniform();
    std::string images = header(3, {count, side, side}), labels = header(1, {count});
    for (int64_t i = 0; i < count; ++i) {
      const auto label = static_cast<int64_t>(draw.below(static_cast<uint64_t>(classes)));
      labels += static_cast<char>(label);
      for (int64_t p = 0; p < side * side; ++p) {
        const double pixel =
            prototypes[static_cast<size_t>(label * side * side + p)] + 160 * (draw.uniform() - 0.5);
        images += static_cast<char>(static_cast<uint8_t>(std::clamp(pixel, 0.0, 255.0)));
      }
    }
    std::ofstream(path_ / "train-images-idx3-ubyte", std::ios::binary) << images;
    std::ofstream(path_ / "train-labels-idx1-ubyte", std::ios::binary) << labels;
  }
  ~ImageFolder() { std::filesystem::remove_all(path_); }
  ImageFolder(const ImageFolder&) = delete;
  ImageFolder& operator=(const ImageFolder&) = delete;

  std::string path() const { return path_.string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return (path_ / name).string();
  }

 private:
  static std::string header(char rank, const std::vector<int64_t>& shape) {
    std::string out{0, 0, 8, rank};
    for (const int64_t d : shape)
      for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(d >> shift & 255);
    return out;
  }
  std::filesystem::path path_;
};

}  // namespace fake
