// A small image set and small trainings, in a host in memory.
#pragma once
#include "tests/plugins/fake_host.hpp"
#include "tests/plugins/fake_images.hpp"

#include <string>
#include <vector>

namespace small {

using Epochs = std::vector<int64_t>;

inline const fake::Host& host() {
  static const fake::Host h(ASSAY_LOCALIZATION);
  return h;
}

/// 120 training images, 12 of them with a wrong label, and 60 test images, 12x12, 4 classes.
inline const fake::Run& data() {
  static const fake::ImageFolder folder(120);
  static const fake::Run run = host().run("data", {{"noise", 0.1}}, {{"images", {folder.path()}}});
  return run;
}

inline fake::Params params(const char* model = "resnet9", int64_t epochs = 4) {
  return {{"model", std::string(model)},
          {"width", 0.125},
          {"epochs", epochs},
          {"lr", 0.05},
          {"batch", int64_t{16}},
          {"schedule", std::string("triangle")}};
}

inline fake::Run train(const fake::Params& p, const fake::Options& options = {}) {
  return host().run("train", p, {{"data", {data()}}}, options);
}

/// `rewind` or `retrain`, of a run of `train`.
inline fake::Run after(const char* method, const fake::Run& trained, const fake::Params& p,
                       const fake::Options& options = {}) {
  return host().run(method, p,
                    {{"data", {data()}}, {"train", {trained}}, {"model", {{trained, "model"}}}},
                    options);
}

}  // namespace small
