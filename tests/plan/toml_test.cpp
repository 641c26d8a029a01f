#include "core/plan/toml_reader.hpp"

#include <doctest/doctest.h>

using namespace assay;

namespace {

std::vector<std::string> keys(const Node& table) {
  std::vector<std::string> out;
  for (const auto& e : table.entries) out.push_back(e.key);
  return out;
}
std::string at(const Place& p) {
  return std::to_string(p.line) + ":" + std::to_string(p.column) + "+" + std::to_string(p.width);
}

}  // namespace

TEST_CASE("tables keep the order of the file, whatever their names and however they are written") {
  const Node n = parse_toml(
      "[stage.b]\nz = 1\na = 2\nt = { y = 1, x = 2 }\nq.y = 1\nq.b = 2\n[stage.a.grid]\nlr = []\n",
      "f");
  CHECK(keys(*n.find("stage")) == std::vector<std::string>{"b", "a"});
  const Node& b = *n.find("stage")->find("b");
  CHECK(keys(b) == std::vector<std::string>{"z", "a", "t", "q"});
  CHECK(keys(*b.find("t")) == std::vector<std::string>{"y", "x"});
  CHECK(keys(*b.find("q")) == std::vector<std::string>{"y", "b"});
}

TEST_CASE("places count bytes, also behind characters of several bytes") {
  const Node n = parse_toml("a = \"é\"\nt = { \"ключ\" = \"x\", b = 12 }\nm = [\n  1,\n]\n", "f");
  CHECK(at(n.entry("a")->place) == "1:1+1");
  CHECK(at(n.find("a")->place) == "1:5+4");
  const Node& t = *n.find("t");
  CHECK(at(t.entries[0].place) == "2:7+10");
  CHECK(at(t.find("b")->place) == "2:29+2");
  CHECK(at(n.find("m")->place) == "3:5+1");
  CHECK(at(n.find("m")->items[0].place) == "4:3+1");
}

TEST_CASE("a place inside a string is found unless escapes hide it") {
  const Node n = parse_toml("a = 'x > yy'\nb = \"x\\u0020> yy\"\n", "f");
  CHECK(at(inside(n.find("a")->place, "x > yy", 4, 2)) == "1:10+2");
  CHECK(at(inside(n.find("b")->place, "x > yy", 4, 2)) == at(n.find("b")->place));
}

TEST_CASE("a value of the command line is TOML") {
  const auto kind = [](const std::string& text) {
    const auto node = parse_toml_value(text, {});
    return node ? describe(*node) : "none";
  };
  CHECK(kind("3") == "the integer 3");
  CHECK(kind("1e-3") == "the number 0.001");
  CHECK(kind("[1, 2]") == "a list");
  CHECK(kind("'a b'") == "the string \"a b\"");
  CHECK(kind("{a = 1}") == "a table");
  CHECK(kind("word") == "none");
  CHECK(kind("1\nx = 2") == "none");
  CHECK(kind("") == "none");
}

TEST_CASE("an overlay merges tables, replaces lists and scalars, and an empty table clears") {
  Node base = parse_toml("a = 1\nl = [1]\n[t]\nx = 1\ny = 2\n[g]\nz = 1\n", "f");
  overlay(base, parse_toml("a = 2\nl = []\ng = {}\n[t]\ny = 3\nw = 4\n", "f"));
  CHECK(to_json(base) == Json::parse(R"({"a":2,"l":[],"t":{"x":1,"y":3,"w":4},"g":{}})"));
  CHECK(keys(*base.find("t")) == std::vector<std::string>{"x", "y", "w"});
}

TEST_CASE("a tree written as TOML reads back as the same tree") {
  const std::string text = R"(top = 1
[a.b]
"odd key" = "tab\t quote\" backslash\\ \u0007"
list = [1.0, -0.5, 1e300, inf, [1, 2]]
nested = { x = { y = [{ z = 1 }] } }
[[c]]
d = 1979-05-27
[[c]]
[e]
)";
  const Node n = parse_toml(text, "f");
  const Node again = parse_toml(to_toml(n), "f");
  CHECK(to_json(again) == to_json(n));
  CHECK(to_toml(again) == to_toml(n));
}
