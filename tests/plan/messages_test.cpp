// Whole messages: each file in bad/ is planned, and what is printed is compared as text.
#include "core/base/files.hpp"
#include "tests/plan/fake.hpp"

#include <doctest/doctest.h>

#include <sstream>

using namespace assay;
using namespace assay::test;

namespace {

/// Lines "# override: X" and "# profile: X" at the top of a file are its command line.
ExperimentInput input_of(const fs::path& path) {
  ExperimentInput input;
  input.file = path.filename().string();
  input.text = read_file(path);
  std::istringstream lines(*input.text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# override: ")) input.overrides.push_back(line.substr(12));
    if (line.starts_with("# profile: ")) input.profiles.push_back(line.substr(11));
  }
  return input;
}

std::string messages(const fs::path& path) {
  Context context;
  context.machine = MachineLimits{4, 0, int64_t{16} << 30};
  CatalogEntry entry;
  entry.kind = "dataset";
  entry.name = "fashion-mnist";
  context.check = [](const std::vector<const Run*>& runs) {
    std::vector<std::optional<std::string>> out;
    for (const Run* run : runs)
      out.push_back(run->params["width"].get<int>() % 13 == 0
                        ? std::optional<std::string>("width must not be a multiple of 13")
                        : std::nullopt);
    return out;
  };
  try {
    make_plan(input_of(path), context);
  } catch (const BadInput& error) {
    return render(error.messages());
  }
  return "accepted\n";
}

}  // namespace

TEST_CASE("every wrong experiment file gets exactly the messages that are written beside it") {
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator(ASSAY_SOURCE "/tests/plan/bad")) {
    if (entry.path().extension() != ".toml") continue;
    ++count;
    const fs::path expected = fs::path(entry.path()).replace_extension(".txt");
    const std::string got = messages(entry.path());
    CAPTURE(entry.path().filename().string());
    REQUIRE_MESSAGE(fs::exists(expected), got);
    CHECK(got == read_file(expected));
  }
  CHECK(count >= 40);
}
