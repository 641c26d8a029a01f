#include "plugins/localization/recipe.hpp"

namespace localization {

assay::nn::ClassifierConfig Recipe::config(const assay::Job& job, const Set& set) const {
  assay::nn::ClassifierConfig config{model,
                                     width,
                                     set.train.shape(),
                                     set.classes,
                                     set.train.pixels,
                                     1,
                                     assay::nn::read_torchscript(job)};
  assay::train::check_fits(set.train, config);
  return config;
}

assay::train::TrainerOptions Recipe::trainer_options(const assay::Job& job, const std::string& name,
                                                     const std::string& suffix) const {
  return {name,
          batch,
          {schedule, lr, epochs, warmup_fraction * static_cast<double>(epochs), 0},
          job.key("order" + suffix),
          job.key("noise" + suffix)};
}

}  // namespace localization
