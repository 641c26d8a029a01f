// Malformed documents: one sentence each, with file and line.
#include "plugins/common/data/documents.hpp"
#include "tests/plugins/data/sample_files.hpp"

using namespace assay::data;
using sample::complaint;
using sample::TempFolder;

namespace {
struct Case {
  std::string name, content, sentence;
  DocumentOptions options = {};
};

void check(const std::vector<Case>& cases) {
  TempFolder folder;
  for (const auto& [name, content, sentence, options] : cases) {
    CAPTURE(content);
    folder.write(name, content);
    CHECK(complaint([&, &n = name, &o = options] { read_documents(folder.path(n), o); }) ==
          folder.path(name) + ": " + sentence);
  }
}

DocumentOptions with(const std::string& id, const std::string& group = "") {
  DocumentOptions options;
  options.id = id;
  options.group = group;
  return options;
}

/// One line that is good, then `bad`.
std::string second(const std::string& bad) { return "{\"text\": \"one\"}\n" + bad; }
}  // namespace

TEST_CASE("malformed JSON is one sentence with file and line") {
  check({
      {"a.jsonl", "", "holds no documents"},
      {"a.jsonl", "\n\n", "holds no documents"},
      {"a.json", "[]", "holds no documents"},
      {"a.jsonl", second("{\"title\": 1, \"body\": 2}"),
       "line 2 has a record without \"text\"; it has \"title\", \"body\""},
      {"a.jsonl", second("{}"), "line 2 has a record without \"text\"; it has no keys"},
      {"a.jsonl", second("{\"text\": \"x\"}"), "line 1 has a record without \"n\"; it has \"text\"",
       with("n")},
      {"a.jsonl", "{\"text\": \"x\", \"meta\": {}}",
       "line 1 has a record without \"meta.set\"; it has \"text\", \"meta\"", with("", "meta.set")},
      {"a.jsonl", second("{\"text\": 5}"), "line 2 has something else than a string as \"text\""},
      {"a.jsonl", second("{\"text\": null}"),
       "line 2 has something else than a string as \"text\""},
      {"a.jsonl", "{\"text\": \"x\", \"n\": [1]}",
       "line 1 has an array as \"n\" where a string or a number is needed", with("n")},
      {"a.jsonl", second("7"), "line 2 has a record that is neither an object nor a string"},
      {"a.jsonl", second("{\"text\": \"cut"), "line 2 opens a string that is never closed"},
      {"a.jsonl", second("{\"text\": \"x\""), "line 2 has the end where JSON needs a comma or '}'"},
      {"a.jsonl", second("{\"text\": \"x\",}"),
       "line 2 has '}' where JSON needs a key in double quotes"},
      {"a.jsonl", second("{\"text\" \"x\"}"), "line 2 has '\"' where JSON needs a colon"},
      {"a.jsonl", second("{\"text\": \"x\"} {"), "line 2 has '{' after the end of its JSON value"},
      {"a.jsonl", second("{\"text\": \"\\x\"}"), "line 2 has 'x' after a backslash"},
      {"a.jsonl", second("{\"text\": \"\\u12g4\"}"),
       "line 2 has 'g' among the four hexadecimal digits after \\u"},
      {"a.jsonl", second("{\"text\": \"\\ud83d!\"}"),
       "line 2 has half of a surrogate pair, \\ud800 to \\udfff, which is no character"},
      {"a.jsonl", second("{\"text\": \"\\ude00\"}"),
       "line 2 has half of a surrogate pair, \\ud800 to \\udfff, which is no character"},
      {"a.jsonl", second("{\"text\": \"a\tb\"}"),
       "line 2 has a control character within a string, where JSON needs it escaped"},
      {"a.jsonl", second("{\"n\": NaN}"), "line 2 has 'N' where JSON needs a value"},
      {"a.jsonl", second("{\"n\": 01}"), "line 2 holds a number that begins with 0"},
      {"a.jsonl", second("{\"n\": 1.}"), "line 2 has '}' where a number needs a digit"},
      {"a.jsonl", second("{\"n\": trap}"), "line 2 has something like \"true\" that is not it"},
      {"a.json", "[\n{\"text\":\n\"x\"}\n{}]", "line 4 has '{' where JSON needs a comma or ']'"},
      {"a.json", "[\"x\",\n", "line 2 has the end where JSON needs a value"},
      {"a.json", "[\"x\",\n]", "line 2 has ']' where JSON needs a value"},
      {"a.json", "[\"x\"]\n[", "line 2 has '[' after the end of its JSON value"},
      {"a.json", "[\"a\nb\"]",
       "line 1 has the end of the line within a string, where JSON needs it escaped"},
      {"a.jsonl", "{\"x\": " + std::string(600, '['), "line 1 nests deeper than 512 levels"},
  });
}

