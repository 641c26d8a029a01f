#include "core/plan/expression.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace assay {

struct Expression::Term {
  enum class Op {
    kValue,
    kName,
    kReference,
    kHas,
    kList,
    kNot,
    kNegate,
    kAnd,
    kOr,
    kEqual,
    kUnequal,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kIn,
    kAdd,
    kSubtract,
    kMultiply,
    kDivide,
    kAbs,
    kMin,
    kMax,
    kLog10
  };
  Op op = Op::kValue;
  Json value;
  std::string name;
  std::vector<Term> arguments;
  size_t offset = 0, width = 1;
};

using Term = Expression::Term;
using Op = Term::Op;

class ExpressionParser {
 public:
  ExpressionParser(const std::string& text, Expression::Quotes quotes)
      : text_(text), quotes_(quotes) {
    advance();
  }

  Expression parse() {
    auto root = std::make_shared<Term>(disjunction());
    if (!token_.empty()) fail("expected an operator or the end, saw '" + token_ + "'");
    out_.root_ = std::move(root);
    return std::move(out_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw ExpressionError(what, start_, std::max<size_t>(1, token_.size()));
  }

  /// Reads the next token: a number, a name, a quoted text with its quotes, or an operator.
  void advance() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
    start_ = at_;
    if (at_ == text_.size()) return token_.clear();
    const char c = text_[at_];
    const auto word = [](char x) {
      return std::isalnum(static_cast<unsigned char>(x)) || x == '_';
    };
    if (c == '\'' || c == '"') {
      const size_t end = text_.find(c, at_ + 1);
      if (end == std::string::npos)
        throw ExpressionError("a quote is not closed", at_, text_.size() - at_);
      at_ = end + 1;
    } else if (std::isdigit(static_cast<unsigned char>(c)) || c == '.') {
      double ignored;
      const auto [end, error] =
          std::from_chars(text_.data() + at_, text_.data() + text_.size(), ignored);
      at_ =
          error == std::errc::invalid_argument ? at_ + 1 : static_cast<size_t>(end - text_.data());
      while (at_ < text_.size() && word(text_[at_])) ++at_;
    } else if (word(c)) {
      while (at_ < text_.size() && word(text_[at_])) ++at_;
    } else {
      const std::string two = text_.substr(at_, 2);
      at_ += two == "==" || two == "!=" || two == "<=" || two == ">=" ? 2 : 1;
      while (at_ < text_.size() && (static_cast<unsigned char>(text_[at_]) & 0xC0) == 0x80) ++at_;
    }
    token_ = text_.substr(start_, at_ - start_);
  }
  bool accept(const char* token) {
    if (token_ != token) return false;
    advance();
    return true;
  }
  void expect(const char* token) {
    if (!accept(token))
      fail(std::string("expected '") + token + "'" +
           (token_.empty() ? " before the end" : ", saw '" + token_ + "'"));
  }

  Term make(Op op, std::vector<Term> arguments) const {
    Term t;
    t.op = op;
    t.offset = arguments.front().offset;
    t.width = arguments.back().offset + arguments.back().width - t.offset;
    t.arguments = std::move(arguments);
    return t;
  }
  Term two(Op op, Term a, Term b) const {
    std::vector<Term> both;
    both.push_back(std::move(a));
    both.push_back(std::move(b));
    return make(op, std::move(both));
  }

  Term disjunction() {
    Term left = conjunction();
    while (accept("or")) left = two(Op::kOr, std::move(left), conjunction());
    return left;
  }
  Term conjunction() {
    Term left = negation();
    while (accept("and")) left = two(Op::kAnd, std::move(left), negation());
    return left;
  }
  Term negation() {
    const Deeper deeper(*this);
    if (accept("not")) return make(Op::kNot, {negation()});
    return comparison();
  }
  Term comparison() {
    static const std::pair<const char*, Op> kOperators[] = {
        {"==", Op::kEqual}, {"!=", Op::kUnequal}, {"<=", Op::kLessEqual}, {">=", Op::kGreaterEqual},
        {"<", Op::kLess},   {">", Op::kGreater},  {"in", Op::kIn}};
    Term left = sum();
    for (const auto& [token, op] : kOperators)
      if (accept(token)) {
        Term out = two(op, std::move(left), sum());
        for (const auto& [again, unused] : kOperators)
          if (token_ == again) fail("comparisons do not chain; join two with 'and'");
        return out;
      }
    if (token_ == "=") fail("use '==' to compare");
    return left;
  }
  Term sum() {
    Term left = product();
    while (true) {
      if (accept("+"))
        left = two(Op::kAdd, std::move(left), product());
      else if (accept("-"))
        left = two(Op::kSubtract, std::move(left), product());
      else
        return left;
    }
  }
  Term product() {
    Term left = unary();
    while (true) {
      if (accept("*"))
        left = two(Op::kMultiply, std::move(left), unary());
      else if (accept("/"))
        left = two(Op::kDivide, std::move(left), unary());
      else
        return left;
    }
  }
  Term unary() {
    const Deeper deeper(*this);
    if (accept("-")) return make(Op::kNegate, {unary()});
    return atom();
  }

