// Method `propagate`: the density of a chain's samples in one dimension, computed instead of drawn,
// so that masses of 1e-15 are seen which no number of samples would show.
#include "plugins/diffusion/data.hpp"
#include "plugins/diffusion/density.hpp"
#include "plugins/diffusion/interpolation.hpp"
#include "plugins/diffusion/model.hpp"
#include "plugins/diffusion/smoother.hpp"
#include "plugins/diffusion/source.hpp"

#include <assay/torch.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

namespace diffusion {

struct Propagate : ChainNoise, Walk {
  static constexpr const char* name = "propagate";
  std::string source = "model";
  std::string variance = "model";
  int64_t cells = 12001;
  std::vector<double> range;
  int64_t bins = 600;

  static void describe(assay::Schema<Propagate>& s) {
    s.summary("Computes the density that a chain with noise samples from, in one dimension");
    s.flag(ASSAY_SEEDLESS | ASSAY_USES_GPU);
    s.param("source", &Propagate::source,
            "whose noise prediction: the model's, or the exact one of the data's mixture")
        .choices({"model", "exact"});
    ChainNoise::describe(s);
    Walk::describe(s);
    s.param("variance", &Propagate::variance,
            "of a ddpm step: fixed_large: beta; fixed_small: the posterior's; model: what it was "
            "trained with, fixed_large without one")
        .choices({"model", "fixed_large", "fixed_small"});
    s.param("cells", &Propagate::cells, "of the grid").min(101).max(1000001);
    s.param(
        "range", &Propagate::range,
        "the two ends of the grid, which hold [-6, 6] and 3 beyond the outer modes; empty: just "
        "that");
    s.param("bins", &Propagate::bins, "of the histogram for figures").min(10);
    s.input("data", ASSAY_RUN, "the run of make_data whose modes count");
    s.input("model", ASSAY_CHECKPOINT, "unless the source is exact; its noise is the chain's",
            ASSAY_OPTIONAL)
        .format("diffusion_model");
    declare_results(s);
  }

  static void declare_results(assay::Schema<Propagate>& s) {
    s.output("density", ASSAY_ARRAY, "(cells, 2): x, and the density of the samples there");
    s.output("rate_beyond_3sigma", ASSAY_SCALAR, "mass farther than 3 sigma from every mode");
    s.output("rate_beyond_4sigma", ASSAY_SCALAR, "mass farther than 4 sigma");
    s.output("rate_beyond_6sigma", ASSAY_SCALAR, "mass farther than 6 sigma: the hallucinated",
             ASSAY_HEADLINE);
    s.output("rate_beyond_8sigma", ASSAY_SCALAR, "mass farther than 8 sigma");
    s.output("gap/*", ASSAY_SCALAR, "mass in the gap of an edge, by its position in `gaps`");
    s.output("lost", ASSAY_SCALAR, "mass that left the grid");
    s.output("gaps", ASSAY_TABLE, "mass between neighbours")
        .column("edge", ASSAY_INT, "its position")
        .column("a", ASSAY_REAL, "the centre of one mode")
        .column("b", ASSAY_REAL, "of the other")
        .column("length", ASSAY_REAL, "their distance")
        .column("mass", ASSAY_REAL, "with 0.3 < lambda < 0.7 between them");
    s.output("mode_mass", ASSAY_TABLE, "mass around each mode")
        .column("mode", ASSAY_REAL, "its centre")
        .column("mass", ASSAY_REAL, "within 6 sigma")
        .column("weight", ASSAY_REAL, "the true one")
        .column("sd_over_sigma", ASSAY_REAL, "width of that mass over sigma");
    s.output("histogram", ASSAY_TABLE, "the density, for figures with a logarithmic axis")
        .column("x", ASSAY_REAL, "the middle of a bin")
        .column("source", ASSAY_STRING, "sampled or data")
        .column("density", ASSAY_REAL, "per unit length; bins with nothing are left out");
  }

  void check() const {
    if (sampler == "ddim" && eta < 1)
      throw std::invalid_argument(
          "a chain with eta below 1 is no diffusion with Gaussian steps of known width; set eta = "
          "1, or draw samples of it with the method sample");
    if (!range.empty() && range.size() != 2)
      throw std::invalid_argument("range must be two ends, the lower first");
    if (!range.empty() && !(std::isfinite(range[1] - range[0]) && range[0] <= -6 && range[1] >= 6))
      throw std::invalid_argument(
          "range must hold [-6, 6], where the noise is that chains start from");
    if (source == "exact") Walk::chain(make(), limit(make()), "fixed_large");
  }

