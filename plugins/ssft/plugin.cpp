// Characterizing datapoints via second-split forgetting (Maini, Garg, Lipton and Kolter, NeurIPS
// 2022): train a network on one half of a labelled set, go on training it on the other half, and
// watch when each example of the first half stops being classified correctly. Mislabelled examples
// go within the first epochs; rare and complex ones stay. A user gets, for each example, its
// learning time, its forgetting time, and a ranking by suspicion.
#include <assay/plugin.hpp>

namespace ssft {
struct Split;         // two halves, with label noise if asked for
struct Learn;         // stage 1, on A
struct Forget;        // stage 2, on B
struct Score;         // times and scores of one seed, and how well they find wrong labels
struct Aggregate;     // the same over seeds, and in both directions
struct Removal;       // what training without the worst examples gains
struct LinearTheory;  // the same in a linear model, where it can be computed
}  // namespace ssft

ASSAY_PLUGIN_OF((assay::About{"ssft", "0.1.0", "Second-split forgetting times of labelled images",
                              "Maini, Garg, Lipton, Kolter: Characterizing Datapoints via "
                              "Second-Split Forgetting. NeurIPS 2022. arXiv:2210.15031"}),
                ssft::Split, ssft::Learn, ssft::Forget, ssft::Score, ssft::Aggregate, ssft::Removal,
                ssft::LinearTheory)
