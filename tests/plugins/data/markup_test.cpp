// Documents from pages, mail and dictionaries, and WordNet's words.
#include "plugins/common/data/charset.hpp"
#include "plugins/common/data/dictd.hpp"
#include "plugins/common/data/documents.hpp"
#include "plugins/common/data/html.hpp"
#include "plugins/common/data/mail.hpp"
#include "plugins/common/data/mime.hpp"
#include "tests/plugins/data/sample_files.hpp"

using namespace assay::data;
using sample::complaint;
using sample::TempFolder;
using Strings = std::vector<std::string>;

namespace {
std::string html(const std::string& page, bool keep = false) {
  return text_of_html(page, "f", keep).text;
}
std::string mail(const std::string& message) { return read_mail(message, "f").text; }
}  // namespace

TEST_CASE("blocks of a page begin on lines of their own, and white space is one blank") {
  CHECK(html("<p>one\n  two&nbsp;<b>th</b>ree</p><p>four") == "one two three\n\nfour");
  CHECK(html("a<br>b<div>c</div>d") == "a\nb\nc\nd");
  CHECK(html("a<br> <br/>b<br>c") == "a\n\nb\nc");
  CHECK(html("<ul><li>a<li>b</ul>c") == "a\nb\n\nc");
  CHECK(html("<table><tr><td>1<td>2<tr><td>3</table>") == "1 2\n3");
  CHECK(html("x<pre>  a\n   b</pre>y") == "x\n\n  a\n   b\n\ny");
  CHECK(html("&lt;&eacute;&#8364;&amp;") == "<\xC3\xA9\xE2\x82\xAC&");
  CHECK(html("").empty());
}

TEST_CASE("what a page does not show is left out, and navigation unless it is kept") {
  const std::string page =
      "<title> A\n title</title><style>s</style><nav>n</nav><div class='x navheader'>h</div>"
      "<h1>T<a class=headerlink>#</a></h1><script>j</script><p>text"
      "<div role=contentinfo>foot</div>";
  CHECK(html(page) == "T\n\ntext");
  CHECK(html(page, true) == "n\nh\n\nT#\n\ntext\n\nfoot");
  CHECK(text_of_html(page, "f").title == "A title");
}

TEST_CASE("a page that nests deeper than any stack is read all the same") {
  std::string page;
  for (int i = 0; i < 20000; ++i) page += "<b><i>";
  CHECK(html(page + "x") == "x");
}

TEST_CASE("a page's encoding is the one that it declares") {
  CHECK(html_encoding("<meta charset=\"ISO-8859-1\">", "utf-8") == "iso-8859-1");
  CHECK(html_encoding("<META http-equiv=a content='text/html; charset = koi8-r'>", "") == "koi8-r");
  CHECK(html_encoding("<?xml version='1.0' encoding='UTF-16'?>", "") == "utf-16");
  CHECK(html_encoding("encoding='x'", "utf-8") == "utf-8");
  TempFolder folder;
  folder.write("p.html", std::string("<meta charset=latin1><p>caf\xE9"));
  CHECK(read_documents(folder.path("p.html"))[0].text == "caf\xC3\xA9");
}

TEST_CASE("a mail's text is that of its plain part, decoded") {
  CHECK(mail("A: b\n\nhello\n") == "hello\n");
  CHECK(mail("From me Thu\r\nA: b\r\n\r\nhello\r\n") == "hello\n");
  CHECK(mail("Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: "
             "quoted-printable\n\ncaf=E9 =\nau lait=3D\n") == "caf\xC3\xA9 au lait=\n");
  CHECK(mail("Content-Transfer-Encoding: BASE64\n\naGVs\nbG8=") == "hello");
  CHECK(mail("Content-Type: text/html\n\n<p>a<p>b") == "a\n\nb");
  const std::string parts =
      "\n\npreamble\n--x y\nContent-Type: text/html\n\n<p>rich\n--x y\n\nplain\n--x y--\nafter";
  CHECK(mail("Content-Type: multipart/alternative; boundary=\"x y\"" + parts) == "plain");
  CHECK(mail("Content-Type: multipart/mixed; boundary=\"x y\"" + parts) == "rich\n\nplain");
  CHECK(mail("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nnever closed") == "never closed");
  CHECK(mail("Content-Type: image/png\n\nPNG").empty());
}