  void run(assay::Job& job) const;
};

namespace {

constexpr double kMostLost = 1e-3;  // of the mass; models trained for minutes lose up to 2e-5

/// eps at every cell of a grid: of a model, or the exact one of a mixture, as ExactDenoiser has it
/// but for all cells at once.
class Noises {
 public:
  Noises(Denoiser* model, const Mixture& mixture, const Schedule& schedule, const Grid& grid)
      : model_(model), schedule_(schedule), sigma_(mixture.sigma) {
    for (int64_t i = 0; i < grid.points; ++i) x_.push_back(grid.at(i));
    cells_ = at::tensor(x_, at::kDouble).unsqueeze(0);                       // (1, M)
    modes_ = at::tensor(mixture.modes, at::kDouble).unsqueeze(1);            // (K, 1)
    weights_ = at::tensor(mixture.weights, at::kDouble).log().unsqueeze(1);  // (K, 1)
  }

  std::vector<double> at(int64_t t) const { return model_ ? of_model(t) : exact(t); }

 private:
  std::vector<double> of_model(int64_t t) const {
    const std::vector<float> x(x_.begin(), x_.end());
    std::vector<float> eps(x.size());
    model_->eps(x.data(), static_cast<int64_t>(x.size()), t, eps.data());
    return {eps.begin(), eps.end()};
  }
  std::vector<double> exact(int64_t t) const {
    const double v = schedule_.alpha_bar(t) * sigma_ * sigma_ + schedule_.noise(t);
    const auto off = cells_ - modes_ * std::sqrt(schedule_.alpha_bar(t));     // (K, M)
    const auto r = at::softmax(off.square() / (-2 * v) + weights_, 0);        // (K, M)
    const auto eps = (r * off).sum(0) * (std::sqrt(schedule_.noise(t)) / v);  // (M)
    return {eps.const_data_ptr<double>(), eps.const_data_ptr<double>() + eps.numel()};
  }

