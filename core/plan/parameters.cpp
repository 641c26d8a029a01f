#include "core/base/number.hpp"
#include "core/base/suggest.hpp"
#include "core/base/text.hpp"
#include "core/plan/parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace assay {
namespace {

std::string show(const Json& value) {
  if (value.is_number_float()) return ecmascript(value.get<double>());
  return value.is_string() ? "\"" + value.get<std::string>() + "\"" : value.dump();
}

class Check {
 public:
  Check(const ParamSchema& param, const std::string& method, Findings& findings, bool generated)
      : param_(param), method_(method), findings_(findings), generated_(generated) {}

  std::optional<Json> value(const Node& node) const {
    if (!param_.is_list()) return scalar(node, param_.type, node);
    if (!node.is_array()) return wrong_type(node, node);
    Json out = Json::array();
    bool good = true;
    for (const auto& item : node.items) {
      auto element = scalar(item, param_.type & 15, node);
      good = good && element;
      if (element) out.push_back(std::move(*element));
    }
    return good ? std::optional(std::move(out)) : std::nullopt;
  }

 private:
  std::optional<Json> wrong_type(const Node& node, const Node& whole) const {
    const std::string got = &node == &whole ? describe(node) : "a list with " + describe(node);
    findings_.error("E102",
                    fmt::format("parameter \"{}\" of \"{}\" must be {}, got {}", param_.name,
                                method_, type_phrase(param_.type), got),
                    node.place);
    return std::nullopt;
  }

  std::optional<Json> scalar(const Node& node, assay_type type, const Node& whole) const {
    using Kind = Node::Kind;
    if (node.unresolved) return std::nullopt;
    if (type == ASSAY_BOOL && node.is(Kind::kBool)) return node.boolean;
    if (type == ASSAY_STRING && node.is_string()) return choice(node);
    if (type == ASSAY_REAL && (node.is(Kind::kReal) || node.is(Kind::kInteger)))
      return in_range(node.is(Kind::kReal) ? node.real : static_cast<double>(node.integer), node);
    if (type == ASSAY_INT && node.is(Kind::kInteger)) return in_range(node.integer, node);
    if (type == ASSAY_INT && node.is(Kind::kReal) && std::nearbyint(node.real) == node.real &&
        std::fabs(node.real) < 0x1p63) {
      if (!generated_)
        findings_.warn(
            "W202",
            fmt::format("parameter \"{}\" of \"{}\" is an integer; {} is taken as {:.0f}",
                        param_.name, method_, ecmascript(node.real), node.real),
            node.place);
      return in_range(static_cast<int64_t>(node.real), node);
    }
    return wrong_type(node, whole);
  }

  std::optional<Json> choice(const Node& node) const {
    const auto& choices = param_.choices;
    if (choices.empty() || std::find(choices.begin(), choices.end(), node.text) != choices.end())
      return node.text;
    findings_.error("E104",
                    fmt::format("\"{}\" must be one of {}; got \"{}\"", param_.name,
                                join(choices, ", "), node.text),
                    node.place, did_you_mean(node.text, choices));
    return std::nullopt;
  }

  template <class T>
  std::optional<Json> in_range(T x, const Node& node) const {
    const auto below = [&](const Json& bound, bool open) {
      return open ? x <= bound.get<T>() : x < bound.get<T>();
    };
    const auto above = [&](const Json& bound, bool open) {
      return open ? x >= bound.get<T>() : x > bound.get<T>();
    };
    bool bad = (param_.min.is_number() && below(param_.min, param_.flags & ASSAY_OPEN_MIN)) ||
               (param_.max.is_number() && above(param_.max, param_.flags & ASSAY_OPEN_MAX));
    bool finite = true;
    if constexpr (std::is_floating_point_v<T>) finite = std::isfinite(x);
    if (!bad && finite) return Json(x);
    const std::string range = range_text(param_);
    findings_.error("E103",
                    fmt::format("parameter \"{}\" must be {}, got {}", param_.name,
                                range.empty() ? "finite"
                                : finite      ? range
                                              : "finite and " + range,
                                show(x)),
                    node.place);
    return std::nullopt;
  }

  const ParamSchema& param_;
  const std::string& method_;
  Findings& findings_;
  bool generated_;
};

}  // namespace

std::optional<Json> parameter_value(const Node& node, const ParamSchema& param,
                                    const std::string& method, Findings& findings, bool generated) {
  if (node.unresolved) return std::nullopt;
  return Check(param, method, findings, generated).value(node);
}

std::string range_text(const ParamSchema& p) {
  std::string out;
  if (p.min.is_number()) out = (p.flags & ASSAY_OPEN_MIN ? "above " : "at least ") + show(p.min);
  if (p.max.is_number())
    out += (out.empty() ? "" : " and ") +
           ((p.flags & ASSAY_OPEN_MAX ? "below " : "at most ") + show(p.max));
  return out;
}

std::string type_phrase(assay_type type) {
  switch (type) {
    case ASSAY_BOOL: return "true or false";
    case ASSAY_INT: return "an integer";
    case ASSAY_REAL: return "a real number";
    case ASSAY_STRING: return "a string";
    case ASSAY_BOOLS: return "a list of true or false";
    case ASSAY_INTS: return "a list of integers";
    case ASSAY_REALS: return "a list of real numbers";
    default: return "a list of strings";
  }
}

}  // namespace assay
