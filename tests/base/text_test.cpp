#include "core/base/suggest.hpp"
#include "core/base/text.hpp"

#include <doctest/doctest.h>

using namespace assay;
using Texts = std::vector<std::string>;

TEST_CASE("durations are read in their units, and nothing else is") {
  CHECK(parse_duration("30s") == 30.0);
  CHECK(parse_duration("1h30m") == 5400.0);
  CHECK(parse_duration("250ms") == 0.25);
  CHECK(parse_duration("1.5m") == 90.0);
  CHECK(parse_duration("2d") == 172800.0);
  for (const char* text : {"", "30", "s", "-3s", "3x", "infs", "nans", "1h30", "1 h"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text).has_value());
  }
}

TEST_CASE("sizes are powers of 1024") {
  CHECK(parse_size("100") == 100);
  CHECK(parse_size("64K") == 65536);
  CHECK(parse_size("1.5G") == 1610612736);
  for (const char* text : {"", "K", "3X", "3KB", "-1", "99999999999T", "nan"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size(text).has_value());
  }
}

TEST_CASE("durations and sizes are shown as people write them") {
  CHECK(show_duration(0.42) == "0.4 s");
  CHECK(show_duration(12.4) == "12 s");
  CHECK(show_duration(200) == "3 min 20 s");
  CHECK(show_duration(7500) == "2 h 05 min");
  CHECK(show_size(512) == "512 B");
  CHECK(show_size(3.0 * (1 << 30)) == "3.0 GiB");
}

TEST_CASE("UTF-8 is valid without surrogates, overlong forms and cut sequences") {
  CHECK(valid_utf8("aé€😀"));
  for (const char* text : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xe2\x82", "\xf4\x90\x80\x80",
                           "\xf0\x80\x80\x80", "a\x80"}) {
    CHECK_FALSE(valid_utf8(text));
  }
}

TEST_CASE("text from outside cannot steer a terminal") {
  CHECK(printable("a\x1b[31mb") == "a\xEF\xBF\xBD[31mb");
  CHECK(printable("\xc2\x9b"
                  "x") ==
        "\xEF\xBF\xBD"
        "x");
  CHECK(printable("tab\tline\n") == "tab\tline\n");
  CHECK(printable("\xff") == "\xEF\xBF\xBD");
  CHECK(printable("é") == "é");
}

TEST_CASE("names are lower-case words") {
  CHECK(valid_name("a"));
  CHECK(valid_name("noise_2"));
  CHECK(valid_name(std::string(63, 'a')));
  for (const std::string name : {"", "A", "2a", "a-b", "_a", "a.b", "é"})
    CHECK_FALSE(valid_name(name));
  CHECK_FALSE(valid_name(std::string(64, 'a')));
}

TEST_CASE("distance counts insertions, deletions, replacements and swaps") {
  CHECK(edit_distance("width", "wdith") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("same", "same") == 0);
}

TEST_CASE("suggestions are the nearest names, at most three, ties alphabetical") {
  const Texts known = {"width", "depth", "wide", "widths", "lr"};
  CHECK(suggest("wdith", known) == Texts{"width"});
  CHECK(suggest("widht", {"widha", "width", "widhb", "widhc"}) == Texts{"widha", "widhb", "widhc"});
  CHECK(suggest("zebra", known).empty());
  CHECK(suggest("x", {"a", "b"}).empty());
  CHECK(suggest(std::string(1000, 'a'), known).empty());
  CHECK(did_you_mean("wdith", known) == "did you mean \"width\"?");
  CHECK(did_you_mean("ab", {"aa", "ac"}) == "did you mean \"aa\" or \"ac\"?");
  CHECK(did_you_mean("q", known) == "");
}
