// Bytes as an experiment file: planning refuses it with messages or returns a plan that is whole.
#include "core/plan/identity.hpp"
#include "tests/plan/fake.hpp"

#include <cstdlib>
#include <string>

using namespace assay;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  // A larger limit is a wish for more memory, not a fault.
  if (text.find("max_runs") != std::string::npos) return 0;
  ExperimentInput input;
  input.file = "fuzz.toml";
  // A first line "#KEY=VALUE" is an override.
  if (text.starts_with("#") && text.find('\n') < 200)
    input.overrides.push_back(text.substr(1, text.find('\n') - 1));
  input.text = std::move(text);
  test::Context context;
  try {
    const Plan plan = make_plan(input, context);
    for (const auto& point : plan.points)
      if (point.run >= plan.runs.size()) std::abort();
    for (size_t i = 0; i < plan.runs.size(); ++i) {
      const Run& run = plan.runs[i];
      if (run.id != run_id(canonical_json(run, plan.schema(run)))) std::abort();
      for (const auto& id : run.upstream())
        if (plan.find(id) == nullptr || plan.find(id) >= &run) std::abort();
    }
    if (plan_from_json(to_json(plan)).id() != plan.id()) std::abort();
  } catch (const BadInput& error) {
    if (error.messages().empty() || render(error.messages()).empty()) std::abort();
  }
  return 0;
}
