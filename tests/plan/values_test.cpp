#include "core/plan/values.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace assay;

namespace {

std::string error(const std::string& text) {
  try {
    ValueExpression::parse(text);
  } catch (const ExpressionError& e) {
    return std::to_string(e.offset) + "+" + std::to_string(e.width) + ": " + e.what();
  }
  return "none";
}

}  // namespace

TEST_CASE("a reference is read into its kind, name, column and selector") {
  const Reference metric = parse_reference("metrics/loss/train@mean(20)");
  CHECK(metric.kind == Reference::Kind::kMetric);
  CHECK(metric.name == "loss/train");
  CHECK(metric.selector == "mean");
  CHECK(metric.number == 20);
  const Reference table = parse_reference("tables/a/b/col@median");
  CHECK(table.kind == Reference::Kind::kTable);
  CHECK(table.name == "a/b");
  CHECK(table.column == "col");
  CHECK(table.selector == "median");
  CHECK(parse_reference("metrics/x@step=300").number == 300);
  CHECK(parse_reference("provenance/cpu_seconds").selector == "");
}

TEST_CASE("a wrong reference says what there is") {
  CHECK(error("metric/x") ==
        "0+8: \"metric/x\" is no reference; there are metrics/NAME, tables/TABLE/COLUMN, "
        "arrays/NAME, text/NAME and provenance/NAME; did you mean \"metrics\"?");
  CHECK(error("metrics/x@firt") ==
        "10+4: unknown selector \"@firt\"; there are @last @best @min @max @mean @step");
  CHECK(error("metrics/x@step=-1") == "10+7: \"-1\" is not a whole number from 0 on");
  CHECK(error("metrics/x@mean(0)") == "10+7: \"0\" is not a whole number from 1 on");
  CHECK(error("tables/x") == "0+8: \"tables/x\" names no column; write tables/TABLE/COLUMN");
  CHECK(error("'metrics/a' / 'metrics/b@x'") ==
        "25+1: unknown selector \"@x\"; there are @last @best @min @max @mean @step");
  CHECK(error("'metrics/a' / b") ==
        "14+1: unknown name \"b\" in expression; a reference stands in single quotes");
}

TEST_CASE("a value computes from its references") {
  const ValueExpression ratio =
      ValueExpression::parse("1 - 'metrics/a' / ('metrics/b' + 'metrics/a@min')");
  CHECK(ratio.single() == nullptr);
  CHECK(ratio.references().size() == 3);
  const double x = ratio.compute([](const Reference& r) {
    return r.selector == "min" ? 1.0 : r.name == "a" ? 2.0 : 3.0;
  });
  CHECK(x == 0.5);
  const ValueExpression single = ValueExpression::parse("metrics/a");
  REQUIRE(single.single());
  CHECK(single.compute([](const Reference&) { return 4.0; }) == 4.0);
  CHECK(std::isnan(ratio.compute([](const Reference&) { return std::nan(""); })));
}

TEST_CASE("aggregates are read with the condition of a share") {
  CHECK(parse_aggregate_spec("median").name == "median");
  const AggregateSpec share = parse_aggregate_spec("share(>= 0.5 )");
  CHECK(share.name == "share");
  CHECK(share.op == ">=");
  CHECK(share.bound == 0.5);
  CHECK(parse_aggregate_spec("share(<-1e-3)").bound == -1e-3);
  CHECK_THROWS_AS(parse_aggregate_spec("share(4)"), ExpressionError);
  CHECK_THROWS_AS(parse_aggregate_spec("share(=> 4)"), ExpressionError);
  CHECK_THROWS_AS(parse_aggregate_spec("ci95", false), ExpressionError);
  CHECK(parse_aggregate_spec("ci95").name == "ci95");
}

TEST_CASE("comparisons of claims are those of arithmetic") {
  CHECK(compare(1, "<=", 1));
  CHECK_FALSE(compare(1, "<", 1));
  CHECK(compare(2, ">", 1));
  CHECK(compare(1, "!=", 2));
  CHECK_FALSE(compare(std::nan(""), "==", std::nan("")));
  CHECK_FALSE(known_comparison("=<"));
}
