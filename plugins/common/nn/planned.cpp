#include "plugins/common/nn/planned.hpp"

#include <algorithm>

namespace assay::nn {

std::optional<std::vector<LayerSpec>> layers_of(const ClassifierConfig& c) {
  using L = LayerSpec;
  const auto convolution = [&](const char* name, int64_t out, int64_t kernel, int64_t stride) {
    return L{L::convolution, name, c.leaving(out), kernel, stride, 1, true};
  };
  const auto hidden = [&](const char* name, int64_t out) {
    return L{L::linear, name, c.leaving(out), 1, 1, 0, true};
  };
  const auto classes = [&](const char* name) {
    return L{L::linear, name, c.classes, 1, 1, 0, false};
  };
  if (c.model == "mlp") return {{hidden("fc1", 128), classes("fc2")}};
  if (c.model == "mlp2") return {{hidden("fc1", 512), hidden("fc2", 512), classes("fc3")}};
  if (c.model == "cnn_small")
    return {{convolution("conv1", 16, 3, 2), convolution("conv2", 32, 3, 2), hidden("fc1", 128),
             classes("fc2")}};
  return std::nullopt;
}

/// A layer reads `x` and fills `y`; backwards it reads `dy` and fills its parameters' gradients and
/// `dx`. Views on the buffers are cut to the number of rows once, when that number changes.
class PlannedNet::Layer {
 public:
  explicit Layer(LayerSpec about) : spec(std::move(about)) {}
  virtual ~Layer() = default;
  /// Cuts the views to n images.
  virtual void cut(int64_t n) = 0;
  virtual void forward() = 0;
  /// `dx` is filled only if the layer has one.
  virtual void backward() = 0;
  virtual int64_t weight_size() const = 0;
  /// A flat weight of this layer, viewed in the shape and the order of the published one.
  virtual at::Tensor published(const at::Tensor& flat) const = 0;

  LayerSpec spec;
  int64_t n = 0;            // images of the current pass
  at::Tensor x, y, dx, dy;  // buffers of `capacity` images; dx of the first is undefined
  at::Tensor weight, bias, dweight, dbias;  // views on the network's two buffers
};

/// Patches (M, P) times weight (O, P) transposed, M = images * output pixels, P = k * k * channels.
class PlannedNet::Convolution final : public Layer {
 public:
  Convolution(LayerSpec about, const Window& window, int64_t capacity)
      : Layer(std::move(about)),
        window_(window),
        runs_(runs(window)),
        patches_(at::zeros({capacity * window.out_pixels(), window.patch()})),
        dpatches_(at::empty_like(patches_)) {}

  int64_t weight_size() const override { return spec.out * window_.patch(); }
  at::Tensor published(const at::Tensor& flat) const override {  // (O, k, k, I) -> (O, I, k, k)
    return flat.view({spec.out, window_.kernel, window_.kernel, window_.channels})
        .permute({0, 3, 1, 2});
  }
  void cut(int64_t images) override {
    n = images;
    const int64_t rows = n * window_.out_pixels();
    patches_n_ = patches_.narrow(0, 0, rows);
    y_n_ = y.view({-1, spec.out}).narrow(0, 0, rows);
    dy_n_ = dy.view({-1, spec.out}).narrow(0, 0, rows);
    dy_t_ = dy_n_.t();
    weight_ = weight.view({spec.out, window_.patch()});
    weight_t_ = weight_.t();
    dweight_ = dweight.view({spec.out, window_.patch()});
    if (dx.defined()) dpatches_n_ = dpatches_.narrow(0, 0, rows);
  }
  void forward() override {
    unfold(x.const_data_ptr<float>(), n, window_, runs_, patches_.data_ptr<float>());
    at::mm_out(y_n_, patches_n_, weight_t_);  // (M, P) (P, O) -> (M, O)
    add_bias(y.data_ptr<float>(), bias.const_data_ptr<float>(), y_n_.size(0), spec.out, spec.relu);
  }
  void backward() override {
    bias_gradient(dy.data_ptr<float>(), y.const_data_ptr<float>(), dbias.data_ptr<float>(),
                  y_n_.size(0), spec.out, spec.relu);
    at::mm_out(dweight_, dy_t_, patches_n_);  // (O, M) (M, P) -> (O, P)
    if (!dx.defined()) return;
    at::mm_out(dpatches_n_, dy_n_, weight_);  // (M, O) (O, P) -> (M, P)
    fold(dpatches_.const_data_ptr<float>(), n, window_, runs_, dx.data_ptr<float>());
  }

 private:
  Window window_;
  std::vector<Run> runs_;
  at::Tensor patches_, dpatches_;
  at::Tensor patches_n_, dpatches_n_, y_n_, dy_n_, dy_t_, weight_, weight_t_, dweight_;
};

/// x (n, I) times weight (I, O). Inputs are in the order (H, W, C) of an image; the published
/// weight (O, C * H * W) is in the order (C, H, W).
class PlannedNet::Linear final : public Layer {
 public:
  Linear(LayerSpec about, const ImageShape& in) : Layer(std::move(about)), in_(in) {}

