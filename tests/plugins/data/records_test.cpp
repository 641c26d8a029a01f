// Structured records: typed getters, and what they say.
#include "plugins/common/data/records.hpp"
#include "tests/plugins/data/sample_files.hpp"

using namespace assay::data;
using sample::complaint;
using sample::TempFolder;
using Strings = std::vector<std::string>;

TEST_CASE("records are read from JSON lines and from an array alike") {
  TempFolder folder;
  const std::string one =
      "{\"question\": \"Who?\", \"perturbed_answer\": [\"a\", \"b\"], \"n\": 3.0, \"big\": "
      "9007199254740993, \"x\": [1, 2.5], \"ok\": true, \"deep\": {\"er\": \"in\"}}";
  for (const std::string& content : {"\n" + one + "\r\n\n" + one, "[" + one + ",\n" + one + "]"}) {
    folder.write("r.json", content);
    const auto records = read_records(folder.path("r.json"));
    REQUIRE(records.size() == 2);
    const Record& r = records[1];
    CHECK(r.string("question") == "Who?");
    CHECK(r.string("absent", "otherwise") == "otherwise");
    CHECK(r.strings("perturbed_answer") == Strings{"a", "b"});
    CHECK(r.integer("n") == 3);
    CHECK(r.integer("big") == 9007199254740993);
    CHECK(r.numbers("x") == std::vector<double>{1, 2.5});
    CHECK(r.boolean("ok"));
    CHECK(r.string("deep.er") == "in");
    CHECK(!r.has("question.er"));
  }
}

TEST_CASE("a record that is not as it should be is named with file, line and key") {
  TempFolder folder;
  folder.write("r.jsonl", std::string("{}\n\n{\"s\": 1, \"l\": [\"a\", null], \"n\": \"7\", "
                                      "\"h\": 1.5, \"o\": {}}\n"));
  const Record r = read_records(folder.path("r.jsonl"))[1];
  const std::string at = folder.path("r.jsonl") + ": line 3 ";
  CHECK(complaint([&] { r.string("t"); }) ==
        at + "has a record without \"t\"; it has \"h\", \"l\", \"n\", \"o\", \"s\"");
  CHECK(complaint([&] { r.string("s"); }) == at + "has a number and no string as \"s\"");
  CHECK(complaint([&] { r.strings("o"); }) == at + "has an object and no list of strings as \"o\"");
  CHECK(complaint([&] { r.strings("l"); }) == at + "has a list with null in it as \"l\"");
  CHECK(complaint([&] { r.number("n"); }) == at + "has a string and no number as \"n\"");
  CHECK(complaint([&] { r.integer("h"); }) == at + "has a number that is not whole as \"h\"");
  CHECK(complaint([&] { r.boolean("h"); }) ==
        at + "has a number and neither true nor false as \"h\"");
}

TEST_CASE("malformed records are one sentence with file and line") {
  TempFolder folder;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "holds no records"},
      {"[]", "holds no records"},
      {"{}\n7", "line 2 has a record that is no object"},
      {"[{},\n\"x\"]", "line 2 has a record that is no object"},
      {"[{},\n]", "line 2 has ']' where JSON needs a value"},
      {"{}\n{\"a\": 1e999}", "line 2 holds the number 1e999, too large for float64"},
      {"{}\n{\"a\": 1-2}", "line 2 has '-' within a number"},
      {"{\"a\": +1}", "line 1 has '+' where JSON needs a value"}};
  for (const auto& [content, sentence] : cases) {
    CAPTURE(content);
    folder.write("r.json", content);
    CHECK(complaint([&] { read_records(folder.path("r.json")); }) ==
          folder.path("r.json") + ": " + sentence);
  }
}

TEST_CASE("a whole JSON file is one value") {
  TempFolder folder;
  folder.write("v.json", std::string("{\"agg\":\n {\"0\": [1, -2, 1e2, \"\\u00e9\", null]}}\n"));
  CHECK(read_json(folder.path("v.json")) ==
        nlohmann::json::parse("{\"agg\": {\"0\": [1, -2, 1e2, \"\\u00e9\", null]}}"));
  folder.write("v.json", std::string("{}\n{}"));
  CHECK(complaint([&] { read_json(folder.path("v.json")); }) ==
        folder.path("v.json") + ": line 2 has '{' after the end of its JSON value");
}
