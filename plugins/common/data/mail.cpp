#include "plugins/common/data/bytes.hpp"
#include "plugins/common/data/charset.hpp"
#include "plugins/common/data/html.hpp"
#include "plugins/common/data/mail.hpp"
#include "plugins/common/data/mime.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <optional>

namespace assay::data {
namespace {
constexpr int kDeepest = 32;

/// Takes the next line, without the LF or CR LF that ends it.
std::string_view take_line(std::string_view& rest) {
  const size_t end = std::min(rest.find('\n'), rest.size());
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

/// A message or a part of one: raw headers, and the body behind the first blank line.
struct Entity {
  std::vector<std::pair<std::string, std::string>> headers;
  std::string_view body;
  std::string header(std::string_view name) const {
    for (const auto& [key, value] : headers)
      if (key == name) return value;
    return {};
  }
};

Entity parse_entity(std::string_view bytes) {
  Entity entity;
  entity.body = bytes;
  while (!entity.body.empty()) {
    const std::string_view line = take_line(entity.body);
    if (line.empty()) break;
    if (line.front() == ' ' || line.front() == '\t') {
      if (!entity.headers.empty()) entity.headers.back().second += line;
      continue;
    }
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    entity.headers.emplace_back(small_letters(without_blanks(line.substr(0, colon))),
                                without_blanks(line.substr(colon + 1)));
  }
  return entity;
}

struct Piece {
  std::string text;
  bool html = false;
};

std::string unix_lines(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') out += text[i];
  return out;
}

/// The parts between the lines "--boundary"; the last one need not be closed.
std::vector<std::string_view> parts_between(std::string_view body, const std::string& boundary) {
  std::vector<std::string_view> parts;
  const std::string mark = "--" + boundary;
  const char* begin = nullptr;
  while (!body.empty()) {
    const char* line_begin = body.data();
    const std::string_view line = take_line(body);
    if (line.substr(0, mark.size()) != mark) continue;
    const std::string_view after = without_blanks(line.substr(mark.size()));
    if (!after.empty() && after != "--") continue;
    if (begin != nullptr) {
      // The line break before the mark belongs to the mark.
      std::string_view part(begin, static_cast<size_t>(line_begin - begin));
      if (!part.empty()) part.remove_suffix(1);
      if (!part.empty() && part.back() == '\r') part.remove_suffix(1);
      parts.push_back(part);
    }
    begin = after == "--" ? nullptr : body.data();
    if (after == "--") return parts;
  }
  if (begin != nullptr) parts.emplace_back(begin, static_cast<size_t>(body.data() - begin));
  return parts;
}

class Collector {
 public:
  explicit Collector(const std::string& path) : path_(path) {}

  std::vector<Piece> collect(const Entity& entity, int depth) const {
    if (depth > kDeepest)
      malformed(path_, "nests parts of a message deeper than " + std::to_string(kDeepest));
    const std::string declared = entity.header("content-type");
    const MimeValue content(declared);
    const std::string type = declared.empty() ? "text/plain" : content.value();
    if (type.rfind("multipart/", 0) == 0) return multipart(entity, content, depth);
    if (type == "message/rfc822") return collect(parse_entity(entity.body), depth + 1);
    const bool attached = MimeValue(entity.header("content-disposition")).value() == "attachment";
    if (type.rfind("text", 0) != 0 || attached) return {};
    const std::string encoding = MimeValue(entity.header("content-transfer-encoding")).value();
    std::string bytes = encoding == "base64"             ? from_base64(entity.body)
                        : encoding == "quoted-printable" ? from_quoted_printable(entity.body)
                                                         : std::string(entity.body);
    const bool html = type == "text/html";
    std::string charset = content.parameter("charset");
    if (html && charset.empty()) charset = html_encoding(bytes, "");
    return {{unix_lines(utf8_of(bytes, charset)), html}};
  }

 private:
  std::vector<Piece> multipart(const Entity& entity, const MimeValue& content, int depth) const {
    std::vector<Piece> all;
    const bool alternative = content.value() == "multipart/alternative";
    const std::string boundary = content.parameter("boundary");
    if (boundary.empty()) return all;
    for (const std::string_view part : parts_between(entity.body, boundary)) {
      std::vector<Piece> pieces = collect(parse_entity(part), depth + 1);
      if (pieces.empty()) continue;
      if (alternative && !all.empty() && (pieces.front().html || !all.front().html)) continue;
      if (alternative) all.clear();
      std::move(pieces.begin(), pieces.end(), std::back_inserter(all));
    }
    return all;
  }
  const std::string& path_;
};

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || stop != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

/// Minutes east of Greenwich; unknown names are UTC, as RFC 5322 has it.
int zone_minutes(std::string_view zone) {
  if (zone.size() == 5 && (zone[0] == '+' || zone[0] == '-')) {
    const int hours_minutes = number(zone.substr(1)).value_or(0);
    const int minutes = hours_minutes / 100 * 60 + hours_minutes % 100;
    return zone[0] == '-' ? -minutes : minutes;
  }
  const std::string_view american = "ecmp";
  const std::string name = small_letters(zone);
  const size_t at = name.size() == 3 && name[2] == 't' ? american.find(name[0]) : std::string::npos;
  if (at == std::string::npos || (name[1] != 's' && name[1] != 'd')) return 0;
  return -60 * (5 + static_cast<int>(at) - (name[1] == 'd' ? 1 : 0));
}

/// hh:mm or hh:mm:ss as seconds; -1 if it is neither.
int clock_seconds(std::string_view text) {
  int total = 0, parts = 0;
  for (; !text.empty() && parts < 3; ++parts) {
    const size_t end = std::min(text.find(':'), text.size());
    const auto value = number(text.substr(0, end));
    if (!value || *value > (parts == 0 ? 23 : parts == 1 ? 59 : 60)) return -1;
    total = total * 60 + *value;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts < 2 || !text.empty() ? -1 : parts == 2 ? total * 60 : total;
}
}  // namespace

std::string iso_date(std::string_view date) {
  constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                        "jul", "aug", "sep", "oct", "nov", "dec"};
  std::vector<std::string_view> words;
  for (std::string_view rest = date; !rest.empty();) {
    const size_t end = std::min(rest.find_first_of(" \t,"), rest.size());
    if (end > 0) words.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  size_t at = !words.empty() && !number(words[0]) ? 1 : 0;  // the day of the week
  if (words.size() < at + 4) return {};
  // As asctime has it, "Thu Aug 22 18:26:25 2002", perhaps with a zone before the year or after it.
  if (!number(words[at])) {
    std::swap(words[at], words[at + 1]);
    if (words.size() > at + 4 && !number(words[at + 3])) std::swap(words[at + 3], words[at + 4]);
    std::swap(words[at + 2], words[at + 3]);
  }
  const auto day = number(words[at]);
  auto year = number(words[at + 2]);
  const auto month = std::find(kMonths.begin(), kMonths.end(), small_letters(words[at + 1]));
  const int seconds = clock_seconds(words[at + 3]);
  if (!day || !year || month == kMonths.end() || seconds < 0) return {};
  if (*year < 1000) *year += *year < 50 ? 2000 : 1900;
  using namespace std::chrono;
  const year_month_day civil{std::chrono::year{*year},
                             std::chrono::month{static_cast<unsigned>(month - kMonths.begin()) + 1},
                             std::chrono::day{static_cast<unsigned>(*day)}};
  if (!civil.ok() || *year > 9998) return {};
  const int zone = words.size() > at + 4 ? zone_minutes(words[at + 4]) : 0;
  const auto moment = sys_seconds(sys_days(civil)) + std::chrono::seconds(seconds) - minutes(zone);
  const auto midnight = floor<days>(moment);
  const year_month_day d{midnight};
  const auto s = (moment - midnight).count();
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(d.year()),
                static_cast<unsigned>(d.month()), static_cast<unsigned>(d.day()),
                static_cast<int>(s / 3600), static_cast<int>(s / 60 % 60),
                static_cast<int>(s % 60));
  return text;
}

std::string Mail::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name) return value;
  return {};
}