TEST_CASE("a wrong byte of a mail becomes a replacement character, unknown charsets are guessed") {
  CHECK(mail("Content-Type: text/plain; charset=utf-8\n\na\xE9z") == "a\xEF\xBF\xBDz");
  CHECK(mail("Content-Type: text/plain; charset=nonsense\n\n\xC3\xA9") == "\xC3\xA9");
  CHECK(mail("A: b\n\n\x93quoted\x94") == "\xE2\x80\x9Cquoted\xE2\x80\x9D");
  CHECK(utf8_of("\x81", "windows-1252") == "\xEF\xBF\xBD");
  CHECK(utf8_of("\xE4\xC1", "KOI8-R") == "\xD0\x94\xD0\xB0");
}

TEST_CASE("headers are unfolded, and their encoded words joined without the blank between them") {
  const Mail m = read_mail(
      "Subject: =?utf-8?B?WsO8?=\n =?iso-8859-1?q?rich_=E9?= now\nSUBJECT: second\nno header\n\n",
      "f");
  CHECK(m.header("subject") == "Z\xC3\xBCrich \xC3\xA9 now");
  CHECK(m.header("absent").empty());
  CHECK(decoded_header("=?utf-8?X?a?= =?utf-8?Q?a") == "=?utf-8?X?a?= =?utf-8?Q?a");
}

TEST_CASE("a date is UTC in ISO 8601, or nothing") {
  CHECK(iso_date("Thu, 22 Aug 2002 18:26:25 +0700") == "2002-08-22T11:26:25Z");
  CHECK(iso_date("1 Jan 99 00:30 -0100 (a comment)") == "1999-01-01T01:30:00Z");
  CHECK(iso_date("Sat, 29 Feb 2020 23:59:59 EDT") == "2020-03-01T03:59:59Z");
  CHECK(iso_date("Thu Aug 22 18:26:25 2002") == "2002-08-22T18:26:25Z");
  CHECK(iso_date("Thu Aug  2 18:26:25 2002 +0700") == "2002-08-02T11:26:25Z");
  CHECK(iso_date("Thu Aug 22 18:26:25 EDT 2002") == "2002-08-22T22:26:25Z");
  CHECK(iso_date("Thu Aug 22 2002").empty());
  CHECK(iso_date("Fri, 29 Feb 2019 10:00:00 GMT").empty());
  CHECK(iso_date("yesterday").empty());
  CHECK(iso_date("").empty());
}

TEST_CASE("quoted lines, the line that announces them and the signature can be dropped") {
  CHECK(without_quotes("Hi,\n\nOn Monday Ann wrote:\n\n> one\n> two\n\nNo.\n-- \nBob\n") ==
        "Hi,\n\n\nNo.");
  CHECK(without_quotes("Ann wrote:\nnothing") == "Ann wrote:\nnothing");
  TempFolder folder;
  folder.write("m.eml", std::string("Date: 1 Jan 2003 00:00 GMT\nTo: you\n\n> a\nb"));
  DocumentOptions options;
  options.drop_quoted = true;
  options.fields = {"date", "to", "cc"};
  const auto documents = read_documents(folder.path(), options);
  CHECK(documents[0].text == "b");
  CHECK(documents[0].id == "m.eml");
  CHECK(documents[0].fields ==
        std::map<std::string, std::string>{{"date", "2003-01-01T00:00:00Z"}, {"to", "you"}});
}

