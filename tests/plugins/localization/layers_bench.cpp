// What accounting, evaluation and rewinding cost, on Fashion-MNIST pooled to 14x14 and ResNet-9 a
// quarter as wide, batches of 64. Usage: bench_localization_layers FOLDER MODE
//   train      an epoch of 2000 images
//   accounted  the same, with gradient accounting
//   epoch      train, and evaluation on 2000 training and 2000 test images
//   rewind     9 layers at 8 epochs each, evaluated on the same
// Prints the seconds of each as JSON.
#include "plugins/common/train/trainer.hpp"
#include "plugins/localization/accounting.hpp"
#include "plugins/localization/answers.hpp"
#include "tests/plugins/fake_host.hpp"

#include <chrono>
#include <cstdio>

using namespace assay;

namespace {

constexpr int64_t kEpochs = 4;  // timed, after one that is not

double seconds(auto&& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

train::Examples examples(const fake::Run& data, const char* images, const char* table) {
  const auto& x = data.out.arrays.at(images);
  const auto& y = data.out.column(table, "label");
  return {at::from_blob(const_cast<uint8_t*>(x.bytes.data()), x.shape, at::kByte).unsqueeze(3),
          at::from_blob(const_cast<uint8_t*>(y.bytes.data()), y.shape, at::kLong),
          {-1, 1}};
}

double training(const fake::Run& data, bool accounted, bool evaluated) {
  const auto train = examples(data, "images", "examples"),
             test = examples(data, "images_test", "test");
  const auto& flags = data.out.column("examples", "memorised").bytes;
  localization::Accounting accounting(at::tensor(flags).to(at::kBool));
  train::AutogradOptions options;
  if (accounted)
    options.backward = [&](const at::Tensor& losses, const at::Tensor& ids) {
      accounting.backward(losses, ids);
    };
  train::AutogradLearner learner(
      nn::make_classifier({"resnet9", 0.25, train.shape(), 10, {-1, 1}, 1, {}}), at::kCPU, options);
  accounting.attach(learner);
  train::Trainer trainer(learner, train,
                         {"bench", 64, {"constant", 0.01, kEpochs + 1, 0, 0}, 1, 2});
  const auto epoch = [&] {
    do trainer.step();
    while (!trainer.epoch_ended());
    if (!evaluated) return;
    localization::answers(*learner.network(), train);
    localization::answers(*learner.network(), test);
  };
  epoch();
  return seconds([&] {
           for (int64_t e = 0; e < kEpochs; ++e) epoch();
         }) /
         kEpochs;
}

double rewinding(const fake::Host& host, const fake::Run& data) {
  const auto trained = host.run(
      "train",
      {{"width", 0.25}, {"epochs", int64_t{1}}, {"batch", int64_t{64}}, {"track_gradients", false}},
      {{"data", {data}}});
  fake::Run run;
  const std::vector<int64_t> epochs{0, 1, 0, 1, 0, 1, 0, 1};
  const double taken = seconds([&] {
    run = host.run("rewind", {{"rewind_epochs", epochs}},
                   {{"data", {data}}, {"train", {trained}}, {"model", {{trained, "model"}}}});
  });
  if (!run.ok()) throw std::runtime_error(run.message);
  return taken;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return std::fprintf(stderr, "usage: bench_localization_layers FOLDER MODE\n"), 2;
  at::set_num_threads(1);
  const fake::Host host(ASSAY_LOCALIZATION);
  const auto data = host.run(
      "data",
      {{"n", int64_t{2000}}, {"n_test", int64_t{2000}}, {"noise", 0.1}, {"input_pool", int64_t{2}}},
      {{"images", {std::string(argv[1])}}});
  if (!data.ok()) return std::fprintf(stderr, "%s\n", data.message.c_str()), 1;
  const std::string mode = argv[2];
  const double taken = mode == "rewind" ? rewinding(host, data)
                                        : training(data, mode == "accounted", mode == "epoch");
  std::printf("{\"seconds\": %.4f}\n", taken);
}
