// How long the U-Net takes: forward and training step, in milliseconds an image, and beside it the
// arithmetic of its convolutions at the measured speed of a large matrix product.
//   bench_unet [HEIGHT] [CHANNELS] [BATCH] [THREADS] [mult...]
#include "plugins/diffusion/unet.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>

namespace {

double seconds(const std::function<void()>& body, int repeats) {
  body();
  double best = 1e9;
  for (int i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    body();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    best = std::min(best, took.count());
  }
  return best;
}

/// Multiply-adds of an image's forward pass: of convolutions alone.
double convolution_macs(const diffusion::NetworkConfig& c) {
  double macs = 0, width = static_cast<double>(c.channels);
  std::vector<double> skips{width};
  const auto pixels = [&](size_t l) {
    return static_cast<double>(c.shape[1] * c.shape[2] >> (2 * l));
  };
  const auto block = [&](size_t l, double in, double out) {
    macs += pixels(l) * (9 * (in * out + out * out) + (in != out ? in * out : 0));
  };
  macs += pixels(0) * 9 * 2 * width * static_cast<double>(c.shape[0]);
  for (size_t l = 0; l < c.mult.size(); ++l) {
    const auto out = static_cast<double>(c.channels * c.mult[l]);
    for (int64_t b = 0; b < c.res_blocks; ++b, width = out) {
      block(l, width, out);
      skips.push_back(out);
    }
    if (l + 1 == c.mult.size()) continue;
    macs += pixels(l + 1) * 9 * width * width;
    skips.push_back(width);
  }
  for (int i = 0; i < 2; ++i) block(c.mult.size() - 1, width, width);
  for (size_t l = c.mult.size(); l-- > 0;) {
    const auto out = static_cast<double>(c.channels * c.mult[l]);
    for (int64_t b = 0; b <= c.res_blocks; ++b, width = out, skips.pop_back())
      block(l, width + skips.back(), out);
    if (l > 0) macs += pixels(l - 1) * 9 * width * width;
  }
  return macs;
}

}  // namespace

int main(int argc, char** argv) {
  const auto argument = [&](int i, int64_t otherwise) {
    return argc > i ? std::atoll(argv[i]) : otherwise;
  };
  diffusion::NetworkConfig c;
  c.net = "unet";
  c.shape = {1, argument(1, 24), argument(1, 24)};
  c.channels = argument(2, 16);
  c.mult = argc > 5 ? std::vector<int64_t>{} : std::vector<int64_t>{1, 2, 2};
  for (int i = 5; i < argc; ++i) c.mult.push_back(std::atoll(argv[i]));
  c.res_blocks = 1;
  c.attention_at = {};
  c.heads = 1;
  const int64_t batch = argument(3, 64);
  at::set_num_threads(static_cast<int>(argument(4, 1)));

  const auto a = torch::randn({1024, 1024}), b = torch::randn({1024, 1024});
  const double speed = 2.0 * 1024 * 1024 * 1024 / seconds([&] { a.mm(b); }, 5);
  const double macs = convolution_macs(c);
  std::printf(
      "%lld x %lld, C0 %lld, batch %lld: %.1f M multiply-adds an image; %.0f GFLOP/s: "
      "limit %.3f ms forward, %.3f ms training\n",
      static_cast<long long>(c.shape[1]), static_cast<long long>(c.shape[2]),
      static_cast<long long>(c.channels), static_cast<long long>(batch), macs / 1e6, speed / 1e9,
      2e3 * macs / speed, 6e3 * macs / speed);
  for (const bool last : {false, true}) {
    torch::manual_seed(1);
    const auto net = diffusion::make_unet(c);
    const auto format = last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
    if (last)
      for (auto& p : net->parameters())
        if (p.dim() == 4) p.set_data(p.data().contiguous(format));
    torch::optim::Adam adam(net->parameters(), torch::optim::AdamOptions(1e-4));
    const auto x = torch::randn({batch, 1, c.shape[1], c.shape[2]}).contiguous(format);
    const auto t = torch::randint(0, 1000, {batch});
    const auto per_image = 1e3 / static_cast<double>(batch);
    net->eval();
    const double forward = seconds(
        [&] {
          const torch::NoGradGuard no_grad;
          net->forward(x, t);
        },
        10);
    net->train();
    const double step = seconds(
        [&] {
          const auto loss = (net->forward(x, t) - x.flatten(1)).square().mean();
          adam.zero_grad();
          loss.backward();
          adam.step();
        },
        10);
    std::printf("  %s: forward %.3f ms, training %.3f ms an image\n",
                last ? "channels last" : "channels first", forward * per_image, step * per_image);
  }
}
