#include "core/base/suggest.hpp"
#include "core/base/text.hpp"
#include "core/plan/values.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace assay {
namespace {

const std::vector<std::string>& selectors(Reference::Kind kind) {
  static const std::vector<std::string> metric = {"last", "best", "min", "max", "mean", "step"};
  static const std::vector<std::string> column = {"mean", "median", "min", "max",
                                                  "sum",  "sd",     "n",   "last"};
  static const std::vector<std::string> text = {"last", "step"};
  static const std::vector<std::string> none;
  switch (kind) {
    case Reference::Kind::kMetric: return metric;
    case Reference::Kind::kText: return text;
    case Reference::Kind::kProvenance: return none;
    default: return column;
  }
}

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size() || out < 0) return std::nullopt;
  return out;
}

void read_selector(const std::string& text, size_t at, Reference& out) {
  std::string selector = text.substr(at + 1);
  const auto fail = [&](const std::string& what) {
    throw ExpressionError(what, at + 1, std::max<size_t>(1, selector.size()));
  };
  const auto count = [&](const std::string& digits, int64_t least) {
    const auto n = whole_number(digits);
    if (!n || *n < least)
      fail("\"" + digits + "\" is not a whole number from " + std::to_string(least) + " on");
    return *n;
  };
  std::string name = selector;
  if (selector.starts_with("step=")) {
    name = "step", out.number = count(selector.substr(5), 0);
  } else if (selector.starts_with("mean(") && selector.ends_with(")") &&
             out.kind == Reference::Kind::kMetric) {
    name = "mean", out.number = count(selector.substr(5, selector.size() - 6), 1);
  } else if (selector == "step") {
    fail("write @step=N");
  }
  const auto& known = selectors(out.kind);
  if (std::find(known.begin(), known.end(), name) == known.end())
    fail("unknown selector \"@" + selector + "\"; there are" +
         (known.empty() ? " none here" : " @" + join(known, " @")));
  out.selector = name;
}

}  // namespace

Reference parse_reference(const std::string& text) {
  Reference out;
  out.text = text;
  const size_t at = text.find('@');
  const std::string path = text.substr(0, at);
  const size_t slash = path.find('/');
  const std::string family = path.substr(0, slash);
  out.name = slash == std::string::npos ? "" : path.substr(slash + 1);
  static const std::pair<const char*, Reference::Kind> kFamilies[] = {
      {"metrics", Reference::Kind::kMetric},
      {"tables", Reference::Kind::kTable},
      {"arrays", Reference::Kind::kArray},
      {"text", Reference::Kind::kText},
      {"provenance", Reference::Kind::kProvenance}};
  const auto* found = std::find_if(std::begin(kFamilies), std::end(kFamilies),
                                   [&](const auto& f) { return family == f.first; });
  const size_t width = std::max<size_t>(1, text.size());
  if (found == std::end(kFamilies) || slash == std::string::npos) {
    const std::string near =
        did_you_mean(family, {"metrics", "tables", "arrays", "text", "provenance"});
    throw ExpressionError("\"" + text +
                              "\" is no reference; there are metrics/NAME, tables/TABLE/COLUMN, "
                              "arrays/NAME, text/NAME and provenance/NAME" +
                              (near.empty() ? "" : "; " + near),
                          0, width);
  }
  out.kind = found->second;
  if (out.kind == Reference::Kind::kTable) {
    const size_t last = out.name.rfind('/');
    if (last == std::string::npos)
      throw ExpressionError("\"" + text + "\" names no column; write tables/TABLE/COLUMN", 0,
                            width);
    out.column = out.name.substr(last + 1);
    out.name.resize(last);
  }
  if (out.name.empty() || (out.kind == Reference::Kind::kTable && out.column.empty()))
    throw ExpressionError("\"" + text + "\" has an empty name", 0, width);
  if (at != std::string::npos) read_selector(text, at, out);
  return out;
}

ValueExpression ValueExpression::parse(const std::string& text) {
  ValueExpression out;
  if (text.find('\'') == std::string::npos) {
    out.references_.push_back(parse_reference(text));
    out.offsets_.push_back(0);
    return out;
  }
  out.expression_ = Expression::parse(text, Expression::Quotes::kReferences);
  const auto refuse = [](const Expression::Name& name) {
    throw ExpressionError(
        "unknown name \"" + name.text + "\" in expression; a reference stands in single quotes",
        name.offset, name.width);
  };
  for (const auto& name : out.expression_->names()) refuse(name);
  for (const auto& name : out.expression_->optional_names()) refuse(name);
  for (const auto& reference : out.expression_->references()) {
    try {
      out.references_.push_back(parse_reference(reference.text));
    } catch (const ExpressionError& error) {
      throw ExpressionError(error.what(), reference.offset + error.offset, error.width);
    }
    out.offsets_.push_back(reference.offset);
  }
  if (out.references_.empty())
    throw ExpressionError("the expression refers to no output", 0, text.size());
  return out;
}

double ValueExpression::compute(const std::function<double(const Reference&)>& number) const {
  if (!expression_) return number(references_.front());
  return expression_->compute([&](const std::string& text) {
    for (const auto& reference : references_)
      if (reference.text == text) return number(reference);
    return std::numeric_limits<double>::quiet_NaN();
  });
}

bool known_comparison(const std::string& op) {
  return op == "<" || op == "<=" || op == ">" || op == ">=" || op == "==" || op == "!=";
}

bool compare(double a, const std::string& op, double b) {
  if (std::isnan(a) || std::isnan(b)) return false;
  const bool equal = a == b || std::fabs(a - b) <= 1e-9 * std::max(std::fabs(a), std::fabs(b));
  if (op == "<") return a < b && !equal;
  if (op == "<=") return a < b || equal;
  if (op == ">") return a > b && !equal;
  if (op == ">=") return a > b || equal;
  return op == "==" ? equal : !equal;
}

AggregateSpec parse_aggregate_spec(const std::string& text, bool spreads) {
  std::vector<std::string> names = {"mean", "median", "min", "max", "sd", "n"};
  if (spreads) names.insert(names.end(), {"sem", "ci95"});
  if (std::find(names.begin(), names.end(), text) != names.end()) return {text, "", 0};
  const std::string form = "there are " + join(names, ", ") + " and share(>= 4)";
  if (!text.starts_with("share(") || !text.ends_with(")")) {
    const std::string near = did_you_mean(text, names);
    throw ExpressionError(
        "\"" + text + "\" is no aggregate; " + form + (near.empty() ? "" : "; " + near), 0,
        std::max<size_t>(1, text.size()));
  }
  AggregateSpec out{"share", "", 0};
  const std::string inner = text.substr(6, text.size() - 7);
  size_t at = inner.find_first_not_of(' ');
  const size_t op_end = inner.find_first_not_of("<>=!", at == std::string::npos ? 0 : at);
  if (at != std::string::npos && op_end != std::string::npos)
    out.op = inner.substr(at, op_end - at);
  at = op_end == std::string::npos ? op_end : inner.find_first_not_of(' ', op_end);
  bool number = false;
  if (at != std::string::npos) {
    const char *begin = inner.data() + at, *end = inner.data() + inner.size();
    const auto [stop, error] = std::from_chars(begin, end, out.bound);
    number = error == std::errc() &&
             std::string_view(stop, static_cast<size_t>(end - stop)).find_first_not_of(' ') ==
                 std::string_view::npos;
  }
  if (!known_comparison(out.op) || !number)
    throw ExpressionError("\"" + text + "\" must be share(OP NUMBER), as in share(>= 4)", 0,
                          text.size());
  return out;
}

}  // namespace assay
