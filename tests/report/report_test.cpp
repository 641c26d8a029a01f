#include "core/report/embedded.hpp"
#include "core/report/escape.hpp"
#include "core/report/png.hpp"
#include "core/report/report.hpp"
#include "core/report/text_grid.hpp"
#include "tests/report/demo.hpp"
#include "tests/report/folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <png.h>

using namespace assay;
using namespace assay::test;

namespace {

std::string page_of(Experiment& e, const ReportOptions& options = {}) {
  const Folder folder;
  Frame frame(e.plan, e.runs);
  return read_file(write_report(e.plan, frame, folder.path, options));
}

size_t count(const std::string& text, const std::string& what) {
  size_t n = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

/// The part of the page that is ours: without the embedded library.
std::string own(const std::string& page) {
  const size_t at = page.find("</main>");
  return page.substr(0, at);
}

}  // namespace

TEST_CASE("equal plans and runs give an equal page") {
  auto a = demo_experiment(), b = demo_experiment();
  demo_report(a.plan.report);
  demo_report(b.plan.report);
  CHECK(page_of(a) == page_of(b));
}

TEST_CASE("no text of a plan or an archive becomes markup") {
  auto e = demo_experiment();
  demo_report(e.plan.report);
  e.plan.title = e.plan.paper = e.plan.description = "</title>" + kHostile + "</script>";
  e.plan.plugins[0].version = kHostile;
  e.runs.runs[e.plan.runs[0].id].provenance["host"] = kHostile;
  const std::string page = page_of(e), mine = own(page);
  CHECK(count(page, kHostile) == 0);
  CHECK(count(mine, "<script") == 0);
  CHECK(count(mine, "&lt;script&gt;alert(1)") > 10);
  CHECK(count(page, "\\u003cscript\\u003ealert(1)") > 3);
  CHECK(json_for_html(Json{{"a", "</script><!--"}}) ==
        "{\"a\":\"\\u003c/script\\u003e\\u003c!--\"}");
}

TEST_CASE("the page asks the network for nothing") {
  auto e = demo_experiment();
  demo_report(e.plan.report);
  const std::string mine = own(page_of(e));
  CHECK(count(mine, "http://") == 0);
  CHECK(count(mine, "https://") == 0);
  CHECK(count(mine, "Content-Security-Policy") == 1);
  CHECK(count(mine, " src=\"data:image/png;base64,") == 20);
}

TEST_CASE("the report has its parts in the file's order, and files beside it") {
  auto e = demo_experiment();
  demo_report(e.plan.report);
  const Folder folder;
  Frame frame(e.plan, e.runs);
  const std::string page = read_file(write_report(e.plan, frame, folder.path));
  size_t at = 0;
  for (const auto* part :
       {"<h1>", "id=\"warnings\"", "id=\"claims\"", "Training loss by noise", "<h3>AUC</h3>",
        "First forgotten", "id=\"pipeline\"", "id=\"runs\"", "id=\"reproduce\""}) {
    CAPTURE(part);
    const size_t next = page.find(part, at);
    REQUIRE(next != std::string::npos);
    at = next;
  }
  CHECK(fs::exists(folder.path / "claims.json"));
  CHECK(fs::exists(folder.path / "figures" / "times.csv"));
  CHECK(fs::exists(folder.path / "tables" / "auc.csv"));
  const Json claims = Json::parse(read_file(folder.path / "claims.json"));
  CHECK(claims["claims"].size() == 4);
  CHECK(claims["experiment"] == "demo");
}

TEST_CASE("warnings tell of missing runs, dirty trees, mixed binaries and few seeds") {
  auto e = demo_experiment(2);
  demo_report(e.plan.report);
  e.runs.runs[e.plan.runs[0].id].provenance["git_dirty"] = true;
  e.runs.runs[e.plan.runs[0].id].provenance["so_sha256"] = "aa";
  e.runs.runs[e.plan.runs[1].id].provenance["so_sha256"] = "bb";
  e.runs.runs[e.plan.runs[1].id].attributes["outcome"] = "diverged";
  const std::string page = page_of(e);
  for (const auto* text :
       {"1 run of 30 is not complete", "1 run diverged",
        "1 run came from a working tree with uncommitted changes",
        "runs of demo came from 2 different binaries", "an interval from fewer than 3 runs"}) {
    CAPTURE(text);
    CHECK(page.find(text) != std::string::npos);
  }
}

TEST_CASE("without ECharts the figures are gnuplot's, inside the page") {
  if (!have_gnuplot()) return;
  auto e = demo_experiment();
  demo_report(e.plan.report);
  const std::string page = page_of(e, {.static_figures = true});
  CHECK(count(page, "data:image/svg+xml;base64,") == 9);
  CHECK(count(page, "class=\"chart\"") == 0);
  CHECK(page.size() < 1000000);
}

TEST_CASE("an experiment without runs or report items still has a page") {
  auto e = demo_experiment();
  e.runs.runs.clear();
  demo_report(e.plan.report);
  CHECK(own(page_of(e)).find("Nothing to draw yet") != std::string::npos);
  e.plan.report = {};
  CHECK(own(page_of(e)).find("accuracy") != std::string::npos);
}

TEST_CASE("each archive is opened once for a report, and no closed run is opened") {
  auto e = demo_experiment(10);  // 150 runs: more than are kept open
  demo_report(e.plan.report);
  std::erase_if(e.plan.report.items,
                [](const ReportItem& item) { return std::holds_alternative<ImagesSpec>(item); });
  page_of(e);
  CHECK(e.runs.opened == 149);
}

TEST_CASE("images become PNGs of their pixels") {
  const Array grey = byte_array({0, 64, 128, 255, 1, 2, 3, 4}, {2, 2, 2});
  const ImageShape shape = image_shape(grey);
  const std::string png = encode_png(grey, shape, 1);
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  REQUIRE(png_image_begin_read_from_memory(&image, png.data(), png.size()));
  CHECK(image.width == 2);
  image.format = PNG_FORMAT_GRAY;
  std::vector<unsigned char> pixels(4);
  REQUIRE(png_image_finish_read(&image, nullptr, pixels.data(), 0, nullptr));
  CHECK(pixels == std::vector<unsigned char>{1, 2, 3, 4});
  CHECK(image_shape(byte_array(std::vector<unsigned char>(24), {2, 3, 2, 2})).channels == 3);
  CHECK(image_shape(byte_array(std::vector<unsigned char>(24), {2, 2, 2, 3})).channels == 3);
  CHECK_THROWS_AS(image_shape(byte_array({1, 2}, {2})), BadInput);
  CHECK(base64("Man") == "TWFu");
  CHECK(base64("Ma") == "TWE=");
  CHECK(base64("M") == "TQ==");
}

TEST_CASE("text on the terminal is as wide as it looks and never a control sequence") {
  CHECK(display_width("aé±≥") == 4);
  CHECK(display_width("漢字") == 4);
  CHECK(wrap("one two three", 7) == std::vector<std::string>{"one two", "three"});
  CHECK(wrap("abcdefghij", 4) == std::vector<std::string>{"abcd", "efgh", "ij"});
  CHECK(one_line("a\x1b[2J\nb") == "a\xEF\xBF\xBD[2J b");
}