  std::vector<Term> arguments(const char* close) {
    std::vector<Term> out;
    if (accept(close)) return out;
    do out.push_back(disjunction());
    while (accept(","));
    expect(close);
    return out;
  }
  Term literal(Json value) {
    Term t;
    t.value = std::move(value);
    t.offset = start_;
    t.width = token_.size();
    advance();
    return t;
  }
  Term number() {
    const char *begin = token_.data(), *end = begin + token_.size();
    int64_t integer = 0;
    if (const auto [stop, error] = std::from_chars(begin, end, integer);
        error == std::errc() && stop == end)
      return literal(integer);
    double real = 0;
    const auto [stop, error] = std::from_chars(begin, end, real);
    if (error == std::errc::invalid_argument || stop != end)
      fail("\"" + token_ + "\" is not a number");
    if (error == std::errc::result_out_of_range) fail("the number " + token_ + " is out of range");
    return literal(real);
  }
  Term quoted() {
    const std::string content = token_.substr(1, token_.size() - 2);
    const bool reference = token_[0] == '\'' && quotes_ == Expression::Quotes::kReferences;
    if (reference) out_.references_.push_back({content, start_ + 1, content.size()});
    Term t = literal(content);
    if (reference) t.op = Op::kReference, t.name = content;
    return t;
  }
  Term name() {
    static const std::pair<const char*, Op> kFunctions[] = {
        {"abs", Op::kAbs}, {"min", Op::kMin}, {"max", Op::kMax}, {"log10", Op::kLog10}};
    const Expression::Name here{token_, start_, token_.size()};
    advance();
    Term t;
    t.op = Op::kName;
    t.name = here.text;
    t.offset = here.offset;
    t.width = here.width;
    if (token_ != "(") {
      out_.names_.push_back(here);
      return t;
    }
    advance();
    if (here.text == "has") {
      t.op = Op::kHas;
      t.name = token_;
      out_.optional_names_.push_back({token_, start_, token_.size()});
      advance();
      expect(")");
      return t;
    }
    for (const auto& [function, op] : kFunctions)
      if (here.text == function) {
        t.op = op;
        t.arguments = arguments(")");
        const bool one = op == Op::kAbs || op == Op::kLog10;
        if (t.arguments.empty() || (one && t.arguments.size() > 1))
          throw ExpressionError(here.text + (one ? "() takes one value" : "() takes values"),
                                here.offset, here.width);
        return t;
      }
    throw ExpressionError("no function \"" + here.text + "\"; there are abs, has, log10, max, min",
                          here.offset, here.width);
  }
  Term atom() {
    if (token_.empty()) fail("expected a value before the end");
    const char c = token_[0];
    if (std::isdigit(static_cast<unsigned char>(c)) || c == '.') return number();
    if (c == '\'' || c == '"') return quoted();
    if (token_ == "true") return literal(true);
    if (token_ == "false") return literal(false);
    if (token_ == "and" || token_ == "or" || token_ == "not" || token_ == "in")
      fail("expected a value, saw '" + token_ + "'");
    if (std::isalpha(static_cast<unsigned char>(c)) || c == '_') return name();
    if (accept("(")) {
      Term inner = disjunction();
      expect(")");
      return inner;
    }
    if (c == '[') {
      Term t;
      t.op = Op::kList;
      t.offset = start_;
      advance();
      t.arguments = arguments("]");
      t.width = at_ - t.offset;
      return t;
    }
    fail("expected a value, saw '" + token_ + "'");
  }

  /// Bounds the nesting, and so the depth of the stack.
  struct Deeper {
    explicit Deeper(ExpressionParser& p) : parser(p) {
      if (++parser.depth_ > 200) parser.fail("nested too deeply");
    }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;
    ~Deeper() { --parser.depth_; }
    ExpressionParser& parser;
  };

  const std::string& text_;
  Expression::Quotes quotes_;
  size_t at_ = 0, start_ = 0;
  int depth_ = 0;
  std::string token_;
  Expression out_;
};

namespace {

[[noreturn]] void fail_at(const Term& t, const std::string& what) {
  throw ExpressionError(what, t.offset, t.width);
}

class Evaluator {
 public:
  explicit Evaluator(const Expression::Lookup& lookup) : lookup_(lookup) {}

