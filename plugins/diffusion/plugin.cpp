// Understanding hallucinations in diffusion models through mode interpolation (Aithal, Maini,
// Lipton and Kolter, NeurIPS 2024): a diffusion model trained on separate modes puts samples
// between neighbouring ones, because the score it learns is too smooth; the variance of the
// predicted clean sample over the last steps tells which samples these are. A user gets the rate of
// hallucinations with its interval, a score for each sample, filters, and what recursive training
// does.
#include <assay/plugin.hpp>

namespace diffusion {
struct MakeData;       // the training set
struct Train;          // a network on it
struct ImportModel;    // one that the released code trained
struct Sample;         // runs the reverse chain, and scores what it makes
struct Label;          // which samples are hallucinated
struct Detect;         // how well scores tell them
struct Filter;         // drops the suspicious
struct ScoreFile;      // scores of anybody's trajectories
struct Propagate;      // the exact density of the samples, in one dimension
struct Landscape;      // the learned score against the true one, between modes
struct Recurse;        // trains on its own samples, generation after generation
struct TrainFeatures;  // a classifier of images, for the features of
struct Frechet;        // distances between sets of them
}  // namespace diffusion

ASSAY_PLUGIN_OF((assay::About{"diffusion", "0.1.0", "Hallucinations of diffusion models",
                              "Aithal, Maini, Lipton, Kolter: Understanding Hallucinations in "
                              "Diffusion Models through Mode Interpolation. NeurIPS 2024. "
                              "arXiv:2406.09358"}),
                diffusion::MakeData, diffusion::Train, diffusion::ImportModel, diffusion::Sample,
                diffusion::Label, diffusion::Detect, diffusion::Filter, diffusion::ScoreFile,
                diffusion::Propagate, diffusion::Landscape, diffusion::Recurse,
                diffusion::TrainFeatures, diffusion::Frechet)