Mail read_mail(std::string_view bytes, const std::string& path) {
  if (bytes.substr(0, 5) == "From ") take_line(bytes);
  const Entity entity = parse_entity(bytes);
  if (entity.headers.empty()) malformed(path, "is no mail: it begins with no header");
  Mail mail;
  for (const auto& [name, value] : entity.headers)
    mail.headers.emplace_back(utf8_of(name, ""), decoded_header(value));
  mail.date = iso_date(entity.header("date"));
  for (const auto& piece : Collector(path).collect(entity, 0)) {
    const std::string text = piece.html ? text_of_html(piece.text, path).text : piece.text;
    if (text.empty()) continue;
    if (!mail.text.empty()) mail.text += mail.text.back() == '\n' ? "\n" : "\n\n";
    mail.text += text;
  }
  return mail;
}

std::string without_quotes(std::string_view text) {
  std::vector<std::string_view> kept;
  while (!text.empty()) {
    const std::string_view line = take_line(text);
    if (line == "-- ") break;
    if (line.substr(0, 1) != ">") {
      kept.push_back(line);
      continue;
    }
    // "On such a day somebody wrote:", with a blank line between or without.
    size_t above = kept.size();
    while (above > 0 && above + 2 > kept.size() && without_blanks(kept[above - 1]).empty()) --above;
    if (above > 0 && without_blanks(kept[above - 1]).ends_with("wrote:")) kept.resize(above - 1);
  }
  std::string out;
  for (const std::string_view line : kept) {
    out += line;
    out += '\n';
  }
  while (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

}  // namespace assay::data
