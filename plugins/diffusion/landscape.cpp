// Method `landscape`: why samples fall between modes: the learned noise prediction, score and clean
// sample against the exact ones on the segments between neighbours, and what the network's loss
// lacks of the least possible.
#include "plugins/diffusion/data.hpp"
#include "plugins/diffusion/model.hpp"
#include "plugins/diffusion/normals.hpp"
#include "plugins/diffusion/ramp.hpp"
#include "plugins/diffusion/source.hpp"

#include <assay/torch.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

namespace diffusion {

struct Landscape : Noise {
  static constexpr const char* name = "landscape";
  std::vector<int64_t> t{0, 5, 10, 20, 50};
  int64_t points = 2001;
  int64_t draws = 20000;

  static void describe(assay::Schema<Landscape>& s) {
    s.summary("Compares a learned score with the true one between neighbouring modes");
    s.flag(ASSAY_USES_GPU);
    s.param("t", &Landscape::t, "timesteps").min(0);
    s.param("points", &Landscape::points, "on the segment between two neighbours").min(11);
    s.param("draws", &Landscape::draws, "noised examples for the losses at each timestep").min(2);
    Noise::describe(s);
    s.input("data", ASSAY_RUN, "the run of make_data that the model was trained on");
    s.input("model", ASSAY_CHECKPOINT, "without one, the exact landscape alone; its noise is used",
            ASSAY_OPTIONAL)
        .format("diffusion_model");
    declare_results(s);
  }

  static void declare_results(assay::Schema<Landscape>& s) {
    s.output("landscape", ASSAY_TABLE, "along the segments between neighbours, at every timestep")
        .column("t", ASSAY_INT, "timestep")
        .column("edge", ASSAY_INT, "a row of `edges` of label")
        .column("source", ASSAY_STRING, "exact or learned")
        .column("x", ASSAY_REAL,
                "x_t along the segment: in one dimension itself, else from the origin")
        .column("eps", ASSAY_REAL, "noise prediction, its part along the segment")
        .column("score", ASSAY_REAL, "-eps / sqrt(1 - alpha_bar)")
        .column("x0", ASSAY_REAL, "predicted clean sample");
    s.output("ramps", ASSAY_TABLE, "the turn between neighbours; learned: NaN without a model")
        .column("t", ASSAY_INT, "timestep")
        .column("edge", ASSAY_INT)
        .column("slope_exact", ASSAY_REAL, "the largest |d x0^ / dx|")
        .column("slope_learned", ASSAY_REAL)
        .column("width_exact", ASSAY_REAL, "of x, over 10 to 90 % of the fall of eps")
        .column("width_learned", ASSAY_REAL)
        .column("slope_ratio", ASSAY_REAL, "slope_learned / slope_exact")
        .column("sup_eps", ASSAY_REAL, "the largest |learned - exact| of eps")
        .column("sup_x0", ASSAY_REAL, "and of x0^");
    s.output("slope_ratio/*", ASSAY_SCALAR,
             "t0, t5, ...: the largest learned slope over the exact one at any edge");
    s.output("width_ratio/*", ASSAY_SCALAR,
             "t0, t5, ...: the least learned width over the exact one at any edge");
    s.output("losses", ASSAY_TABLE, "mean over features of |eps - prediction|^2")
        .column("t", ASSAY_INT, "timestep")
        .column("exact", ASSAY_REAL, "of the exact prediction: the least possible, L*")
        .column("learned", ASSAY_REAL, "of the model")
        .column("excess", ASSAY_REAL, "learned - exact, on the same draws")
        .column("sem", ASSAY_REAL, "standard error of the excess")
        .column("draws", ASSAY_INT);
    s.output("excess/*", ASSAY_SCALAR, "t0, t5, ...: learned - exact loss");
  }

  void check() const {
    if (t.empty()) throw std::invalid_argument("t lists no timestep");
  }

  void run(assay::Job& job) const;
};

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Predictions along one segment at one timestep, (points,) each.
struct Curve {
  std::vector<double> x, eps, x0;
};

/// The segment between two modes as the noise of t leaves it: sqrt(alpha_bar) (a + lambda (b - a)).
class Segment {
 public:
  Segment(const Mixture& mixture, std::array<int64_t, 2> edge, const Schedule& schedule, int64_t t,
          int64_t points)
      : d_(static_cast<size_t>(mixture.dimension)),
        root_(std::sqrt(schedule.alpha_bar(t))),
        noise_(std::sqrt(schedule.noise(t))),
        t_(t) {
    const double *a = mixture.mode(edge[0]), *b = mixture.mode(edge[1]);
    double length = 0;
    for (size_t j = 0; j < d_; ++j) length += (b[j] - a[j]) * (b[j] - a[j]);
    for (size_t j = 0; j < d_; ++j) along_.push_back((b[j] - a[j]) / std::sqrt(length));
    for (int64_t i = 0; i < points; ++i) {
      const double lambda = static_cast<double>(i) / static_cast<double>(points - 1);
      for (size_t j = 0; j < d_; ++j) x_.push_back(root_ * (a[j] + lambda * (b[j] - a[j])));
    }
  }

