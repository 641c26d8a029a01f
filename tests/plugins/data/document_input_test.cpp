// Documents of a job's inputs.
#include "plugins/common/data/document_input.hpp"
#include "tests/plugins/data/sample_files.hpp"

using assay::data::Document;
using assay::data::for_each_document;
using assay::data::read_documents;

namespace {
std::vector<std::string>& given() {
  static std::vector<std::string> paths;
  return paths;
}
}  // namespace

TEST_CASE("a job's input gives the documents of all its paths in order, one not given none") {
  assay_host host{};
  host.inputs = [](assay_ctx*, const char* name) noexcept {
    return std::string(name) == "text" ? given().size() : 0;
  };
  host.path = [](assay_ctx*, const char*, size_t i) noexcept { return given()[i].c_str(); };
  assay_job raw{};
  raw.host = &host;
  const assay::Job job(&raw);

  const sample::TempFolder folder;
  folder.write("a.jsonl", std::string("\"one\"\n\"two\"\n"));
  folder.write("b.txt", std::string("three"));
  given() = {folder.path("a.jsonl"), folder.path("b.txt")};
  const auto documents = read_documents(job, "text");
  REQUIRE(documents.size() == 3);
  CHECK(documents[1].id == "a.jsonl:2");
  CHECK(documents[2].text == "three");
  CHECK(read_documents(job, "other").empty());
  int seen = 0;
  for_each_document(job, "text", {}, [&](Document&) { return ++seen < 2; });
  CHECK(seen == 2);
}
