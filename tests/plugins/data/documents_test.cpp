// Documents from JSON, tables and plain text, in every packing and encoding.
#include "plugins/common/data/documents.hpp"
#include "tests/plugins/data/sample_files.hpp"

#include <zlib.h>

#include <zstd.h>

using namespace assay::data;
using sample::complaint;
using sample::TempFolder;
using Strings = std::vector<std::string>;

namespace {
TempFolder& folder() {
  static TempFolder one;
  return one;
}

std::vector<Document> read(const std::string& name, const std::string& content,
                           const DocumentOptions& options = {}) {
  folder().write(name, content);
  return read_documents(folder().path(name), options);
}

Strings texts(const std::vector<Document>& documents) {
  Strings out;
  for (const auto& document : documents) out.push_back(document.text);
  return out;
}

std::string gzip(const std::string& text) {
  z_stream z{};
  deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
  std::string out(text.size() + 100, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

std::string zstd(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), 3));
  return out;
}

/// The text in UTF-16, of characters below U+0080 only but for a euro sign written as "$".
std::string utf16(const std::string& text, bool big) {
  std::string out;
  const auto unit = [&](unsigned u) {
    const char high = static_cast<char>(u >> 8), low = static_cast<char>(u);
    out += big ? high : low;
    out += big ? low : high;
  };
  unit(0xfeff);
  for (const char c : text) unit(c == '$' ? 0x20ac : static_cast<unsigned>(c));
  return out;
}
const std::string kLines = "{\"text\": \"one\"}\n{\"text\": \"two\"}\n";
}  // namespace

TEST_CASE("JSON lines give text, id, group and named fields, nested ones by dotted paths") {
  DocumentOptions options;
  options.text = "body.text";
  options.id = "n";
  options.group = "meta.set";
  options.fields = {"url", "meta.year", "absent", "dotted.key"};
  const auto documents =
      read("a.jsonl",
           "{\"n\": 7, \"body\": {\"skip\": [1, {\"text\": 2}], \"text\": \"a\\n"
           "b\"}, \"meta\": {\"set\": \"Pile-CC\", \"year\": 1e3}, \"url\": null}\n"
           "\r\n"
           "{\"meta\": {\"set\": true}, \"dotted.key\": \"d\", \"n\": \"x\","
           " \"body\": {\"text\": \"\\u20ac\\ud83d\\ude00\\\"\"}}\r\n",
           options);
  REQUIRE(documents.size() == 2);
  CHECK(documents[0].text == "a\nb");
  CHECK(documents[0].id == "7");
  CHECK(documents[0].group == "Pile-CC");
  CHECK(documents[0].fields ==
        std::map<std::string, std::string>{{"meta.year", "1e3"}, {"url", ""}});
  CHECK(documents[1].text == "\xE2\x82\xAC\xF0\x9F\x98\x80\"");
  CHECK(documents[1].id == "x");
  CHECK(documents[1].group == "true");
  CHECK(documents[1].where == folder().path("a.jsonl") + ":3");
  CHECK(documents[1].fields == std::map<std::string, std::string>{{"dotted.key", "d"}});
}

TEST_CASE("without an id a document is named by its file below the input and its line") {
  const auto documents = read("named.jsonl", kLines);
  CHECK(documents[1].id == "named.jsonl:2");
}

TEST_CASE("one field may serve as text, id and more") {
  DocumentOptions options;
  options.id = "text";
  options.fields = {"text"};
  const auto documents = read("same.jsonl", kLines, options);
  CHECK(documents[1].text == "two");
  CHECK(documents[1].id == "two");
  CHECK(documents[1].fields.at("text") == "two");
}

TEST_CASE("a JSON file holds lines or one array, whatever its suffix") {
  for (const char* name : {"b.json", "b.jsonl", "b.ndjson"}) {
    CAPTURE(name);
    CHECK(texts(read(name, kLines)) == Strings{"one", "two"});
    CHECK(texts(read(name, " \n[ {\"text\": \"one\"},\n {\"text\":\n\"two\"}]\n")) ==
          Strings{"one", "two"});
    CHECK(texts(read(name, "[\"one\", \"two\"]")) == Strings{"one", "two"});
    CHECK(texts(read(name, "\"one\"\n\n\"two\"")) == Strings{"one", "two"});
  }
  CHECK(read("b.json", "[\n\n\"one\",\n\"two\"]")[1].where == folder().path("b.json") + ":4");
}

