// Method `score_file`: scores the trajectories of any diffusion model, from a file.
#include "plugins/diffusion/data.hpp"
#include "plugins/diffusion/detection.hpp"
#include "plugins/diffusion/detector.hpp"
#include "plugins/diffusion/keep.hpp"
#include "plugins/diffusion/label_file.hpp"
#include "plugins/diffusion/scored_samples.hpp"
#include "plugins/diffusion/source.hpp"
#include "plugins/diffusion/trajectories.hpp"

#include <assay/plugin.hpp>

#include <algorithm>
#include <stdexcept>

namespace diffusion {

struct ScoreFile : Noise, Detector {
  static constexpr const char* name = "score_file";
  std::vector<int64_t> visited;
  std::string dataset;
  std::vector<int64_t> window{0, 10}, windows;
  std::string score = "variance";
  double drop_fraction = kDropFraction;
  int64_t keep = 0;

  static void describe(assay::Schema<ScoreFile>& s) {
    s.summary("Scores the trajectories of any diffusion model, from a file");
    s.param("visited", &ScoreFile::visited,
            "the timestep of each step in the file, from the noisiest down; empty: steps - 1 .. 0")
        .min(0);
    s.param("dataset", &ScoreFile::dataset, "of an HDF5 file; empty: its only array of floats");
    s.param("window", &ScoreFile::window,
            "the two ends of the scored window [lo, hi), in timesteps of the training chain; "
            "empty: [0, hi) by the spacing of the modes of input `data`")
        .min(0);
    s.param("windows", &ScoreFile::windows, "more windows to score over: lo, hi, lo, hi, ...")
        .min(0);
    s.param("score", &ScoreFile::score, "which of the scores is the array `score`")
        .choices({DIFFUSION_SCORES});
    s.param("drop_fraction", &ScoreFile::drop_fraction, "of the highest scores, dropped in `kept`")
        .min(0)
        .below(1);
    s.param("keep", &ScoreFile::keep, "how many to keep instead; 0: by drop_fraction").min(0);
    Noise::describe(s);
    s.input("trajectories", ASSAY_FILE,
            "predicted clean samples [samples][steps][...] in NPY or HDF5, steps in the order of "
            "the chain: the last is the least noisy");
    s.input("labels", ASSAY_FILE, "NPY or text, 1: hallucinated, 0: not", ASSAY_OPTIONAL);
    s.input("data", ASSAY_RUN, "a run of make_data whose modes the samples should lie at",
            ASSAY_OPTIONAL);
    declare_data(s);
    declare_scored(s);
    s.output("kept", ASSAY_ARRAY, "(k,): the samples that a filter keeps, ascending");
    Detector::describe(s);
  }

  void check() const {
    windows_of(window);
    windows_of(windows);
    if (window.size() > 2)
      throw std::invalid_argument("window has two ends; list more windows in `windows`");
  }

  void run(assay::Job& job) const;