TEST_CASE("what is no mail is one sentence") {
  CHECK(complaint([] { mail(""); }) == "f: is no mail: it begins with no header");
  CHECK(complaint([] { mail("\ntext"); }) == "f: is no mail: it begins with no header");
  std::string deep = "text";
  for (int i = 0; i < 40; ++i) deep = "Content-Type: message/rfc822\n\n" + deep;
  CHECK(complaint([&] { mail(deep); }) == "f: nests parts of a message deeper than 32");
}

TEST_CASE("a dictionary's entries are found through its index, each text once") {
  TempFolder folder;
  // A = 0, D = 3, G = 6, BA = 64.
  folder.write("d.dict", "onetwosix" + std::string(55, '.') + "end");
  folder.write(
      "d.index",
      std::string("00-database-info\tA\tD\none\tA\tD\nuno\tA\tD\ntwo\tD\tD\tTwo\nend\tBA\tD\n"));
  for (const char* name : {"d.index", "d.dict", ""}) {
    const auto documents = read_documents(folder.path(name));
    REQUIRE(documents.size() == 3);
    CHECK(documents[1].text == "two");
    CHECK(documents[1].id == "two");
    CHECK(documents[1].group == "d");
    CHECK(documents[2].text == "end");
    CHECK(documents[2].where == folder.path("d.index") + ":5");
  }
}

TEST_CASE("a malformed dictionary is one sentence with the line of its index") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"one\tA\tD\ntwo\tD\n", "line 2 is not a headword, an offset and a length, with tabs"},
      {"one\tA\t!\n", "line 1 has an offset or a length that is no number in base 64"},
      {"one\t\tA\n", "line 1 has an offset or a length that is no number in base 64"},
      {"one\tA\tAAAAAAAAAAA\n", "line 1 has an offset or a length that is no number in base 64"},
      {"one\tA\tE\n", "line 1 names bytes 0 to 4 of a dictionary of 3"},
      {"one\t//////////\tB\n",
       "line 1 names bytes 1152921504606846975 to 1152921504606846976 of a dictionary of 3"}};
  for (const auto& [index, sentence] : cases)
    CHECK(complaint([&index = index] {
            for_each_entry(index, "i", sample::view("abc"),
                           [](const DictionaryEntry&) { return true; });
          }) == "i: " + sentence);
  TempFolder folder;
  folder.write("d.index", std::string("w\tA\tB\n"));
  CHECK(complaint([&] { read_documents(folder.path("d.index")); }) ==
        folder.path("d.index") + ": has no dictionary beside it, d.dict.dz or .dict");
  folder.write("d.dict", std::string("\xFF"));
  CHECK(complaint([&] { read_documents(folder.path("d.index")); }) ==
        folder.path("d.index") +
            ": line 1 names an entry with bytes that are no character in utf-8, at byte 0 of the "
            "dictionary");
  DocumentOptions latin;
  latin.encoding = "latin1";
  CHECK(read_documents(folder.path("d.index"), latin)[0].text == "\xC3\xBF");
}

TEST_CASE("a document of WordNet has words and gloss, and its lexicographer file as group") {
  TempFolder folder;
  folder.write("data.adj",
               std::string("  1 licence\n00001740 00 a 02 able(p) 0 well_known 1 001 = 1 n 0000 | "
                           "having means; \"able to swim\"  \n"));
  const auto documents = read_documents(folder.path());
  REQUIRE(documents.size() == 1);
  CHECK(documents[0].text == "able, well known: having means; \"able to swim\"");
  CHECK(documents[0].group == "adj.all");
  CHECK(documents[0].id == "data.adj:2");
  folder.write("data.adj", std::string("00001740 00 a 03 able 0 known 1 | x\n"));
  CHECK(complaint([&] { read_documents(folder.path()); }) ==
        folder.path("data.adj") +
            ": line 1 does not hold as many words as its fourth field, in hexadecimal, says");
}
