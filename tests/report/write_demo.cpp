// Writes the report of the demonstration into a folder: `write_demo FOLDER [static]`.
#include "core/report/report.hpp"
#include "tests/report/demo.hpp"

#include <cstdio>

int main(int argc, char** argv) try {
  if (argc < 2) return 2;
  auto e = assay::test::demo_experiment();
  assay::test::demo_report(e.plan.report);
  assay::Frame frame(e.plan, e.runs);
  const bool plain = argc > 2 && std::string(argv[2]) == "static";
  const auto page = assay::write_report(e.plan, frame, argv[1], {plain});
  std::printf("%s\n", page.c_str());
  std::fputs(assay::render_claims_terminal(assay::evaluate_claims(e.plan, frame)).c_str(), stdout);
  if (plain) assay::write_plots(e.plan, frame, assay::fs::path(argv[1]) / "figures", {"svg"});
  return 0;
} catch (const assay::BadInput& bad) {
  std::fputs(assay::render(bad.messages()).c_str(), stderr);
  return 2;
}