 private:
  std::vector<int64_t> timesteps_of(const Trajectories& file) const;
  std::vector<Window> all_windows(const assay::Job& job, const std::vector<int64_t>& t) const;
};

namespace {

constexpr int64_t kBlockValues = 1 << 22;  // 16 MiB of float at once

/// What is known of the samples besides the file.
Data world_of(const assay::Job& job, const Trajectories& file) {
  Data data;
  data.set = "file";
  if (job.inputs("data") > 0) data = read_world(job, "data");
  data.shape = file.example();
  if (data.mixture.count() > 0 && data.mixture.dimension != file.features())
    throw std::invalid_argument("the predictions have " + std::to_string(file.features()) +
                                " features and the modes of input \"data\" " +
                                std::to_string(data.mixture.dimension));
  return data;
}

/// The predictions of all chains of a block at one step: (rows, steps, D) -> (rows, D).
void gather(const std::vector<float>& block, int64_t rows, int64_t steps, int64_t step,
            int64_t features, std::vector<float>& out) {
  out.resize(static_cast<size_t>(rows * features));
  for (int64_t i = 0; i < rows; ++i)
    std::copy_n(block.begin() + (i * steps + step) * features, features,
                out.begin() + i * features);
}

/// Plays the file to the scores, block by block, and collects the last predictions.
ScoredSamples play(assay::Job& job, Trajectories& file, const std::vector<int64_t>& t,
                   const std::vector<double>& snr, const std::vector<Window>& windows, Score chosen,
                   Data& data) {
  const int64_t n = file.count(), D = file.features();
  int64_t from = file.steps() - 1;
  for (size_t step = t.size(); step-- > 0;)
    for (const Window& w : windows)
      if (w.holds(t[step])) from = std::min(from, static_cast<int64_t>(step));
  const int64_t steps = file.steps() - from;
  const int64_t most = std::max<int64_t>(1, kBlockValues / (steps * D));
  ScoredSamples samples;
  samples.windows = windows;
  samples.score.resize(static_cast<size_t>(n));
  samples.scores.resize(kScores.size() * windows.size() * static_cast<size_t>(n));
  std::vector<float> block, now;
  for (int64_t first = 0; first < n; first += most) {
    const int64_t rows = std::min(most, n - first);
    block.resize(static_cast<size_t>(rows * steps * D));
    file.read(first, rows, from, block.data());
    WindowScores scores(windows, t, snr, rows, D);
    for (int64_t step = 0; step < steps; ++step) {
      const int64_t time = t[static_cast<size_t>(from + step)];
      gather(block, rows, steps, step, D, now);
      if (scores.wants(time)) scores.see(time, now.data(), 0, rows);
    }
    data.x.insert(data.x.end(), now.begin(), now.end());
    for (size_t s = 0; s < kScores.size(); ++s)
      for (size_t w = 0; w < windows.size(); ++w)
        for (int64_t i = 0; i < rows; ++i)
          samples.scores[(s * windows.size() + w) * static_cast<size_t>(n) +
                         static_cast<size_t>(first + i)] =
              static_cast<float>(scores.score(static_cast<Score>(s), w, i));
    for (int64_t i = 0; i < rows; ++i)
      samples.score[static_cast<size_t>(first + i)] = scores.score(chosen, 0, i);
    if (first == 0)
      for (size_t w = 0; w < windows.size(); ++w) samples.visited.push_back(scores.visited(w));
    job.tick("scoring", first + rows, n);
  }
  return samples;
}

}  // namespace

std::vector<int64_t> ScoreFile::timesteps_of(const Trajectories& file) const {
  std::vector<int64_t> t = visited;
  if (t.empty())
    for (int64_t step = file.steps(); step-- > 0;) t.push_back(step);
  if (static_cast<int64_t>(t.size()) != file.steps())
    throw std::invalid_argument("visited lists " + std::to_string(t.size()) +
                                " timesteps and the file has " + std::to_string(file.steps()) +
                                " steps; list one for each");
  if (const int64_t top = *std::max_element(t.begin(), t.end()); top >= timesteps)
    throw std::invalid_argument("the file visits timestep " + std::to_string(top) +
                                ", beyond a chain of timesteps = " + std::to_string(timesteps) +
                                "; set timesteps to the length of the training chain");
  return t;
}

std::vector<Window> ScoreFile::all_windows(const assay::Job& job,
                                           const std::vector<int64_t>& t) const {
  std::vector<Window> all = windows_of(window);
  if (all.empty()) {
    if (job.inputs("data") == 0)
      throw std::invalid_argument(
          "an empty window is chosen by the spacing of the modes, which "
          "input `data` must give");
    all.push_back(auto_window(make(), t, spacing(read_world(job, "data").mixture)));
  }
  for (const Window& more : windows_of(windows)) all.push_back(more);
  return all;
}

void ScoreFile::run(assay::Job& job) const {
  // Score every chain of the file.
  const auto file = open_trajectories(job, "trajectories", dataset);
  const auto t = timesteps_of(*file);
  Data data = world_of(job, *file);
  const ScoredSamples samples = play(job, *file, t, signal_to_noise(make(), t), all_windows(job, t),
                                     score_named(score), data);
  write_data(job, data);
  write_scored(job, samples);

  // Filter, and judge the scores if there are labels.
  job.array("kept", lowest(samples.score, keep_count(file->count(), keep, drop_fraction)));
  if (job.inputs("labels") == 0) return;
  const auto bad = read_labels(job.path("labels"), file->count());
  report(job, samples.score, bad, job.key("split"));
  sweep(job, samples, bad);
}

}  // namespace diffusion

ASSAY_METHOD(diffusion::ScoreFile)
