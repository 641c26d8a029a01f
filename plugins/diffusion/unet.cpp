// The network in the order of its forward pass.
//   B batch, C channels, H height, W width, E = 4 C0 numbers that say the timestep
#include "plugins/diffusion/unet.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace diffusion {
namespace {
using torch::nn::Conv2d;
using torch::nn::Conv2dOptions;
using torch::nn::GroupNorm;
using torch::nn::Linear;

int64_t groups(int64_t channels) {
  int64_t g = std::min<int64_t>(32, channels);
  while (channels % g) --g;
  return g;
}
GroupNorm norm(int64_t channels) { return GroupNorm(groups(channels), channels); }

Conv2d conv(int64_t in, int64_t out, int64_t kernel = 3, int64_t stride = 1) {
  return Conv2d(Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2));
}

Conv2d zeroed(Conv2d layer) {
  const torch::NoGradGuard no_grad;
  layer->weight.zero_();
  layer->bias.zero_();
  return layer;
}

/// skip(x) + conv2(silu(norm2(conv1(silu(norm1(x)))))), with the timestep at norm2.
struct ResBlockImpl : torch::nn::Module {
  GroupNorm norm1, norm2;
  Conv2d conv1, conv2, skip{nullptr};
  Linear time;
  bool scale_shift;
  double dropout;

  ResBlockImpl(int64_t in, int64_t out, const NetworkConfig& c)
      : norm1(register_module("norm1", norm(in))),
        norm2(register_module("norm2", norm(out))),
        conv1(register_module("conv1", conv(in, out))),
        conv2(register_module("conv2", zeroed(conv(out, out)))),
        time(register_module("time", Linear(4 * c.channels, c.scale_shift ? 2 * out : out))),
        scale_shift(c.scale_shift),
        dropout(c.dropout) {
    if (in != out) skip = register_module("skip", conv(in, out, 1));
  }

  /// `silu_e` is SiLU of the timestep's (B, E).
  at::Tensor forward(const at::Tensor& x, const at::Tensor& silu_e) {
    auto h = conv1(at::silu(norm1(x)));
    const auto e = time(silu_e).unsqueeze(2).unsqueeze(3);  // (B, C or 2C, 1, 1)
    if (scale_shift) {
      const auto parts = e.chunk(2, 1);
      h = at::addcmul(parts[1], norm2(h), parts[0] + 1);
    } else {
      h = norm2(h + e);
    }
    h = at::dropout(at::silu(h), dropout, is_training());
    return (skip ? skip(x) : x) + conv2(h);
  }
};
TORCH_MODULE(ResBlock);

struct AttentionImpl : torch::nn::Module {
  GroupNorm norm1;
  Conv2d qkv, out;
  int64_t heads;

  AttentionImpl(int64_t channels, int64_t heads_)
      : norm1(register_module("norm", norm(channels))),
        qkv(register_module("qkv", conv(channels, 3 * channels, 1))),
        out(register_module("out", zeroed(conv(channels, channels, 1)))),
        heads(heads_) {}

  at::Tensor forward(const at::Tensor& x) {
    const int64_t batch = x.size(0), channels = x.size(1), per_head = channels / heads;
    // (B, 3C, H, W) -> (B heads, 3, C / heads, H W): heads outermost, then q, k, v
    const auto all = qkv(norm1(x)).reshape({batch * heads, 3, per_head, -1});
    const double scale = std::pow(static_cast<double>(per_head), -0.25);
    const auto q = all.select(1, 0) * scale, k = all.select(1, 1) * scale, v = all.select(1, 2);
    const auto weight = at::bmm(q.transpose(1, 2), k).softmax(-1);  // (B heads, HW, HW)
    const auto mixed = at::bmm(v, weight.transpose(1, 2));          // (B heads, C / heads, HW)
    return x + out(mixed.reshape({batch, channels, x.size(2), x.size(3)}));
  }
};
TORCH_MODULE(Attention);

/// The blocks of one resolution, each followed by attention or none, and the way to the next.
struct Level {
  std::vector<ResBlock> blocks;
  std::vector<Attention> attention;  // as many, or none
  Conv2d resample{nullptr};

  at::Tensor run(size_t i, const at::Tensor& x, const at::Tensor& silu_e) {
    const auto h = blocks[i](x, silu_e);
    return attention.empty() ? h : attention[i](h);
  }
};

struct UNet final : Network {
  NetworkConfig config;
  Linear time1, time2;
  Conv2d input;
  std::vector<Level> down, up;  // from the highest resolution; from the lowest
  ResBlock middle1{nullptr}, middle2{nullptr};
  Attention middle_attention{nullptr};
  GroupNorm out_norm{nullptr};
  Conv2d output{nullptr};

