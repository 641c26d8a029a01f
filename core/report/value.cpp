#include "core/base/number.hpp"
#include "core/plan/expression.hpp"
#include "core/report/value.hpp"

#include <cmath>
#include <limits>

namespace assay {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

bool starts(const std::string& text, std::string_view with) { return text.starts_with(with); }

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

Value of_provenance(RunData& data, const std::string& key) {
  const Json all = data.provenance();
  const auto at = all.find(key);
  if (at == all.end()) return Value::none("the archive records no " + key);
  return Value::of(*at);
}

Value read_reference(RunData& data, const MethodSchema& schema, const std::string& text) {
  if (starts(text, "metrics/")) {
    const std::string name = metric_name(text);
    const PortSchema* port = schema.output(name);
    const bool lower = port && (port->flags & ASSAY_LOWER_IS_BETTER);
    if (const auto x = data.metric(name, metric_selector(text), lower)) return Value::of(*x);
    return Value::none("it logged no " + text);
  }
  if (starts(text, "tables/") || starts(text, "arrays/")) {
    if (const auto a = data.array(text)) return of_array(*a);
    return Value::none("it logged no " + text);
  }
  if (starts(text, "provenance/")) return of_provenance(data, text.substr(11));
  if (starts(text, "text/")) {
    if (const auto t = data.text(text.substr(5))) return {{}, {*t}, {}, "", false};
    return Value::none("it logged no " + text);
  }
  return Value::none("\"" + text + "\" is neither an axis nor a value");
}

Value evaluate(RunData& data, const MethodSchema& schema, const std::string& text) {
  const auto expression = Expression::parse(text, Expression::Quotes::kReferences);
  std::map<std::string, Value> values;
  size_t rows = 1;
  Value out;
  for (const auto& reference : expression.references()) {
    Value v = read_reference(data, schema, reference.text);
    if (v.absent()) return v;
    if (v.is_text()) return Value::none(reference.text + " holds text");
    if (!v.scalar()) {
      if (!out.scalar() && v.size() != rows)
        return Value::none("columns of different lengths in " + text);
      rows = v.size();
      out.shape = {static_cast<int64_t>(rows)};
    }
    values[reference.text] = std::move(v);
  }
  for (size_t i = 0; i < rows; ++i)
    out.numbers.push_back(
        expression.compute([&](const std::string& name) { return values[name].number(i); }));
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
  if (!is_reference(text) || !starts(text, "metrics/")) return "";
  return text.substr(8, text.find('@') - 8);
}

std::string metric_selector(const ValueText& text) {
  const size_t at = text.find('@');
  return at == ValueText::npos ? "last" : text.substr(at + 1);
}

std::string short_name(const ValueText& text) {
  if (!is_reference(text)) {
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
  if (starts(text, "metrics/")) return metric_name(text);
  if (starts(text, "arrays/") || starts(text, "text/")) return text.substr(text.find('/') + 1);
  const size_t slash = text.rfind('/');
  return slash == std::string::npos ? text : text.substr(slash + 1);
}

Value read_value(RunData& data, const MethodSchema& schema, const ValueText& text) {
  if (is_reference(text)) return read_reference(data, schema, text);
  try {
    return evaluate(data, schema, text);
  } catch (const ExpressionError& e) {
    throw BadInput("E130", fmt::format("value \"{}\": {}", text, e.what()));
  }
}

}  // namespace assay