TEST_CASE("an object of a .json file may go over lines, and others follow it") {
  const std::string pretty = "{\n  \"text\": \"one\",\n  \"n\": [\n 1\n ]\n}\n";
  CHECK(texts(read("a.json", pretty)) == Strings{"one"});
  const auto several = read("a.json", pretty + "\n{\"text\": \"two\"}\n" + pretty);
  CHECK(texts(several) == Strings{"one", "two", "one"});
  CHECK(several[1].id == "a.json:8");
  CHECK(texts(read("a.json.gz", gzip(pretty))) == Strings{"one"});
  CHECK(complaint([&] {
          read("a.json", pretty + "{\"text\": \"x\"} {}");
        }).find("line 7 has '{' after the end of its JSON value") != std::string::npos);
  CHECK(complaint([&] { read("a.jsonl", pretty); }).find("line 1 has the end") !=
        std::string::npos);
}

TEST_CASE("gzip in members and zstd in frames are unpacked whatever the file is called") {
  const std::string more = "{\"text\": \"three\"}";
  for (const char* name : {"c.jsonl.gz", "c.jsonl.zst", "c.jsonl"}) {
    CAPTURE(name);
    CHECK(texts(read(name, gzip(kLines) + gzip("") + gzip(more))) ==
          Strings{"one", "two", "three"});
    CHECK(texts(read(name, zstd(kLines) + zstd("") + zstd(more))) ==
          Strings{"one", "two", "three"});
  }
}

TEST_CASE("byte-order marks are dropped, and UTF-16 is decoded") {
  const std::string lines = "{\"text\": \"5 $\"}\r\n{\"text\": \"two\"}";
  for (const bool big : {false, true})
    CHECK(texts(read("d.jsonl", utf16(lines, big))) == Strings{"5 \xE2\x82\xAC", "two"});
  CHECK(texts(read("d.jsonl", "\xEF\xBB\xBF" + kLines)) == Strings{"one", "two"});
  CHECK(texts(read("d.csv", gzip(utf16("text\n$\n", true)))) == Strings{"\xE2\x82\xAC"});
}

TEST_CASE("another encoding is read when it is named") {
  DocumentOptions options;
  options.encoding = "windows-1252";
  CHECK(texts(read("e.txt", "caf\xE9 \x80", options)) == Strings{"caf\xC3\xA9 \xE2\x82\xAC"});
  options.encoding = "ISO-8859-1";
  CHECK(texts(read("e.txt", "\xE9", options)) == Strings{"\xC3\xA9"});
  options.encoding = "klingon";
  CHECK(complaint([&] { read("e.txt", "x", options); }) ==
        folder().path("e.txt") +
            ": is to be read in the encoding \"klingon\", which is not known; `iconv --list` names "
            "those that are");
}

TEST_CASE("bytes that are no characters become U+FFFD when that is asked for") {
  DocumentOptions options;
  options.replace_invalid = true;
  CHECK(texts(read("r.txt", "a\xE9z\xC3", options)) == Strings{"a\xEF\xBF\xBDz\xEF\xBF\xBD"});
  const std::string half(
      "\xFF\xFE"
      "a\0\0\xD8"
      "z\0!",
      9);
  CHECK(texts(read("r.txt", half, options)) == Strings{"a\xEF\xBF\xBDz\xEF\xBF\xBD"});
  folder().write("r.dict", std::string("\xFFz"));
  CHECK(texts(read("r.index", "w\tA\tC\n", options)) == Strings{"\xEF\xBF\xBDz"});
}

