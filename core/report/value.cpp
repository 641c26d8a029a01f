#include "core/base/number.hpp"
#include "core/plan/values.hpp"
#include "core/report/statistics.hpp"
#include "core/report/value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace assay {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

Value of_array(const Array& a) {
  Value v;
  v.shape = a.shape;
  v.boolean = a.dtype.code == ASSAY_DT_BOOL;
  if (a.is_strings()) {
    v.strings = a.strings;
    if (v.strings.empty()) v.missing = "it is empty";
  } else {
    v.numbers = a.numbers();
  }
  return v;
}

Value read_metric(RunData& data, const MethodSchema& schema, const Reference& r) {
  std::optional<double> x;
  if (r.selector == "mean" && r.number == 0) {
    if (const auto s = data.series(r.name)) {
      std::vector<double> finite;
      for (const double v : s->values)
        if (std::isfinite(v)) finite.push_back(v);
      if (!finite.empty()) x = mean(finite);
    }
  } else {
    const PortSchema* port = schema.output(r.name);
    const bool lower = port && (port->flags & ASSAY_LOWER_IS_BETTER);
    const std::string selector = r.selector.empty()     ? "last"
                                 : r.selector == "mean" ? fmt::format("mean({})", r.number)
                                 : r.selector == "step" ? fmt::format("step={}", r.number)
                                                        : r.selector;
    x = data.metric(r.name, selector, lower);
  }
  return x ? Value::of(*x) : Value::none("it logged no " + r.text);
}

/// A column or an array as its selector says: whole, or one number of its finite elements.
Value reduce(Value whole, const std::string& selector) {
  if (selector.empty() || whole.absent()) return whole;
  if (selector == "n") return Value::of(static_cast<double>(whole.size()));
  if (whole.is_text())
    return selector == "last" ? Value{{}, {whole.strings.back()}, {}, "", false}
                              : Value::none("it holds text");
  std::vector<double> x;
  for (const double v : whole.numbers)
    if (std::isfinite(v)) x.push_back(v);
  if (x.empty()) return Value::none("it holds no finite number");
  if (selector == "last") return Value::of(x.back());
  if (selector == "median") return Value::of(median(x));
  if (selector == "min") return Value::of(*std::min_element(x.begin(), x.end()));
  if (selector == "max") return Value::of(*std::max_element(x.begin(), x.end()));
  if (selector == "sd") return Value::of(sd(x));
  const double m = mean(x);
  return Value::of(selector == "sum" ? m * static_cast<double>(x.size()) : m);
}

Value read(RunData& data, const MethodSchema& schema, const Reference& r) {
  switch (r.kind) {
    case Reference::Kind::kMetric: return read_metric(data, schema, r);
    case Reference::Kind::kProvenance: {
      const Json all = data.provenance();
      const auto at = all.find(r.name);
      return at == all.end() ? Value::none("its archive has no " + r.text) : Value::of(*at);
    }
    case Reference::Kind::kText: {
      const auto step = r.selector == "step" ? std::optional(r.number) : std::nullopt;
      const auto text = data.text(r.name, step);
      return text ? Value{{}, {*text}, {}, "", false} : Value::none("it logged no " + r.text);
    }
    default: {
      const auto a = data.array(r.text.substr(0, r.text.find('@')));
      return a ? reduce(of_array(*a), r.selector) : Value::none("it logged no " + r.text);
    }
  }
}

Value evaluate(RunData& data, const MethodSchema& schema, const ValueExpression& expression) {
  std::map<std::string, Value> values;
  size_t rows = 1;
  Value out;
  for (const auto& reference : expression.references()) {
    Value v = read(data, schema, reference);
    if (v.absent()) return v;
    if (v.is_text()) return Value::none(reference.text + " holds text");
    if (!v.scalar()) {
      if (!out.scalar() && v.size() != rows)
        return Value::none("it logged columns of different lengths");
      rows = v.size();
      out.shape = {static_cast<int64_t>(rows)};
    }
    values[reference.text] = std::move(v);
  }
  for (size_t i = 0; i < rows; ++i)
    out.numbers.push_back(
        expression.compute([&](const Reference& r) { return values[r.text].number(i); }));
  return out;
}

}  // namespace

std::string Value::show(size_t i) const {
  const size_t at = scalar() ? 0 : i;
  if (is_text()) return at < strings.size() ? strings[at] : "";
  return at < numbers.size() ? brief(numbers[at], 6) : "";
}

double Value::number(size_t i) const {
  const size_t at = scalar() ? 0 : i;
  return at < numbers.size() ? numbers[at] : kNaN;
}

Value Value::of(const Json& axis_value) {
  if (axis_value.is_number()) return of(axis_value.get<double>());
  const std::string text = assay::show(axis_value);
  return {{}, {text}, {}, "", false};
}

std::string show(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return brief(value.get<double>(), 6);
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_reference(const ValueText& text) { return text.find('\'') == ValueText::npos; }

std::string metric_name(const ValueText& text) {
  if (!is_reference(text) || !text.starts_with("metrics/")) return "";
  return text.substr(8, text.find('@') - 8);
}

std::string short_name(const ValueText& text) {
  if (is_reference(text)) {
    const std::string path = text.substr(0, text.find('@'));
    const bool column = text.starts_with("tables/");
    const size_t slash = column ? path.rfind('/') : path.find('/');
    return slash == std::string::npos ? text : path.substr(slash + 1);
  }
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\'') {
      out += text[i];
      continue;
    }
    const size_t end = text.find('\'', i + 1);
    if (end == std::string::npos) break;
    out += short_name(text.substr(i + 1, end - i - 1));
    i = end;
  }
  return out;
}

Value read_value(RunData& data, const MethodSchema& schema, const ValueText& text) {
  try {
    const auto expression = ValueExpression::parse(text);
    if (const Reference* single = expression.single()) return read(data, schema, *single);
    return evaluate(data, schema, expression);
  } catch (const ExpressionError& e) {
    throw BadInput("E130", fmt::format("value \"{}\": {}", text, e.what()));
  }
}

}  // namespace assay
