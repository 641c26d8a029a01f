#include "core/base/error.hpp"

#include <doctest/doctest.h>

using namespace assay;

namespace {

Message message(int line, int column, const std::string& text = "what") {
  Message m;
  m.code = "E101";
  m.text = text;
  m.file = "f.toml";
  m.line = line;
  m.column = column;
  return m;
}

}  // namespace

TEST_CASE("a message shows its code, place, source line, caret and help") {
  Message m = message(12, 5);
  m.source = "lr = fast";
  m.column = 6;
  m.width = 4;
  m.help = "do this";
  CHECK(render(m) ==
        "error[E101]: what\n"
        "   --> f.toml:12:6\n"
        "   |\n"
        "12 | lr = fast\n"
        "   |      ^^^^\n"
        "help: do this\n");
}

TEST_CASE("parts that are empty are left out, and W is a warning") {
  Message m;
  m.code = "W201";
  m.text = "unused";
  CHECK(render(m) == "warning[W201]: unused\n");
  m.code = "";
  m.file = "override \"x\"";
  CHECK(render(m) == "error: unused\n --> override \"x\"\n");
}

TEST_CASE("a caret stands below its column behind tabs and characters of several bytes") {
  Message m = message(1, 1);
  m.source = "\té = \"ß\"";
  m.column = 7;  // the quote: tab, two bytes, blank, =, blank
  m.width = 4;
  const std::string text = render(m);
  CHECK(text.find("  | \t    ^^^\n") != std::string::npos);
}

TEST_CASE("messages are sorted by place, and more than 20 are counted") {
  std::vector<Message> many;
  for (int i = 30; i > 0; --i) many.push_back(message(i, 1, "n" + std::to_string(i)));
  const std::string text = render(many);
  CHECK(text.starts_with("error[E101]: n1\n"));
  CHECK(text.find("n20\n") != std::string::npos);
  CHECK(text.find("n21\n") == std::string::npos);
  CHECK(text.ends_with("\n... and 10 more\n"));
}

TEST_CASE("bad input carries its messages, and reads as the first") {
  const BadInput bad("E030", "no plugin", "look here");
  CHECK(std::string(bad.what()) == "no plugin");
  REQUIRE(bad.messages().size() == 1);
  CHECK(bad.messages()[0].help == "look here");
}