TEST_CASE("records that are longer than a piece of the stream arrive whole") {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += "\xC3\xA9" + std::to_string(i);
  const std::string lines = "{\"text\": \"" + text + "\"}\n" + "{\"text\": \"" + text + "x\"}\n";
  CHECK(texts(read("f.jsonl", lines)) == Strings{text, text + "x"});
  CHECK(texts(read("f.json.gz", gzip("[{\"a\": \"" + text + "\", \"text\": \"" + text + "\"}]"))) ==
        Strings{text});
  CHECK(texts(read("f.csv", "text\n\"" + text + "\n\"\n")) == Strings{text + "\n"});
  CHECK(texts(read("f.txt", text)) == Strings{text});
}

TEST_CASE("a table has a header, or columns that are given") {
  DocumentOptions options;
  options.text = "description";
  options.group = "label";
  const std::string row = "\"3\",\"Title\",\"A \"\"quoted\"\",\r\nlong one\"\r\n";
  const std::string header = "label,title,description\n";
  const auto with = read("g.csv", header + row + "\n4,t,\n", options);
  CHECK(texts(with) == Strings{"A \"quoted\",\nlong one", ""});
  CHECK(with[0].group == "3");
  CHECK(with[0].id == "g.csv:2");
  CHECK(with[1].where == folder().path("g.csv") + ":5");
  options.columns = {"label", "title", "description"};
  CHECK(texts(read("g.csv", row, options)) == Strings{"A \"quoted\",\nlong one"});
}

TEST_CASE("in a TSV a quote is a character like others unless it is said otherwise") {
  DocumentOptions options;
  options.text = "sentence";
  const std::string table = "sentence\tlabel\n\"open, he said\t0\r\n\"a\"\t1\n";
  CHECK(texts(read("h.tsv", table, options)) == Strings{"\"open, he said", "\"a\""});
  options.quotes = true;
  CHECK(texts(read("h.tsv", "sentence\n\"a\tb\"\n", options)) == Strings{"a\tb"});
  options.quotes = false;
  options.separator = ';';
  CHECK(texts(read("h.csv", "x;sentence\n1;\"a\n", options)) == Strings{"\"a"});
}

TEST_CASE("plain text is a document a file, a block, a line or a fortune") {
  const std::string text = "one\r\ntwo\n \n\nthree\n%\nfour";
  const auto split = [&](Split how) {
    DocumentOptions options;
    options.split = how;
    return read("i.txt", text, options);
  };
  CHECK(texts(split(Split::file)) == Strings{"one\ntwo\n \n\nthree\n%\nfour"});
  CHECK(texts(split(Split::blank_line)) == Strings{"one\ntwo", "three\n%\nfour"});
  CHECK(texts(split(Split::line)) == Strings{"one", "two", "three", "%", "four"});
  CHECK(texts(split(Split::percent)) == Strings{"one\ntwo\n \n\nthree", "four"});
  CHECK(split(Split::blank_line)[1].id == "i.txt:5");
  CHECK(split(Split::file)[0].id == "i.txt");
}

TEST_CASE("a folder's files are read in the order of their paths, known suffixes only") {
  TempFolder tree;
  tree.write("b/two.jsonl.gz", gzip(kLines));
  tree.write("a.txt", std::string("first"));
  tree.write("c.csv", std::string("text\nlast\n"));
  tree.write("b/picture.png", std::string("\x89PNG"));
  tree.write("README", std::string("no suffix"));
  CHECK(texts(read_documents(tree.path())) == Strings{"first", "one", "two", "last"});
  CHECK(read_documents(tree.path())[2].id == "b/two.jsonl.gz:2");
  DocumentOptions options;
  options.suffixes = {"", ".txt"};
  CHECK(texts(read_documents(tree.path(), options)) == Strings{"no suffix", "first"});
  options.suffixes = {".eml", ""};
  options.format = Format::text;
  CHECK(texts(read_documents(tree.path(), options)) == Strings{"no suffix"});
}

TEST_CASE("a visitor that returns false ends the reading, before what is malformed") {
  folder().write("j.jsonl", kLines + "nonsense");
  int seen = 0;
  for_each_document(folder().path("j.jsonl"), {}, [&](Document&) { return ++seen < 2; });
  CHECK(seen == 2);
}
