// A plugin schema in memory, and what a test needs around make_plan.
#pragma once
#include "core/plan/planner.hpp"

#include <string>
#include <vector>

namespace assay::test {

/// Plugin "toy": methods make, train, score, sum, export_model and others; see fake.cpp.
PluginSchema toy_plugin();

/// Digests of names instead of contents.
class FakeDigests : public Digests {
 public:
  std::string file(const fs::path& path) override;
  std::string tree(const fs::path& folder) override;
  int calls = 0;
};

/// A context that knows the plugin "toy" and nothing of this machine.
struct Context : PlanContext {
  Context();
  FakeDigests fake_digests;
};

/// Plans `text` as the file "test.toml".
Plan plan(const std::string& text, const std::vector<std::string>& overrides = {},
          const std::vector<std::string>& profiles = {});
/// The rendered errors of a file that must not be accepted; "" when it is.
std::string errors_of(const std::string& text, const std::vector<std::string>& overrides = {},
                      const std::vector<std::string>& profiles = {});
/// Codes of the plan's warnings, in order.
std::vector<std::string> warnings_of(const Plan& plan);

/// The ids of a stage's runs in the order of its points.
std::vector<std::string> ids(const Plan& plan, const std::string& stage);
/// The labels of a stage's points, without the stage's name.
std::vector<std::string> labels(const Plan& plan, const std::string& stage);

/// `assay = 1` and an [experiment].
extern const std::string kHead;

}  // namespace assay::test
