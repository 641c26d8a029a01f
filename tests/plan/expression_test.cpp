#include "core/plan/expression.hpp"

#include <doctest/doctest.h>

using namespace assay;

namespace {

const Json kNames = {{"x", 3}, {"half", 0.5}, {"name", "npo"}, {"yes", true}, {"list", {1, 2}}};

const Json* lookup(const std::string& name) {
  const auto it = kNames.find(name);
  return it == kNames.end() ? nullptr : &*it;
}
Json value(const std::string& text) { return Expression::parse(text).evaluate(lookup); }

/// "offset+width: what" of the error that parsing or evaluating `text` gives.
std::string error(const std::string& text) {
  try {
    value(text);
  } catch (const ExpressionError& e) {
    return std::to_string(e.offset) + "+" + std::to_string(e.width) + ": " + e.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("operators bind as in arithmetic, and or is weaker than and") {
  CHECK(value("1 + 2 * 3") == 7.0);
  CHECK(value("(1 + 2) * 3 - 4 / 2") == 7.0);
  CHECK(value("-x + 1") == -2.0);
  CHECK(value("2 - 1 - 1") == 0.0);
  CHECK(value("true or false and false") == true);
  CHECK(value("not x > 3 and x < 4") == true);
  CHECK(value("not (x > 2 or yes)") == false);
}

TEST_CASE("numbers compare by value, strings by their order, lists by their elements") {
  CHECK(value("x == 3.0") == true);
  CHECK(value("x != '3'") == true);
  CHECK(value("half <= 1/2") == true);
  CHECK(value("name > 'abc'") == true);
  CHECK(value("list == [1.0, 2]") == true);
  CHECK(value("x in [1, 2, 3.0]") == true);
  CHECK(value("name in ['ga', \"npo\"]") == true);
  CHECK(value("yes == true") == true);
  CHECK(value("9007199254740993 == 9007199254740992") == false);
}

TEST_CASE("functions compute") {
  CHECK(value("abs(-2)") == 2.0);
  CHECK(value("max(1, x, 2)") == 3.0);
  CHECK(value("min(half)") == 0.5);
  CHECK(value("log10(1e3)") == doctest::Approx(3));
  CHECK(value("has(x) and not has(y)") == true);
}

TEST_CASE("an error says where it is in the text") {
  CHECK(error("x >") == "3+1: expected a value before the end");
  CHECK(error("x ) 3") == "2+1: expected an operator or the end, saw ')'");
  CHECK(error("nam == 'a'") == "0+3: unknown name \"nam\"");
  CHECK(error("x < 'a'") == "0+7: only two numbers or two strings have an order");
  CHECK(error("x and yes") == "0+1: expected a condition (true or false)");
  CHECK(error("1 + name") == "4+4: expected a number");
  CHECK(error("x in 3") == "5+1: expected a list after 'in'");
  CHECK(error("3x > 1") == "0+2: \"3x\" is not a number");
  CHECK(error("abs(1, 2)") == "0+3: abs() takes one value");
  CHECK(error(std::string(5000, '(')).find("too long") != std::string::npos);
  CHECK(error(std::string(1000, '(')).find("nested too deeply") != std::string::npos);
}

TEST_CASE("an expression lists the names it needs, without those it only asks about") {
  const auto e = Expression::parse("a + b*a > 1 and has(c)");
  REQUIRE(e.names().size() == 3);
  CHECK(e.names()[1].text == "b");
  CHECK(e.names()[1].offset == 4);
  REQUIRE(e.optional_names().size() == 1);
  CHECK(e.optional_names()[0].text == "c");
}

TEST_CASE("evaluation stops at the operand that decides") {
  CHECK(value("x == 3 or unknown == 1") == true);
  CHECK(value("x != 3 and unknown == 1") == false);
}
