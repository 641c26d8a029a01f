// Can neural network memorization be localized? (Maini, Mozer, Sedghi, Lipton, Kolter and Zhang,
// ICML 2023): in which layers and units a classifier keeps the examples that it can only have
// learned by heart, and whether they can be kept in units that are thrown away at test time. A user
// gets, for a labelled image set of their own, the tables and curves that answer this.
#include <assay/plugin.hpp>

namespace localization {
struct Data;          // labelled images, of which some are memorised by whoever fits them
struct Train;         // training, with an account of the gradients of clean and memorised examples
struct Rewind;        // one layer as it was at an earlier epoch
struct Retrain;       // one layer trained anew, on clean examples alone
struct Critical;      // the few units without which an example is forgotten
struct EtdTrain;      // training with example-tied dropout, or one of its baselines
struct EtdEval;       // what is left when the memorisation units are dropped
struct Memorisation;  // how far each example is learned by heart, from models without it
}  // namespace localization

ASSAY_PLUGIN_OF((assay::About{"localization", "0.1.0", "Where image classifiers memorise",
                              "Maini, Mozer, Sedghi, Lipton, Kolter, Zhang: Can Neural Network "
                              "Memorization Be Localized? ICML 2023. arXiv:2307.09542"}),
                localization::Data, localization::Train, localization::Rewind,
                localization::Retrain, localization::Critical, localization::EtdTrain,
                localization::EtdEval, localization::Memorisation)
