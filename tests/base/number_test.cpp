#include "core/base/number.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <utility>

using namespace assay;

// The vectors are those of RFC 8785, appendix B.
TEST_CASE("a double is spelt as in RFC 8785") {
  const std::pair<uint64_t, const char*> vectors[] = {
      {0x0000000000000000, "0"},
      {0x8000000000000000, "0"},
      {0x0000000000000001, "5e-324"},
      {0x8000000000000001, "-5e-324"},
      {0x7fefffffffffffff, "1.7976931348623157e+308"},
      {0xffefffffffffffff, "-1.7976931348623157e+308"},
      {0x4340000000000000, "9007199254740992"},
      {0xc340000000000000, "-9007199254740992"},
      {0x4430000000000000, "295147905179352830000"},
      {0x44b52d02c7e14af5, "9.999999999999997e+22"},
      {0x44b52d02c7e14af6, "1e+23"},
      {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
      {0x444b1ae4d6e2ef4e, "999999999999999700000"},
      {0x444b1ae4d6e2ef4f, "999999999999999900000"},
      {0x444b1ae4d6e2ef50, "1e+21"},
      {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
      {0x3eb0c6f7a0b5ed8d, "0.000001"},
      {0x41b3de4355555553, "333333333.3333332"},
      {0x41b3de4355555554, "333333333.33333325"},
      {0x41b3de4355555555, "333333333.3333333"},
      {0x41b3de4355555556, "333333333.3333334"},
      {0x41b3de4355555557, "333333333.33333343"},
      {0xbecbf647612f3696, "-0.0000033333333333333333"},
      {0x43143ff3c1cb0959, "1424953923781206.2"}};
  for (const auto& [bits, text] : vectors) {
    CAPTURE(text);
    CHECK(ecmascript(std::bit_cast<double>(bits)) == text);
  }
}

TEST_CASE("the spelling of a double reads back as the same double") {
  uint64_t bits = 12345;
  for (int i = 0; i < 20000; ++i) {
    bits = bits * 6364136223846793005u + 1442695040888963407u;
    const double x = std::bit_cast<double>(bits ^ (bits >> 29));
    if (x != x || x == 0 || x - x != 0) continue;
    const std::string text = ecmascript(x);
    CAPTURE(text);
    CHECK(std::strtod(text.c_str(), nullptr) == x);
  }
}

TEST_CASE("numbers that are not finite have names") {
  constexpr double inf = std::numeric_limits<double>::infinity();
  CHECK(ecmascript(inf) == "inf");
  CHECK(ecmascript(-inf) == "-inf");
  CHECK(ecmascript(std::numeric_limits<double>::quiet_NaN()) == "nan");
  CHECK(brief(inf) == "inf");
}

TEST_CASE("a brief number has few digits and no trailing zeros") {
  CHECK(brief(0.123456) == "0.1235");
  CHECK(brief(2.0) == "2");
  CHECK(brief(-0.0) == "0");
  CHECK(brief(123456789) == "1.235e+08");
  CHECK(brief(0.5, 1) == "0.5");
}
