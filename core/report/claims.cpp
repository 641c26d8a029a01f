#include "core/base/number.hpp"
#include "core/report/aggregate.hpp"
#include "core/report/claims.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace assay {
namespace {

constexpr double kAbsentDigits = 99;  // of an interval without width

/// What one side of a claim rests on.
struct Samples {
  std::vector<double> x;
  size_t runs = 0;                // that gave a value
  bool rows = false;              // x holds rows of columns
  std::vector<std::string> gaps;  // why a selected run gave none
};

Samples gather(Frame& frame, const Rows& rows, const Side& side, const Aggregate& aggregate) {
  Samples out;
  for (const Row* row : distinct_runs(rows)) {
    const Value& v = frame.value(*row, side.value);
    std::vector<double> numbers;
    for (const double d : v.numbers)
      if (std::isfinite(d)) numbers.push_back(d);
    if (v.absent() || numbers.empty()) {
      const std::string why = v.absent()    ? v.missing
                              : v.is_text() ? side.value + " holds text"
                                            : side.value + " is not a finite number";
      out.gaps.push_back(row->point->label() + ": " + why);
      continue;
    }
    ++out.runs;
    const bool pooled = aggregate.pools() && !v.scalar();
    out.rows |= pooled;
    if (pooled)
      out.x.insert(out.x.end(), numbers.begin(), numbers.end());
    else
      out.x.push_back(v.scalar() ? numbers[0] : mean(numbers));
  }
  return out;
}

Estimate estimate(const Samples& s, const Side& side, const Aggregate& aggregate, double level) {
  Estimate e;
  e.n = s.x.size();
  e.runs = s.runs;
  e.of = s.rows ? "rows" : "runs";
  if (const double v = aggregate.of(s.x); std::isfinite(v)) e.value = v * side.times + side.plus;
  if (auto i = aggregate.interval(s.x, level)) {
    i = Interval{i->low * side.times + side.plus, i->high * side.times + side.plus};
    if (side.times < 0) std::swap(i->low, i->high);
    e.interval = i;
  }
  return e;
}

/// True when the whole interval satisfies `op bound`.
bool clears(const Interval& i, const std::string& op, double bound) {
  if (op == "!=") return bound < i.low || bound > i.high;
  return compare(i.low, op, bound) && compare(i.high, op, bound);
}

TestResult run_test(const ClaimSpec& spec, Numbers differences) {
  if (spec.op == "==")
    throw BadInput("E180", "a test cannot support ==", "ask for a difference with < or >");
  const Alternative alternative = spec.op == "!="     ? Alternative::two_sided
                                  : spec.op[0] == '>' ? Alternative::greater
                                                      : Alternative::less;
  if (spec.test == "sign") return sign_test(differences, alternative);
  if (spec.test == "wilcoxon") return wilcoxon_test(differences, alternative);
  if (spec.test == "t") return t_test(differences, alternative);
  throw BadInput("E180", "no test \"" + spec.test + "\"", "one of: sign, wilcoxon, t");
}

/// What the verdict is taken on: `value op bound`.
struct Question {
  std::optional<double> value;
  std::optional<Interval> interval;
  double bound = 0;
  std::vector<double> differences;  // from the bound: for tests
  size_t n = 0;
  std::vector<std::string> gaps;
};

struct Context {
  const ClaimSpec& spec;
  Frame& frame;
  Aggregate left, right;
  double level;
};

Rows side_rows(const Context& c, const Side& side, std::vector<std::string>& gaps) {
  const Rows rows = c.frame.select(side.stage, side.where);
  if (rows.empty())
    gaps.push_back("no run of stage " + side.stage +
                   (side.where.empty() ? "" : " satisfies " + side.where));
  const auto over = c.spec.over.empty() ? std::vector<std::string>{"seed"} : c.spec.over;
  require_axes(rows, "claim \"" + c.spec.text + "\"", c.spec.paired, over);
  return rows;
}

void append(std::vector<std::string>& to, const std::vector<std::string>& from) {
  for (const auto& f : from)
    if (std::find(to.begin(), to.end(), f) == to.end()) to.push_back(f);
}

Question against_bound(const Context& c, ClaimResult& r) {
  Question q;
  const Samples s = gather(c.frame, side_rows(c, c.spec.left, q.gaps), c.spec.left, c.left);
  append(q.gaps, s.gaps);
  r.left = estimate(s, c.spec.left, c.left, c.level);
  q.value = r.left.value;
  q.interval = r.left.interval;
  q.bound = *c.spec.right.number * c.spec.right.times + c.spec.right.plus;
  q.n = s.runs;
  r.right.value = q.bound;
  for (const double x : s.x)
    q.differences.push_back(x * c.spec.left.times + c.spec.left.plus - q.bound);
  return q;
}

Question two_samples(const Context& c, ClaimResult& r) {
  if (!c.spec.test.empty())
    throw BadInput("E180", "test = \"" + c.spec.test + "\" compares pairs of runs",
                   "say which axes pair left with right: paired = [\"seed\"]");
  Question q;
  const Samples a = gather(c.frame, side_rows(c, c.spec.left, q.gaps), c.spec.left, c.left);
  const Samples b = gather(c.frame, side_rows(c, c.spec.right, q.gaps), c.spec.right, c.right);
  append(q.gaps, a.gaps);
  append(q.gaps, b.gaps);
  r.left = estimate(a, c.spec.left, c.left, c.level);
  r.right = estimate(b, c.spec.right, c.right, c.level);
  q.n = std::min(a.runs, b.runs);
  Estimate d;
  d.n = q.n;
  if (r.left.value && r.right.value) d.value = *r.left.value - *r.right.value;
  if (c.left.name == "mean" && c.right.name == "mean") {
    const auto scaled = [](std::vector<double> x, const Side& s) {
      for (double& v : x) v = v * s.times + s.plus;
      return x;
    };
    d.interval = welch_interval(scaled(a.x, c.spec.left), scaled(b.x, c.spec.right), c.level);
  } else if (r.left.interval && r.right.interval) {
    d.interval =
        difference_interval(*r.left.value, *r.left.interval, *r.right.value, *r.right.interval);
  }
  q.value = d.value;
  if (q.value && compare(*r.left.value, "==", *r.right.value)) q.value = 0;
  q.interval = d.interval;
  r.difference = d;
  return q;
}

std::map<std::string, Rows> by_key(const Rows& rows, const std::vector<std::string>& axes) {
  std::map<std::string, Rows> out;
  for (const Row* row : rows) out[show_axes(*row, axes)].push_back(row);
  return out;
}

Question paired(const Context& c, ClaimResult& r) {
  Question q;
  auto lefts = by_key(side_rows(c, c.spec.left, q.gaps), c.spec.paired);
  auto rights = by_key(side_rows(c, c.spec.right, q.gaps), c.spec.paired);
  std::vector<double> a, b;
  std::set<std::pair<size_t, size_t>> seen;
  for (auto& [key, rows] : lefts) {
    const auto partner = rights.find(key);
    if (partner == rights.end()) {
      q.gaps.push_back("no partner on the right for " + key);
      continue;
    }
    if (!seen.insert({rows[0]->index, partner->second[0]->index}).second) continue;
    const Samples x = gather(c.frame, rows, c.spec.left, c.left);
    const Samples y = gather(c.frame, partner->second, c.spec.right, c.right);
    append(q.gaps, x.gaps);
    append(q.gaps, y.gaps);
    if (x.x.empty() || y.x.empty()) continue;
    a.push_back(c.left.of(x.x) * c.spec.left.times + c.spec.left.plus);
    b.push_back(c.right.of(y.x) * c.spec.right.times + c.spec.right.plus);
    q.differences.push_back(compare(a.back(), "==", b.back()) ? 0 : a.back() - b.back());
  }
  for (const auto& [key, rows] : rights)
    if (!lefts.contains(key)) q.gaps.push_back("no partner on the left for " + key);
  const Aggregate over_pairs{c.left.name == "median" ? "median" : "mean", "", 0};
  const auto whole = [&](const std::vector<double>& x) {
    Estimate e;
    e.n = e.runs = x.size();
    e.of = "pairs";
    if (!x.empty()) e.value = over_pairs.of(x);
    e.interval = over_pairs.interval(x, c.level);
    return e;
  };
  r.left = whole(a);
  r.right = whole(b);
  r.difference = whole(q.differences);
  q.value = r.difference->value;
  q.interval = r.difference->interval;
  q.n = q.differences.size();
  return q;
}

std::string symbol(const std::string& op) {
  return op == "<=" ? "≤" : op == ">=" ? "≥" : op == "!=" ? "≠" : op == "==" ? "=" : op;
}

/// As many decimals as the interval's half-width has at two digits: 0.935 [0.918, 0.951].
std::string show_as(double x, const Interval& i) {
  const double half = (i.high - i.low) / 2;
  const double digits = half > 0 ? 1 - std::floor(std::log10(half)) : kAbsentDigits;
  if (digits > 6 || std::fabs(x) >= 1e7) return brief(x);
  const std::string out = fmt::format("{:.{}f}", x, std::max(0, static_cast<int>(digits)));
  return out.find_first_not_of("-0.") == std::string::npos && out[0] == '-' ? out.substr(1) : out;
}

std::string show(const Interval& i) {
  return "[" + show_as(i.low, i) + ", " + show_as(i.high, i) + "]";
}

std::string show_estimate(const Estimate& e) {
  if (!e.value) return "–";
  return e.interval ? show_as(*e.value, *e.interval) + " " + show(*e.interval) : brief(*e.value);
}

/// "0.5764 + 0.2", "0.25 × 0.44": the right side as the claim scales it.
std::string show_scaled(double scaled, const Side& side) {
  if (side.times == 0 || (side.times == 1 && side.plus == 0)) return brief(scaled);
  std::string out = brief((scaled - side.plus) / side.times);
  if (side.times != 1) out = brief(side.times) + " × " + out;
  if (side.plus != 0) out += (side.plus < 0 ? " - " : " + ") + brief(std::fabs(side.plus));
  return out;
}

std::string show_n(const Estimate& e) {
  if (e.of == "rows")
    return fmt::format("n = {} rows of {} run{}", e.n, e.runs, e.runs == 1 ? "" : "s");
  if (e.of == "pairs") return fmt::format("n = {} pair{}", e.n, e.n == 1 ? "" : "s");
  return fmt::format("n = {}", e.n);
}

std::string show_ours(const ClaimSpec& spec, const ClaimResult& r) {
  if (!r.left.value) return "–";
  if (!r.difference) return show_estimate(r.left) + ", " + show_n(r.left);
  std::string out = show_scaled(*r.left.value, spec.left) + " against " +
                    (r.right.value ? show_scaled(*r.right.value, spec.right) : std::string("–"));
  if (r.difference->value) out += "; difference " + show_estimate(*r.difference);
  if (r.left.of == "pairs" || (r.left.n == r.right.n && r.left.of == r.right.of))
    return out + ", " + show_n(r.left);
  return out + fmt::format(", {} and {}", show_n(r.left), show_n(r.right));
}

/// "0.93 ≥ 0.9" with the aggregate in front: what the verdict says in numbers.
std::string statement(const Context& c, const ClaimResult& r, const Question& q, bool holds) {
  const std::string is = holds ? " is " : " is not ";
  if (!r.difference)
    return fmt::format("{} {}{}{} {}", c.left.name, brief(*q.value), is, symbol(c.spec.op),
                       brief(q.bound));
  return fmt::format("{} {}{}{} {}", c.left.name, brief(*r.left.value), is, symbol(c.spec.op),
                     brief(*r.right.value));
}

std::string show_gaps(const std::vector<std::string>& gaps) {
  constexpr size_t kMost = 2;
  std::string out = gaps[0];
  for (size_t i = 1; i < gaps.size() && i < kMost; ++i) out += "; " + gaps[i];
  if (gaps.size() > kMost) out += fmt::format("; and {} more", gaps.size() - kMost);
  return out;
}

void judge(const Context& c, const Question& q, ClaimResult& r) {
  r.verdict = Verdict::insufficient;
  if (!q.gaps.empty()) {
    r.explanation = "values are missing: " + show_gaps(q.gaps);
    return;
  }
  if (q.n < static_cast<size_t>(std::max(1, c.spec.min_n))) {
    r.explanation =
        fmt::format("{} value{}, but min_n = {}", q.n, q.n == 1 ? "" : "s", c.spec.min_n);
    return;
  }
  if (!q.value) {
    r.explanation =
        fmt::format("{} of {} value{} does not exist", c.left.name, q.n, q.n == 1 ? "" : "s");
    return;
  }
  bool holds = compare(*q.value, c.spec.op, q.bound);
  r.explanation = statement(c, r, q, holds);
  if (c.spec.confidence) {
    if (!q.interval) {
      r.explanation = fmt::format("confidence = {} needs an interval; {} of {} has none",
                                  brief(*c.spec.confidence), c.left.name, show_n(r.left));
      return;
    }
    const bool clear = clears(*q.interval, c.spec.op, q.bound);
    r.explanation +=
        fmt::format(", and the {} % interval {} {} {}", brief(100 * c.level), show(*q.interval),
                    clear ? "clears" : "does not clear", brief(q.bound));
    holds = holds && clear;
  }
  if (!c.spec.test.empty()) {
    r.result = run_test(c.spec, q.differences);
    const bool significant = r.result.p < c.spec.alpha;
    r.explanation += fmt::format(", and the {} test gives p = {} {} alpha = {}{}", c.spec.test,
                                 brief(r.result.p, 3), significant ? "<" : "≥", brief(c.spec.alpha),
                                 r.result.note.empty() ? "" : " (" + r.result.note + ")");
    holds = holds && significant;
  }
  r.verdict = holds ? Verdict::holds : Verdict::fails;
}

ClaimResult evaluate(const ClaimSpec& spec, Frame& frame) {
  ClaimResult r;
  r.name = spec.name;
  r.text = spec.text;
  r.paper = spec.paper;
  r.test = spec.test;
  r.level = spec.confidence.value_or(0.95);
  if (!known_comparison(spec.op))
    throw BadInput("E180", "\"" + spec.op + "\" compares nothing", "one of: < <= > >= == !=");
  if (spec.left.number)
    throw BadInput("E180", "the left side of a claim is a number", "put the number on the right");
  const bool bound = spec.right.number.has_value();
  const Context c{spec, frame, parse_aggregate(spec.left.agg),
                  bound ? Aggregate{"mean", "", 0} : parse_aggregate(spec.right.agg), r.level};
  const Question q = bound                 ? against_bound(c, r)
                     : spec.paired.empty() ? two_samples(c, r)
                                           : paired(c, r);
  r.ours = show_ours(spec, r);
  judge(c, q, r);
  return r;
}

}  // namespace