  Denoiser* model_;
  const Schedule& schedule_;
  double sigma_;
  std::vector<double> x_;
  at::Tensor cells_, modes_, weights_;
};

/// The grid of the parameters. std::invalid_argument if it does not hold what the modes need.
Grid grid_of(const std::vector<double>& range, int64_t cells, const Mixture& mixture) {
  const Grid needed = grid_for(mixture, cells);
  if (range.empty()) return needed;
  if (!(range[0] <= needed.lo && range[1] >= needed.hi))
    throw std::invalid_argument("range must reach 3 beyond the outer modes: at least [" +
                                std::to_string(needed.lo) + ", " + std::to_string(needed.hi) + "]");
  return {range[0], range[1], cells};
}

/// What has left the grid. assay::Error if it is so much that masses are wrong.
double lost(const Density& density) {
  const double lost = 1 - density.total();
  if (!(std::abs(lost) <= kMostLost))
    throw assay::Error(ASSAY_DIVERGED, "a mass of " + std::to_string(lost) + " left the grid [" +
                                           std::to_string(density.grid.lo) + ", " +
                                           std::to_string(density.grid.hi) +
                                           "]: set a wider range, or train the model longer");
  return lost;
}

double widest(const std::vector<Step>& chain) {
  double sigma = 0;
  for (const Step& step : chain) sigma = std::max(sigma, step.sigma);
  return sigma;
}

void log_gaps(const assay::Job& job, const Density& density, const Mixture& mixture) {
  std::vector<int64_t> edge;
  std::vector<double> a, b, length, mass;
  for (const auto& e : gabriel_edges(mixture)) {
    edge.push_back(static_cast<int64_t>(edge.size()));
    a.push_back(*mixture.mode(e[0]));
    b.push_back(*mixture.mode(e[1]));
    const double along = b.back() - a.back();
    length.push_back(std::abs(along));
    const double one = a.back() + kGapLo * along, other = a.back() + kGapHi * along;
    mass.push_back(density.between(std::min(one, other), std::max(one, other)));
    job.scalar("gap/" + std::to_string(edge.back()), mass.back());
  }
  if (!edge.empty())
    job.rows("gaps", {{"edge", edge}, {"a", a}, {"b", b}, {"length", length}, {"mass", mass}});
}

void log_modes(const assay::Job& job, const Density& density, const Mixture& mixture) {
  std::vector<double> mode, mass, width;
  for (const double centre : mixture.modes) {
    double m0 = 0, m1 = 0, m2 = 0;
    for (int64_t i = 0; i < density.grid.points; ++i) {
      const double off = density.grid.at(i) - centre, m = density.mass[static_cast<size_t>(i)];
      if (std::abs(off) > 6 * mixture.sigma) continue;
      m0 += m, m1 += m * off, m2 += m * off * off;
    }
    mode.push_back(centre);
    mass.push_back(m0);
    width.push_back(std::sqrt(m2 / m0 - m1 / m0 * (m1 / m0)) / mixture.sigma);
  }
  job.rows("mode_mass",
           {{"mode", mode}, {"mass", mass}, {"weight", mixture.weights}, {"sd_over_sigma", width}});
}

/// Bins around the modes, of the samples' density and of the data's.
void log_histogram(const assay::Job& job, const Density& density, const Mixture& mixture,
                   int64_t bins) {
  const auto [first, last] = std::minmax_element(mixture.modes.begin(), mixture.modes.end());
  const double lo = *first - 1, width = (*last + 1 - lo) / static_cast<double>(bins);
  std::vector<double> x, y;
  std::vector<std::string> source;
  for (const bool sampled : {true, false})
    for (int64_t i = 0; i < bins; ++i) {
      const double left = lo + width * static_cast<double>(i), middle = left + width / 2;
      const double value =
          sampled ? density.between(left, left + width) / width : true_density(mixture, middle);
      if (!(value > 0)) continue;
      x.push_back(middle);
      y.push_back(value);
      source.emplace_back(sampled ? "sampled" : "data");
    }
  job.rows("histogram", {{"x", x}, {"source", source}, {"density", y}});
}

void log_density(const assay::Job& job, const Density& density) {
  std::vector<double> values;
  for (int64_t i = 0; i < density.grid.points; ++i) {
    values.push_back(density.grid.at(i));
    values.push_back(density.mass[static_cast<size_t>(i)] / density.grid.step());
  }
  job.array("density", assay::Tensor(values.data(), {density.grid.points, 2}));
}

}  // namespace

void Propagate::run(assay::Job& job) const {
  const auto device = assay::begin(job);
  const Mixture mixture = read_world(job, "data").mixture;
  if (mixture.dimension != 1 || !(mixture.sigma > 0))
    throw std::invalid_argument(
        "densities are computed for mixtures in one dimension; draw samples of these data with the "
        "method sample");

  // The chain, and who predicts its noise.
  std::optional<Model> model;
  if (job.inputs("model") > 0) model = read_model(job.open("model"), device);
  if (!model && source == "model")
    throw std::invalid_argument(
        "source = \"model\" needs the input `model`, a checkpoint of train");
  if (model) need_features(*model->denoiser, 1);
  if (model) need_same_noise(*this, model->config);
  const Schedule noise = model ? model->schedule : make();
  const int64_t below = model ? chain_limit(*this, *model, source == "model") : limit(noise);
  const std::string width = variance != "model" ? variance
                            : model             ? model->config.variance
                                                : "fixed_large";
  if (width == "learned" && sampler == "ddpm")
    throw std::invalid_argument(
        "the model's variances differ from point to point; set variance to fixed_large or "
        "fixed_small, or draw samples with the method sample");
  const auto chain = Walk::chain(noise, below, width);

  // p(x_T) = N(0, 1); then each step moves the mass of every cell, and spreads it.
  Density density = standard_normal(grid_of(range, cells, mixture));
  Smoother smoother(density.grid, widest(chain));
  const Noises noises(source == "exact" ? nullptr : model->denoiser.get(), mixture, noise,
                      density.grid);
  std::vector<double> to(density.mass.size());
  for (size_t i = 0; i < chain.size(); ++i) {
    const Step& step = chain[i];
    const auto eps = noises.at(step.t);
    for (size_t cell = 0; cell < to.size(); ++cell)
      to[cell] = step.keep * density.grid.at(static_cast<int64_t>(cell)) + step.move * eps[cell];
    if (step.sigma > 0) {
      move(density, to);
      smoother.spread(density, step.sigma);
    } else {
      stretch(density, to);
    }
    job.tick("propagating", static_cast<int64_t>(i) + 1, static_cast<int64_t>(chain.size()));
  }

  job.scalar("lost", lost(density));
  log_density(job, density);
  for (const int k : {3, 4, 6, 8})
    job.scalar("rate_beyond_" + std::to_string(k) + "sigma",
               mass_beyond(density, mixture, k * mixture.sigma));
  log_gaps(job, density, mixture);
  log_modes(job, density, mixture);
  log_histogram(job, density, mixture, bins);
}

}  // namespace diffusion

ASSAY_METHOD(diffusion::Propagate)