TEST_CASE("a malformed table is one sentence with file and line") {
  DocumentOptions columns;
  columns.columns = {"text", "n"};
  check({
      {"a.csv", "", "holds no documents"},
      {"a.csv", "text\n", "holds no documents"},
      {"a.csv", "a,b\nc,d\n",
       "line 1 belongs to a table without the column \"text\"; it has \"a\", \"b\""},
      {"a.csv", "text,text\n", "line 1 names the column \"text\" twice"},
      {"a.csv", "text,n\n\na,1\nb\n",
       "line 4 has 1 fields; the table has the 2 columns \"text\", \"n\""},
      {"a.csv", "a,1,2\n", "line 1 has 3 fields; the table has the 2 columns \"text\", \"n\"",
       columns},
      {"a.csv", "text\n\"a\n\nb", "line 2 begins a row that opens a quote and never closes it"},
      {"a.csv", "text\n\"a\"b\n", "line 2 begins a row that has text after a closing quote"},
  });
}

TEST_CASE("bytes that are no characters are named with file, line and offset") {
  const std::string at_17 =
      "line 2 has bytes that are no character in utf-8, at byte 17 of the file";
  check({
      {"a.txt", "0123456789\n012345\xFFz", at_17},
      {"a.txt", "0123456789\n012345\xC3", at_17},
      {"a.txt", "0123456789\n012345\xC3z", at_17},
      {"a.txt", "0123456789\n012345\xE0\x80\x80", at_17},
      {"a.txt", "0123456789\n012345\xED\xA0\x80", at_17},
      {"a.txt", "0123456789\n012345\xF4\x90\x80\x80", at_17},
      {"a.txt", "0123456789\n012345\xC0\xAF", at_17},
      {"a.txt",
       "\xEF\xBB\xBF"
       "4567\n9\x80",
       "line 2 has bytes that are no character in utf-8, at byte 9 of the file"},
      {"a.jsonl", "{\"text\": \"\xE9\"}\n",
       "line 1 has bytes that are no character in utf-8, at byte 10 of the file"},
      {"a.txt",
       std::string("\xFF\xFE"
                   "a\0\n\0\0\xD8"
                   "a\0",
                   10),
       "line 2 has bytes that are no character in utf-16le, at byte 6 of the file"},
      {"a.txt", std::string("\xFE\xFF\0a\0", 5),
       "line 1 has bytes that are no character in utf-16be, at byte 4 of the file"},
  });
}

TEST_CASE("a path without documents is one sentence") {
  TempFolder folder;
  const auto said = [&](const std::string& name, const DocumentOptions& options = {}) {
    return complaint([&] { read_documents(folder.path(name), options); });
  };
  CHECK(said("none") == folder.path("none") + ": does not exist");
  folder.write("d/picture.png", std::string("x"));
  DocumentOptions options;
  options.suffixes = {".eml", ""};
  CHECK(said("d", options) ==
        folder.path("d") + ": has no file with one of the suffixes .eml, none");
  CHECK(said("d").find(": has no file with one of the suffixes .json .jsonl") != std::string::npos);
}

TEST_CASE("packed data that is cut off or corrupt is refused, never misread") {
  // gzip and zstd of the same 30 lines, as Python's gzip and the zstd program write them.
  for (const std::string name : {"lines.jsonl.gz", "lines.jsonl.zst"}) {
    std::ifstream in(sample::kFiles + "/" + name, std::ios::binary);
    const std::string whole{std::istreambuf_iterator<char>(in), {}};
    REQUIRE(whole.size() > 20);
    TempFolder folder;
    const auto said = [&](const std::string& content) {
      folder.write(name, content);
      return complaint([&] { read_documents(folder.path(name)); });
    };
    CHECK(said(whole).empty());
    for (size_t n = 4; n < whole.size(); n += 7)
      CHECK(said(whole.substr(0, n)) ==
            folder.path(name) + ": ends in the middle of its compressed data");
    CHECK(said(whole + "more").rfind(folder.path(name) + ": h", 0) == 0);
    for (size_t i = 10; i < whole.size(); i += 5) {
      std::string bad = whole;
      bad[i] = static_cast<char>(bad[i] ^ 0x55);
      CAPTURE(i);
      const std::string sentence = said(bad);
      CHECK((sentence.empty() || sentence.rfind(folder.path(name), 0) == 0));
    }
  }
}