std::string to_string(Verdict verdict) {
  return verdict == Verdict::holds ? "holds" : verdict == Verdict::fails ? "fails" : "insufficient";
}

size_t ClaimResults::count(Verdict verdict) const {
  return static_cast<size_t>(std::count_if(
      claims.begin(), claims.end(), [&](const ClaimResult& c) { return c.verdict == verdict; }));
}

std::string ClaimResults::summary() const {
  if (claims.empty()) return "no claims";
  std::string out = fmt::format("{} claim{}:", claims.size(), claims.size() == 1 ? "" : "s");
  const char* separator = " ";
  const auto add = [&](Verdict v, const char* one, const char* many) {
    if (const size_t n = count(v)) {
      out += fmt::format("{}{} {}", separator, n, n == 1 ? one : many);
      separator = ", ";
    }
  };
  add(Verdict::holds, "holds", "hold");
  add(Verdict::fails, "fails", "fail");
  add(Verdict::insufficient, "is insufficient", "are insufficient");
  return out;
}

ClaimResults evaluate_claims(const Plan& plan, Frame& frame) {
  ClaimResults out;
  out.experiment = plan.name;
  out.plan = plan.id();
  std::vector<Message> errors;
  for (const auto& spec : plan.report.claims) try {
      out.claims.push_back(evaluate(spec, frame));
    } catch (const BadInput& bad) {
      for (Message m : bad.messages()) {
        if (m.file.empty()) {
          m.file = plan.file;
          m.line = spec.line;
          m.column = 1;
        }
        errors.push_back(std::move(m));
      }
    }
  if (!errors.empty()) throw BadInput(std::move(errors));
  return out;
}

