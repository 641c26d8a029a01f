// Method `detect`: how well the score of each sample tells which are hallucinated.
#include "plugins/diffusion/detector.hpp"
#include "plugins/diffusion/scored_samples.hpp"

#include <assay/plugin.hpp>

#include <stdexcept>

namespace diffusion {

struct Detect : Detector {
  static constexpr const char* name = "detect";

  static void describe(assay::Schema<Detect>& s) {
    s.summary("Removes samples by their score: removal of the hallucinated against retention");
    s.input("samples", ASSAY_RUN, "a run of sample or score_file");
    s.input("labels", ASSAY_RUN, "a run of label on the same samples");
    Detector::describe(s);
  }

  void run(assay::Job& job) const {
    const auto samples = read_scored(job, "samples");
    const auto bad = job.open("labels").read<uint8_t>("arrays/hallucinated");
    if (bad.size() != samples.count())
      throw std::invalid_argument("input \"labels\" labels " + std::to_string(bad.size()) +
                                  " samples and input \"samples\" has " +
                                  std::to_string(samples.count()) +
                                  "; they must be of the same run");
    report(job, samples.score, bad, job.key("split"));
    sweep(job, samples, bad);
  }
};

}  // namespace diffusion

ASSAY_METHOD(diffusion::Detect)