  Curve exact(const ExactDenoiser& exact) const {
    std::vector<double> eps(x_.size());
    for (size_t i = 0; i < x_.size(); i += d_) exact.eps(&x_[i], t_, &eps[i]);
    return curve(eps);
  }
  Curve learned(Denoiser& model) const {
    const std::vector<float> x(x_.begin(), x_.end());
    std::vector<float> eps(x.size());
    model.eps(x.data(), static_cast<int64_t>(x.size() / d_), t_, eps.data());
    return curve({eps.begin(), eps.end()});
  }

 private:
  /// The parts along the segment.
  Curve curve(const std::vector<double>& eps) const {
    Curve curve;
    for (size_t i = 0; i < eps.size(); i += d_) {
      double x = 0, e = 0;
      for (size_t j = 0; j < d_; ++j) x += x_[i + j] * along_[j], e += eps[i + j] * along_[j];
      curve.x.push_back(x);
      curve.eps.push_back(e);
      curve.x0.push_back((x - noise_ * e) / root_);
    }
    return curve;
  }

  size_t d_;
  double root_, noise_;  // sqrt(alpha_bar), sqrt(1 - alpha_bar)
  int64_t t_;
  std::vector<double> along_, x_;  // (d), (points, d)
};

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double most = 0;
  for (size_t i = 0; i < a.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

/// Writes the tables `landscape` and `ramps`, one timestep after another.
class Ramps {
 public:
  Ramps(const assay::Job& job, const Mixture& mixture, const Schedule& schedule, Denoiser* model)
      : job_(job),
        mixture_(mixture),
        schedule_(schedule),
        exact_(mixture, schedule),
        model_(model) {}

  void at(int64_t t, int64_t points) {
    const auto edges = gabriel_edges(mixture_);
    std::vector<int64_t> time, edge;
    std::vector<double> column[7];
    double slope = 0, width = INFINITY;
    for (size_t e = 0; e < edges.size(); ++e) {
      const Segment segment(mixture_, edges[e], schedule_, t, points);
      const Curve exact = segment.exact(exact_);
      write("exact", t, e, exact);
      const Ramp a = ramp_of(exact.x, exact.eps, exact.x0);
      Ramp b{kNaN, kNaN};
      double sup_eps = kNaN, sup_x0 = kNaN;
      if (model_) {
        const Curve learned = segment.learned(*model_);
        write("learned", t, e, learned);
        b = ramp_of(learned.x, learned.eps, learned.x0);
        sup_eps = largest_difference(exact.eps, learned.eps);
        sup_x0 = largest_difference(exact.x0, learned.x0);
        slope = std::max(slope, b.steepest / a.steepest);
        width = std::min(width, b.width / a.width);
      }
      time.push_back(t);
      edge.push_back(static_cast<int64_t>(e));
      const double values[] = {a.steepest, b.steepest, a.width, b.width, b.steepest / a.steepest,
                               sup_eps,    sup_x0};
      for (size_t c = 0; c < 7; ++c) column[c].push_back(values[c]);
    }
    job_.rows("ramps", {{"t", time},
                        {"edge", edge},
                        {"slope_exact", column[0]},
                        {"slope_learned", column[1]},
                        {"width_exact", column[2]},
                        {"width_learned", column[3]},
                        {"slope_ratio", column[4]},
                        {"sup_eps", column[5]},
                        {"sup_x0", column[6]}});
    if (!model_ || edges.empty()) return;
    job_.scalar("slope_ratio/t" + std::to_string(t), slope);
    if (std::isfinite(width)) job_.scalar("width_ratio/t" + std::to_string(t), width);
  }

 private:
  void write(const char* source, int64_t t, size_t edge, const Curve& curve) const {
    const size_t n = curve.x.size();
    const std::vector<int64_t> time(n, t), edges(n, static_cast<int64_t>(edge));
    const std::vector<std::string> sources(n, source);
    std::vector<double> score(n);
    for (size_t i = 0; i < n; ++i) score[i] = -curve.eps[i] / std::sqrt(schedule_.noise(t));
    job_.rows("landscape", {{"t", time},
                            {"edge", edges},
                            {"source", sources},
                            {"x", curve.x},
                            {"eps", curve.eps},
                            {"score", score},
                            {"x0", curve.x0}});
  }

  const assay::Job& job_;
  const Mixture& mixture_;
  const Schedule& schedule_;
  ExactDenoiser exact_;
  Denoiser* model_;
};

/// x_t of fresh examples, and the noise in them: (n, d) each.
struct Noised {
  std::vector<float> x, eps;
};

Noised noised(const Mixture& mixture, const Schedule& schedule, int64_t t, int64_t n, uint64_t key,
              uint64_t mode_key) {
  const int64_t d = mixture.dimension;
  Noised out{std::vector<float>(static_cast<size_t>(n * d)),
             std::vector<float>(static_cast<size_t>(n * d))};
  const auto step = static_cast<uint32_t>(t);
  normals(key, 2 * step, 0, n * d, out.x.data());
  normals(key, 2 * step + 1, 0, n * d, out.eps.data());
  const double root = std::sqrt(schedule.alpha_bar(t)), noise = std::sqrt(schedule.noise(t));
  assay::Stream which(mode_key, static_cast<uint64_t>(t) << 40);
  for (int64_t i = 0; i < n; ++i) {
    const int64_t k = mode_at(mixture, which.uniform());
    for (int64_t j = i * d; j < (i + 1) * d; ++j) {
      auto& x = out.x[static_cast<size_t>(j)];
      const double x0 = mixture.mode(k)[j - i * d] + mixture.sigma * static_cast<double>(x);
      x = static_cast<float>(root * x0 +
                             noise * static_cast<double>(out.eps[static_cast<size_t>(j)]));
    }
  }
  return out;
}

/// Mean over features of |eps - prediction|^2, of each example.
std::vector<double> losses(Denoiser& denoiser, const Noised& at, int64_t t) {
  const auto d = static_cast<size_t>(denoiser.features());
  std::vector<float> predicted(at.x.size());
  denoiser.eps(at.x.data(), static_cast<int64_t>(at.x.size() / d), t, predicted.data());
  std::vector<double> loss(at.x.size() / d);
  for (size_t i = 0; i < at.x.size(); ++i) {
    const double off = static_cast<double>(at.eps[i]) - static_cast<double>(predicted[i]);
    loss[i / d] += off * off / static_cast<double>(d);
  }
  return loss;
}

double mean(const std::vector<double>& x) {
  double sum = 0;
  for (const double v : x) sum += v;
  return sum / static_cast<double>(x.size());
}

void log_losses(const assay::Job& job, const Mixture& mixture, const Schedule& schedule,
                Denoiser* model, int64_t t, int64_t draws) {
  const Noised at = noised(mixture, schedule, t, draws, job.key("losses"), job.key("loss modes"));
  ExactDenoiser denoiser(mixture, schedule);
  const auto exact = losses(denoiser, at, t);
  const std::vector<double> least{mean(exact)};
  std::vector<double> learned{kNaN}, excess{kNaN}, sem{kNaN};
  if (model) {
    auto more = losses(*model, at, t);
    learned[0] = mean(more);
    for (size_t i = 0; i < more.size(); ++i) more[i] -= exact[i];
    excess[0] = mean(more);
    double square = 0;
    for (const double m : more) square += (m - excess[0]) * (m - excess[0]);
    const auto n = static_cast<double>(draws);
    sem[0] = std::sqrt(square / (n - 1) / n);
    job.scalar("excess/t" + std::to_string(t), excess[0]);
  }
  const std::vector<int64_t> time{t}, count{draws};
  job.rows("losses", {{"t", time},
                      {"exact", least},
                      {"learned", learned},
                      {"excess", excess},
                      {"sem", sem},
                      {"draws", count}});
}

}  // namespace

void Landscape::run(assay::Job& job) const {
  const auto device = assay::begin(job);
  const Mixture mixture = read_world(job, "data").mixture;
  std::optional<Model> model;
  if (job.inputs("model") > 0) model = read_model(job.open("model"), device);
  if (model) need_features(*model->denoiser, mixture.dimension);
  if (model) need_same_noise(*this, model->config);
  const Schedule noise = model ? model->schedule : make();
  const int64_t below = model ? model->config.t_max : noise.timesteps();
  Denoiser* denoiser = model ? model->denoiser.get() : nullptr;
  Ramps ramps(job, mixture, noise, denoiser);
  for (size_t i = 0; i < t.size(); ++i) {
    if (t[i] >= below)
      throw std::invalid_argument("t = " + std::to_string(t[i]) +
                                  " is not among the trained timesteps 0 .. " +
                                  std::to_string(below - 1));
    ramps.at(t[i], points);
    log_losses(job, mixture, noise, denoiser, t[i], draws);
    job.tick("looking", static_cast<int64_t>(i) + 1, static_cast<int64_t>(t.size()));
  }
}

}  // namespace diffusion

ASSAY_METHOD(diffusion::Landscape)
