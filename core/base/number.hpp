// Numbers as text: one spelling for every double.
#pragma once
#include <string>

namespace assay {

/// The shortest digits that read back as `x`, laid out as ECMAScript's Number::toString (RFC 8785):
/// 1e21, 1e-7, 0.000001, 100. -0 is "0". Not finite: "inf", "-inf", "nan".
std::string ecmascript(double x);

/// For people: `digits` significant digits without trailing zeros; all digits before the point;
/// an exponent only below 1e-4 and from 1e7 on.
std::string brief(double x, int digits = 4);

}  // namespace assay
