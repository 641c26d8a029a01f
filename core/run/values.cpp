#include "core/base/error.hpp"
#include "core/run/values.hpp"

namespace assay {

assay_value Values::make(assay_type type, const Json& value) {
  assay_value v{};
  v.type = type;
  if (type & 16) v.count = static_cast<int32_t>(value.size());
  switch (type) {
    case ASSAY_BOOL: v.as.i = value.get<bool>(); break;
    case ASSAY_INT: v.as.i = value.get<int64_t>(); break;
    case ASSAY_REAL: v.as.f = value.get<double>(); break;
    case ASSAY_STRING: v.as.s = strings_.emplace_back(value.get<std::string>()).c_str(); break;
    case ASSAY_BOOLS: {
      auto& list = ints_.emplace_back();
      for (const auto& item : value) list.push_back(item.get<bool>());
      v.as.is = list.data();
      break;
    }
    case ASSAY_INTS: v.as.is = ints_.emplace_back(value.get<std::vector<int64_t>>()).data(); break;
    case ASSAY_REALS: v.as.fs = reals_.emplace_back(value.get<std::vector<double>>()).data(); break;
    default: {
      auto& list = lists_.emplace_back();
      for (const auto& item : value)
        list.push_back(strings_.emplace_back(item.get<std::string>()).c_str());
      v.as.ss = list.data();
    }
  }
  return v;
}

Values::Values(const MethodSchema& method, const Json& params) {
  for (const auto& p : method.params) {
    const auto given = params.find(p.name);
    const Json& value = given != params.end() && !given->is_null() ? *given : p.fallback;
    if (value.is_null()) throw Failure("the parameter \"" + p.name + "\" has no value");
    try {
      values_.push_back(make(p.type, value));
    } catch (const Json::exception&) {
      throw Failure("the parameter \"" + p.name + "\" must be a " + type_name(p.type) + ", not " +
                    value.dump());
    }
  }
}

assay_type json_type(const Json& value) {
  if (value.is_boolean()) return ASSAY_BOOL;
  if (value.is_number_integer()) return ASSAY_INT;
  if (value.is_number()) return ASSAY_REAL;
  if (!value.is_array()) return ASSAY_STRING;
  bool real = false;
  for (const auto& item : value) real = real || item.is_number_float();
  if (real) return ASSAY_REALS;
  return value.empty() ? assay_type{ASSAY_REALS} : json_type(value.front()) + 16;
}

}  // namespace assay
