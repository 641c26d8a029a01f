#include "plugins/qqt/worlds.hpp"
namespace qqt {
std::unique_ptr<World> make_caption(const assay::Job&, const WorldSettings&, const TrialPlan&) {
  throw assay::Error(ASSAY_UNSUPPORTED, "not yet");
}
}  // namespace qqt