  Json value(const Term& t) const {
    switch (t.op) {
      case Op::kValue: return t.value;
      case Op::kName:
      case Op::kReference: {
        const Json* found = lookup_(t.name);
        if (!found) fail_at(t, "unknown name \"" + t.name + "\"");
        return *found;
      }
      case Op::kHas: return lookup_(t.name) != nullptr;
      case Op::kList: {
        Json list = Json::array();
        for (const auto& a : t.arguments) list.push_back(value(a));
        return list;
      }
      case Op::kNot: return !truth(t.arguments[0]);
      case Op::kAnd: return truth(t.arguments[0]) && truth(t.arguments[1]);
      case Op::kOr: return truth(t.arguments[0]) || truth(t.arguments[1]);
      case Op::kEqual: return same_value(value(t.arguments[0]), value(t.arguments[1]));
      case Op::kUnequal: return !same_value(value(t.arguments[0]), value(t.arguments[1]));
      case Op::kIn: return contained(t);
      case Op::kLess:
      case Op::kLessEqual:
      case Op::kGreater:
      case Op::kGreaterEqual: return ordered(t);
      default: return arithmetic(t);
    }
  }
  bool truth(const Term& t) const {
    const Json v = value(t);
    if (!v.is_boolean()) fail_at(t, "expected a condition (true or false)");
    return v.get<bool>();
  }

 private:
  double number(const Term& t) const {
    const Json v = value(t);
    if (!v.is_number()) fail_at(t, "expected a number");
    return v.get<double>();
  }
  bool contained(const Term& t) const {
    const Json item = value(t.arguments[0]), list = value(t.arguments[1]);
    if (!list.is_array()) fail_at(t.arguments[1], "expected a list after 'in'");
    return std::any_of(list.begin(), list.end(),
                       [&](const Json& x) { return same_value(item, x); });
  }
  bool ordered(const Term& t) const {
    const Json a = value(t.arguments[0]), b = value(t.arguments[1]);
    if (a.is_string() && b.is_string())
      return compare(t.op, a.get_ref<const std::string&>(), b.get_ref<const std::string&>());
    if (!a.is_number() || !b.is_number())
      fail_at(t, "only two numbers or two strings have an order");
    if (a.is_number_integer() && b.is_number_integer())
      return compare(t.op, a.get<int64_t>(), b.get<int64_t>());
    return compare(t.op, a.get<double>(), b.get<double>());
  }
  template <class T>
  static bool compare(Op op, const T& a, const T& b) {
    switch (op) {
      case Op::kLess: return a < b;
      case Op::kLessEqual: return a <= b;
      case Op::kGreater: return a > b;
      default: return a >= b;
    }
  }
  double arithmetic(const Term& t) const {
    const double a = number(t.arguments[0]);
    switch (t.op) {
      case Op::kNegate: return -a;
      case Op::kAbs: return std::fabs(a);
      case Op::kLog10: return std::log10(a);
      case Op::kAdd: return a + number(t.arguments[1]);
      case Op::kSubtract: return a - number(t.arguments[1]);
      case Op::kMultiply: return a * number(t.arguments[1]);
      case Op::kDivide: return a / number(t.arguments[1]);
      default: break;
    }
    double out = a;
    for (const auto& argument : t.arguments) {
      const double x = number(argument);
      if (std::isnan(x)) return x;
      out = t.op == Op::kMin ? std::min(out, x) : std::max(out, x);
    }
    return out;
  }

  const Expression::Lookup& lookup_;
};

}  // namespace

bool same_value(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) {
    if (a.is_number_integer() && b.is_number_integer()) return a.get<int64_t>() == b.get<int64_t>();
    return a.get<double>() == b.get<double>();
  }
  if (a.is_array() && b.is_array())
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_value);
  return a == b;
}

Expression Expression::parse(const std::string& text, Quotes quotes) {
  constexpr size_t kLongest = 4096;  // and so the deepest tree
  if (text.size() > kLongest) throw ExpressionError("the expression is too long", 0, text.size());
  return ExpressionParser(text, quotes).parse();
}

Json Expression::evaluate(const Lookup& lookup) const { return Evaluator(lookup).value(*root_); }

bool Expression::test(const Lookup& lookup) const { return Evaluator(lookup).truth(*root_); }

double Expression::compute(const std::function<double(const std::string&)>& number) const {
  Json held;
  const Json result = evaluate([&](const std::string& reference) {
    held = number(reference);
    return &held;
  });
  if (result.is_boolean()) return result.get<bool>() ? 1 : 0;
  return result.is_number() ? result.get<double>() : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace assay