  int64_t weight_size() const override { return in_.size() * spec.out; }
  at::Tensor published(const at::Tensor& flat) const override {
    return flat.view({in_.height, in_.width, in_.channels, spec.out}).permute({3, 2, 0, 1});
  }
  void cut(int64_t images) override {
    n = images;
    x_n_ = x.view({-1, in_.size()}).narrow(0, 0, n);
    x_t_ = x_n_.t();
    y_n_ = y.view({-1, spec.out}).narrow(0, 0, n);
    dy_n_ = dy.view({-1, spec.out}).narrow(0, 0, n);
    weight_ = weight.view({in_.size(), spec.out});
    weight_t_ = weight_.t();
    dweight_ = dweight.view({in_.size(), spec.out});
    if (dx.defined()) dx_n_ = dx.view({-1, in_.size()}).narrow(0, 0, n);
  }
  void forward() override {
    at::mm_out(y_n_, x_n_, weight_);  // (n, I) (I, O) -> (n, O)
    add_bias(y.data_ptr<float>(), bias.const_data_ptr<float>(), n, spec.out, spec.relu);
  }
  void backward() override {
    bias_gradient(dy.data_ptr<float>(), y.const_data_ptr<float>(), dbias.data_ptr<float>(), n,
                  spec.out, spec.relu);
    at::mm_out(dweight_, x_t_, dy_n_);                      // (I, n) (n, O) -> (I, O)
    if (dx.defined()) at::mm_out(dx_n_, dy_n_, weight_t_);  // (n, O) (O, I) -> (n, I)
  }

 private:
  ImageShape in_;
  at::Tensor x_n_, x_t_, y_n_, dx_n_, dy_n_, weight_, weight_t_, dweight_;
};

namespace {

/// Parameters start at multiples of 64 bytes, so that a product's bits do not depend on where the
/// buffer lies.
int64_t aligned(int64_t floats) { return (floats + 15) / 16 * 16; }

}  // namespace

PlannedNet::PlannedNet(const ClassifierConfig& config, const std::vector<LayerSpec>& specs,
                       int64_t capacity)
    : capacity_(capacity), image_size_(config.image.size()) {
  ImageShape shape = config.image;
  int64_t parameters = 0;
  for (const auto& spec : specs) {
    const Window window{shape.height, shape.width, shape.channels,
                        spec.kernel,  spec.stride, spec.padding};
    switch (spec.kind) {
      case LayerSpec::convolution:
        layers_.push_back(std::make_unique<Convolution>(spec, window, capacity));
        shape = {spec.out, window.out_height(), window.out_width()};
        break;
      case LayerSpec::linear:
        layers_.push_back(std::make_unique<Linear>(spec, shape));
        shape = {spec.out, 1, 1};
        break;
    }
    layers_.back()->y = at::empty({capacity, shape.size()});
    layers_.back()->dy = at::empty({capacity, shape.size()});
    parameters += aligned(layers_.back()->weight_size()) + aligned(spec.out);
  }

  // Connect the layers, and give each its part of the parameters.
  parameters_ = at::zeros({parameters});
  gradients_ = at::zeros({parameters});
  input_ = at::empty({capacity, image_size_});
  int64_t at = 0;
  for (size_t i = 0; i < layers_.size(); ++i) {
    auto& layer = *layers_[i];
    layer.x = i ? layers_[i - 1]->y : input_;
    if (i) layer.dx = layers_[i - 1]->dy;
    const int64_t size = layer.weight_size();
    layer.weight = parameters_.narrow(0, at, size);
    layer.dweight = gradients_.narrow(0, at, size);
    at += aligned(size);
    layer.bias = parameters_.narrow(0, at, layer.spec.out);
    layer.dbias = gradients_.narrow(0, at, layer.spec.out);
    at += aligned(layer.spec.out);
  }
}

PlannedNet::~PlannedNet() = default;

void PlannedNet::load(const torch::nn::Module& net) {
  const at::NoGradGuard no_grad;
  const auto named = net.named_parameters();
  for (auto& layer : layers_) {
    auto mine = layer->published(layer->weight);
    mine.copy_(named[layer->spec.name + ".weight"].view(mine.sizes()));
    layer->bias.copy_(named[layer->spec.name + ".bias"]);
  }
}

void PlannedNet::store(torch::nn::Module& net) const {
  const at::NoGradGuard no_grad;
  auto named = net.named_parameters();
  for (const auto& layer : layers_) {
    const auto mine = layer->published(layer->weight);
    named[layer->spec.name + ".weight"].view(mine.sizes()).copy_(mine);
    named[layer->spec.name + ".bias"].copy_(layer->bias);
  }
}

void PlannedNet::gather(const at::Tensor& images, const PixelRange& pixels, const int64_t* index,
                        int64_t count) {
  auto* out = input_.data_ptr<float>();
  if (images.scalar_type() == at::kByte)
    return gather_scaled(images.const_data_ptr<uint8_t>(), index, count, image_size_,
                         static_cast<float>(255 / (pixels.high - pixels.low)),
                         static_cast<float>(pixels.low), out);
  const auto* rows = images.const_data_ptr<float>();
  for (int64_t m = 0; m < count; ++m)
    std::copy_n(rows + index[m] * image_size_, image_size_, out + m * image_size_);
}

const float* PlannedNet::forward(const at::Tensor& images, const PixelRange& pixels,
                                 const int64_t* index, int64_t count) {
  TORCH_CHECK(count <= capacity_, "more images than the network has room for");
  if (count != rows_)
    for (auto& layer : layers_) layer->cut(count);
  rows_ = count;
  gather(images, pixels, index, count);
  for (auto& layer : layers_) layer->forward();
  return layers_.back()->y.const_data_ptr<float>();
}

float* PlannedNet::logits_gradient() { return layers_.back()->dy.data_ptr<float>(); }

void PlannedNet::backward() {
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) (*layer)->backward();
}

}  // namespace assay::nn
