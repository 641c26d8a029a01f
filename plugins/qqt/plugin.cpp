// Scaling laws for data filtering (Goyal, Maini, Lipton, Raghunathan and Kolter, CVPR 2024): a pool
// of data has a utility, which halves every tau repetitions. From curves of single pools alone, the
// laws say which union of pools is best for a number of training samples. A user gets utilities and
// half-lives with intervals, the best union for a budget, how sure that is, and what to measure
// next.
#include <assay/plugin.hpp>

namespace qqt {
struct Import;        // curves that were measured elsewhere
struct ImportParams;  // laws that were fitted elsewhere
struct Measure;       // curves of small worlds, measured here
struct Simulate;      // curves made up from laws, to check the fit
struct FitCurves;     // laws from curves of single pools
struct Predict;       // the error of every union at every budget
struct BestPool;      // the union to train on, how sure that is, what to measure next
struct Validate;      // predictions against measured unions
struct Identify;      // which parameters so many points determine
}  // namespace qqt

ASSAY_PLUGIN_OF((assay::About{"qqt", "0.1.0", "Which data to train on, for a budget of samples",
                              "Goyal, Maini, Lipton, Raghunathan, Kolter: Scaling Laws for Data "
                              "Filtering - Data Curation cannot be Compute Agnostic. CVPR 2024. "
                              "arXiv:2404.07177"}),
                qqt::Import, qqt::ImportParams, qqt::Measure, qqt::Simulate, qqt::FitCurves,
                qqt::Predict, qqt::BestPool, qqt::Validate, qqt::Identify)
