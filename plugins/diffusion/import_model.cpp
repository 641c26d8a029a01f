// Method `import_model`: a decoder that the released code trained becomes a model of this plugin.
#include "plugins/diffusion/model.hpp"
#include "plugins/diffusion/source.hpp"
#include "plugins/diffusion/weight_file.hpp"

#include <stdexcept>

namespace diffusion {

struct ImportModel : ChainNoise {
  static constexpr const char* name = "import_model";
  int64_t layers = 3;
  std::string predict = "eps", variance = "fixed_large";
  bool rescale_timesteps = false;

  static void describe(assay::Schema<ImportModel>& s) {
    s.summary("Reads a decoder that the paper's released code trained");
    s.doc("The file does not say how the noise was scheduled: the parameters do.");
    s.flag(ASSAY_SEEDLESS);
    ChainNoise::describe(s);
    s.param("layers", &ImportModel::layers,
            "how often the temporal layer is applied, if the file lists it once")
        .min(1);
    s.param("predict", &ImportModel::predict, "what the network answers")
        .choices({"eps", "x0", "mean"});
    s.param("variance", &ImportModel::variance,
            "of a reverse step; learned if the file has twice the outputs")
        .choices({"fixed_large", "fixed_small"});
    s.param("rescale_timesteps", &ImportModel::rescale_timesteps,
            "the network was told t * 1000 / T");
    s.input("weights", ASSAY_FILE, "an .npz file of its tensors by name, or a .pt file");
    s.output("model", ASSAY_CHECKPOINT, "the network, and all that sampling needs")
        .format("diffusion_model");
    s.output("parameters", ASSAY_SCALAR, "numbers that it has learned");
  }

  void run(assay::Job& job) const {
    // Read the tensors, and what network they make.
    assay::begin(job);
    const auto path = job.path("weights");
    const auto tensors = read_weight_file(path);
    const auto config = this->config(tensors, path);

    // Keep those that this network has.
    const auto network = make_network(config.network);
    Weights kept;
    double count = 0;
    for (const auto& [name, own] : weights(*network)) {
      const auto& tensor = find(tensors, name, path);
      if (tensor.sizes() != own.sizes())
        throw std::invalid_argument(path + ": \"" + name +
                                    "\" has another shape than a decoder of "
                                    "width " +
                                    std::to_string(config.network.width) + " needs");
      kept.emplace_back(name, tensor);
      count += static_cast<double>(tensor.numel());
    }
    assay::Columns columns;
    add_model(columns, config, kept);
    job.save("model", 0, columns.list());
    job.scalar("parameters", count);
  }

 private:
  static const at::Tensor& find(const NamedTensors& tensors, const std::string& name,
                                const std::string& path) {
    const auto found = tensors.find(name);
    if (found == tensors.end())
      throw std::invalid_argument(path + ": has no tensor \"" + name +
                                  "\"; a decoder has in_fc, temp_fc.0, out_norm, out_fc and "
                                  "t_proj.0");
    return found->second;
  }

  /// The released code lists the shared layer once for each time it is applied.
  ModelConfig config(const NamedTensors& tensors, const std::string& path) const {
    const auto& in = find(tensors, "in_fc.weight", path);
    const auto& out = find(tensors, "out_fc.weight", path);
    if (in.dim() != 2 || out.dim() != 2)
      throw std::invalid_argument(path + ": in_fc.weight and out_fc.weight are not matrices");
    ModelConfig c;
    auto& n = c.network;
    n.shape = {in.size(1)};
    n.width = in.size(0);
    n.in_bias = tensors.contains("in_fc.bias");
    n.learned_variance = out.size(0) == 2 * in.size(1);
    int64_t listed = 0;
    n.share_layers = true;
    for (; tensors.contains(layer(listed) + "fc1.weight"); ++listed)
      for (const auto* part : {"norm1.weight", "norm1.bias", "fc1.weight", "norm2.weight",
                               "norm2.bias", "fc2.weight", "enc.weight", "enc.bias"})
        n.share_layers = n.share_layers && at::equal(find(tensors, layer(listed) + part, path),
                                                     find(tensors, layer(0) + part, path));
    n.layers = listed > 1 ? listed : layers;
    c.timesteps = timesteps;
    c.schedule = schedule;
    c.beta_start = beta_start;
    c.beta_end = beta_end;
    c.t_max = limit(make());
    c.predict = predict;
    c.variance = n.learned_variance ? "learned" : variance;
    c.rescale_timesteps = rescale_timesteps;
    return c;
  }
  static std::string layer(int64_t l) { return "temp_fc." + std::to_string(l) + "."; }
};

}  // namespace diffusion

ASSAY_METHOD(diffusion::ImportModel)
