// In place of the worlds that train networks, in a plugin that is built without LibTorch.
#include "plugins/qqt/worlds.hpp"

namespace qqt {
namespace {

[[noreturn]] void refuse(const WorldSettings& settings) {
  throw assay::Error(ASSAY_UNSUPPORTED,
                     "world = \"" + settings.world +
                         "\" trains networks, and this plugin was built without LibTorch; world = "
                         "\"powerlaw\" needs none");
}

}  // namespace

std::unique_ptr<World> make_fmnist(const assay::Job&, const WorldSettings& settings,
                                   const TrialPlan&) {
  refuse(settings);
}
std::unique_ptr<World> make_caption(const assay::Job&, const WorldSettings& settings,
                                    const TrialPlan&) {
  refuse(settings);
}

}  // namespace qqt