  explicit UNet(const NetworkConfig& c)
      : config(c),
        time1(register_module("time1", Linear(c.channels, 4 * c.channels))),
        time2(register_module("time2", Linear(4 * c.channels, 4 * c.channels))),
        input(register_module("input", conv(c.shape[0], c.channels))) {
    std::vector<int64_t> skips{c.channels};
    int64_t width = c.channels;
    const auto level_width = [&](size_t l) { return c.channels * c.mult[l]; };

    for (size_t l = 0; l < c.mult.size(); ++l) {
      Level& level = down.emplace_back();
      const auto name = "down" + std::to_string(l);
      for (int64_t b = 0; b < c.res_blocks; ++b) {
        add_block(level, name, width, level_width(l), int64_t{1} << l);
        width = level_width(l);
        skips.push_back(width);
      }
      if (l + 1 == c.mult.size()) continue;
      level.resample = register_module(name + "_halve", conv(width, width, 3, 2));
      skips.push_back(width);
    }

    middle1 = register_module("middle1", ResBlock(width, width, c));
    middle_attention = register_module("middle_attention", Attention(width, c.heads));
    middle2 = register_module("middle2", ResBlock(width, width, c));

    for (size_t l = c.mult.size(); l-- > 0;) {
      Level& level = up.emplace_back();
      const auto name = "up" + std::to_string(l);
      for (int64_t b = 0; b <= c.res_blocks; ++b) {
        add_block(level, name, width + skips.back(), level_width(l), int64_t{1} << l);
        width = level_width(l);
        skips.pop_back();
      }
      if (l > 0) level.resample = register_module(name + "_double", conv(width, width));
    }

    out_norm = register_module("out_norm", norm(width));
    output =
        register_module("output", zeroed(conv(width, c.shape[0] * (c.learned_variance ? 2 : 1))));
  }

  void add_block(Level& level, const std::string& name, int64_t in, int64_t out, int64_t factor) {
    const auto number = name + "_" + std::to_string(level.blocks.size());
    level.blocks.push_back(register_module(number, ResBlock(in, out, config)));
    const auto& at = config.attention_at;
    if (std::find(at.begin(), at.end(), factor) != at.end())
      level.attention.push_back(
          register_module(number + "_attention", Attention(out, config.heads)));
  }

  at::Tensor forward(const at::Tensor& x, const at::Tensor& t) override {
    auto e = timestep_embedding(t.to(x.scalar_type()), config.channels);
    e = at::silu(time2(at::silu(time1(e))));  // (B, C0) -> (B, 4 C0)

    auto h = input(x);  // (B, C, H, W) -> (B, C0, H, W)
    std::vector<at::Tensor> skips{h};
    for (Level& level : down) {
      for (size_t i = 0; i < level.blocks.size(); ++i) skips.push_back(h = level.run(i, h, e));
      if (level.resample) skips.push_back(h = level.resample(h));  // (H, W) -> (H / 2, W / 2)
    }

    h = middle2(middle_attention(middle1(h, e)), e);

    for (Level& level : up) {
      for (size_t i = 0; i < level.blocks.size(); ++i) {
        h = level.run(i, at::cat({h, skips.back()}, 1), e);
        skips.pop_back();
      }
      if (level.resample)  // (H, W) -> (2H, 2W)
        h = level.resample(
            at::upsample_nearest2d(h, at::IntArrayRef{2 * h.size(2), 2 * h.size(3)}));
    }
    return output(at::silu(out_norm(h))).flatten(1);  // (B, C0, H, W) -> (B, O)
  }
};

}  // namespace

void check_unet(const NetworkConfig& c) {
  if (c.shape.size() != 3)
    throw std::invalid_argument("net = \"unet\" takes images, but the data are points");
  if (c.mult.empty() || c.mult.size() > 8)
    throw std::invalid_argument("mult has " + std::to_string(c.mult.size()) +
                                " factors; it needs 1 to 8, one a resolution");
  const int64_t reduction = int64_t{1} << (c.mult.size() - 1);
  if (c.shape[1] % reduction || c.shape[2] % reduction)
    throw std::invalid_argument(
        "images of " + std::to_string(c.shape[1]) + " x " + std::to_string(c.shape[2]) +
        " cannot be halved " + std::to_string(c.mult.size() - 1) +
        " times; give mult fewer factors, or make the images a multiple of " +
        std::to_string(reduction));
  if (c.channels < 2 || c.channels % 2)
    throw std::invalid_argument("channels must be even, not " + std::to_string(c.channels));
  const auto divides = [&](size_t l) { return c.channels * c.mult[l] % c.heads == 0; };
  for (size_t l = 0; l < c.mult.size(); ++l) {
    const bool attends = l + 1 == c.mult.size() ||  // the middle always does
                         std::count(c.attention_at.begin(), c.attention_at.end(), int64_t{1} << l);
    if (attends && (c.heads < 1 || !divides(l)))
      throw std::invalid_argument(std::to_string(c.channels * c.mult[l]) +
                                  " channels cannot be shared among " + std::to_string(c.heads) +
                                  " heads of attention");
  }
}

std::shared_ptr<Network> make_unet(const NetworkConfig& config) {
  check_unet(config);
  return std::make_shared<UNet>(config);
}

at::Tensor timestep_embedding(const at::Tensor& t, int64_t channels) {
  const int64_t half = channels / 2;
  const auto rate = at::exp(at::arange(half, t.options()) *
                            (-std::log(10000.0) / static_cast<double>(half)));  // (h,)
  const auto angle = t.unsqueeze(1) * rate;                                     // (B, h)
  return at::cat({at::cos(angle), at::sin(angle)}, 1);
}

}  // namespace diffusion