namespace {
Json to_json(const Estimate& e) {
  Json j{{"n", e.n}, {"of", e.of}, {"value", nullptr}};
  if (e.value) j["value"] = *e.value;
  if (e.of == "rows") j["runs"] = e.runs;
  if (e.interval) j["interval"] = {e.interval->low, e.interval->high};
  return j;
}
}  // namespace

Json to_json(const ClaimResults& results) {
  Json claims = Json::array();
  for (const auto& c : results.claims) {
    Json j{{"text", c.text},   {"verdict", to_string(c.verdict)},
           {"ours", c.ours},   {"left", to_json(c.left)},
           {"level", c.level}, {"why", c.explanation}};
    if (!c.name.empty()) j["name"] = c.name;
    if (!c.paper.empty()) j["paper"] = c.paper;
    if (c.difference) {
      j["right"] = to_json(c.right);
      j["difference"] = to_json(*c.difference);
    } else if (c.right.value) {
      j["bound"] = *c.right.value;
    }
    if (!c.test.empty())
      j["test"] = {{"name", c.test},
                   {"p", c.result.p},
                   {"statistic", c.result.statistic},
                   {"n", c.result.n},
                   {"note", c.result.note}};
    claims.push_back(std::move(j));
  }
  return {{"assay_claims", 1},
          {"experiment", results.experiment},
          {"plan", results.plan},
          {"summary", results.summary()},
          {"claims", std::move(claims)}};
}

}  // namespace assay
