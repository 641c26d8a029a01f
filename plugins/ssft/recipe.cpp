#include "plugins/ssft/recipe.hpp"

namespace ssft {

assay::train::TrainerOptions Recipe::trainer_options(const assay::Job& job, const std::string& name,
                                                     int64_t epochs, double peak,
                                                     int64_t examples) const {
  const int64_t steps_per_epoch = (examples + batch - 1) / batch;
  const double warmup = warmup_epochs < 0 ? static_cast<double>(epochs) / 10 : warmup_epochs;
  return {"stage " + name,
          batch,
          {schedule, peak, epochs, warmup, steps_per_epoch + reference_schedule},
          job.key("order " + name),
          job.key("noise " + name)};
}

assay::nn::ClassifierConfig FirstStage::config(const assay::Job& job,
                                               const assay::train::Examples& images,
                                               int64_t classes) const {
  assay::nn::ClassifierConfig config{
      model, width, images.shape(), classes, images.pixels, 1, assay::nn::read_torchscript(job)};
  assay::train::check_fits(images, config);
  return config;
}

}  // namespace ssft
