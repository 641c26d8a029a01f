// Writes a report of made-up numbers into a folder: `write_demo FOLDER [static] [papers]`.
#include "core/report/report.hpp"
#include "tests/report/papers.hpp"

#include <cstdio>

int main(int argc, char** argv) try {
  using namespace assay;
  if (argc < 2) return 2;
  const std::vector<std::string> words(argv + 2, argv + argc);
  const auto said = [&](const char* word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  const bool plain = said("static"), papers = said("papers");
  auto e = papers ? test::papers_experiment() : test::demo_experiment();
  papers ? test::papers_report(e.plan.report) : test::demo_report(e.plan.report);
  Frame frame(e.plan, e.runs);
  const auto page = write_report(e.plan, frame, argv[1], {plain});
  std::printf("%s\n", page.c_str());
  std::fputs(render_claims_terminal(evaluate_claims(e.plan, frame)).c_str(), stdout);
  if (plain) write_plots(e.plan, frame, fs::path(argv[1]) / "figures", {"svg"});
  return 0;
} catch (const assay::BadInput& bad) {
  std::fputs(assay::render(bad.messages()).c_str(), stderr);
  return 2;
}
