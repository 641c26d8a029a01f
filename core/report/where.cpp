#include "core/report/where.hpp"

#include <fmt/format.h>

namespace assay {
namespace {
[[noreturn]] void refuse(const std::string& text, const ExpressionError& e) {
  throw BadInput("E130", fmt::format("where = \"{}\": {}", text, e.what()));
}
}  // namespace

Where::Where(const std::string& text) : text_(text) {
  if (text.find_first_not_of(" \t\n") == std::string::npos) return;
  try {
    expression_ = Expression::parse(text);
  } catch (const ExpressionError& e) {
    refuse(text_, e);
  }
}

bool Where::matches(const Point& point, const Run& run) const {
  if (!expression_) return true;
  try {
    return expression_->test([&](const std::string& name) -> const Json* {
      if (const Json* axis = point.axis(name)) return axis;
      const auto param = run.params.find(name);
      return param == run.params.end() ? nullptr : &*param;
    });
  } catch (const ExpressionError& e) {
    refuse(text_, e);
  }
}

}  // namespace assay
