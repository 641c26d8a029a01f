#include "core/base/text.hpp"
#include "core/plan/plot_keys.hpp"
#include "core/plan/report_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace assay {
namespace {

using Names = std::vector<std::string>;
using Want = ReportCheck::Want;

std::string shortened(const std::string& text) {
  if (text.size() <= 60) return text;
  size_t end = 57;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

bool is_value(const std::string& text) { return text.find_first_of("/'") != std::string::npos; }

class ReportReader {
 public:
  ReportReader(const Stages& stages, const Plan& plan, bool only_some, Findings& findings)
      : check_(stages, plan, only_some, findings), findings_(findings) {}

  ReportSpec read(const Node& document) {
    ReportSpec out;
    const Fields top(document, "the top level", findings_);
    Names claim_names;
    for (const Node* node : top.tables("claim"))
      if (auto claim = read_claim(*node, claim_names)) out.claims.push_back(std::move(*claim));
    std::vector<std::pair<std::string, const Node*>> items;
    for (const char* kind : {"table", "plot", "images", "text"})
      for (const Node* node : top.tables(kind)) items.emplace_back(kind, node);
    std::stable_sort(items.begin(), items.end(), [](const auto& a, const auto& b) {
      return a.second->place.before(b.second->place);
    });
    Names names;
    for (const auto& [kind, node] : items)
      if (auto item = read_item(kind, *node, names)) out.items.push_back(std::move(*item));
    return out;
  }
  const std::set<std::string>& used() const { return check_.used(); }

 private:
  /// The item's name, by default its kind and number; unique, and fit for a file's name.
  std::string name_of(const Fields& f, const std::string& kind, Names& taken) {
    const std::string name = f.text("name", fmt::format("{}_{}", kind, taken.size() + 1));
    if (!valid_label(name))
      findings_.error("E022", "\"" + name + "\" is no name: " + label_rule(), f.place("name"));
    else if (std::find(taken.begin(), taken.end(), name) != taken.end())
      findings_.error("E022", "the name \"" + name + "\" is used twice", f.place("name"));
    taken.push_back(name);
    return name;
  }

  template <class Parse>
  void parse_or_complain(const Node& node, Parse&& parse) {
    try {
      parse();
    } catch (const ExpressionError& error) {
      findings_.error("E130", error.what(),
                      inside(node.place, node.text, error.offset, error.width));
    }
  }

  std::string claim_aggregate(const Fields& f) {
    const std::string agg = f.text("agg", "mean");
    if (const Node* node = f.node("agg"); node && node->is_string())
      parse_or_complain(*node, [&] { parse_aggregate_spec(agg, false); });
    return agg;
  }

  /// A number, or a table with a value over the runs of a stage.
  std::optional<Side> read_side(const Fields& claim, const std::string& key,
                                const std::string& stage) {
    Side side;
    const Node* node = claim.node(key);
    if (!node) return claim.require(key), std::nullopt;
    if (!node->is_table()) {
      side.number = claim.number(key);
      return side;
    }
    const Fields f(*node, key + " of " + claim.what(), findings_);
    f.only({"stage", "value", "where", "agg", "times", "plus"});
    side.stage = f.text("stage", stage);
    side.where = f.text("where");
    side.agg = claim_aggregate(f);
    side.value = f.text("value");
    side.times = f.number("times").value_or(1);
    side.plus = f.number("plus").value_or(0);
    return side;
  }

  /// False when the claim's stage is not part of the plan.
  bool check_side(const Fields& claim, const std::string& key, const Side& side,
                  const Names& accounted) {
    if (side.number) return true;
    const Node* table = key.empty() ? nullptr : claim.node(key);
    if (!key.empty() && (!table || !table->is_table())) return true;
    std::optional<Fields> own;
    if (table) own.emplace(*table, claim.what(), findings_);
    const Fields& f = own ? *own : claim;
    const Stage* stage = check_.stage(f, side.stage);
    if (!stage) return !check_.left_out();
    if (f.require("value")) check_.value(f, *stage, *f.node("value"), Want::kNumbers);
    check_.where(f, *stage, side.where, accounted,
                 "filter it with where, or name it in paired or over");
    return true;
  }

  std::optional<ClaimSpec> read_claim(const Node& node, Names& names) {
    const Node* text = node.find("text");
    const Fields f(
        node, text && text->is_string() ? "claim \"" + shortened(text->text) + "\"" : "a claim",
        findings_);
    f.only({"text", "name", "paper", "min_n", "confidence", "stage", "value", "where", "agg", "op",
            "bound", "left", "right", "paired", "test", "alpha", "over"});
    ClaimSpec claim;
    f.require("text");
    claim.text = f.text("text");
    claim.name = name_of(f, "claim", names);
    claim.paper = f.loose_text("paper");
    claim.min_n = static_cast<int>(f.whole("min_n", 1, 1, 1000000));
    claim.confidence = fraction(f, "confidence");
    claim.alpha = fraction(f, "alpha").value_or(0.05);
    claim.op = f.choice("op", {"<", "<=", ">", ">=", "==", "!="}, "");
    f.require("op");
    claim.paired = f.texts("paired");
    claim.test = f.choice("test", {"sign", "wilcoxon", "t"}, "");
    claim.over = over_of(f, claim.paired);
    claim.line = node.place.line;
    if (!read_sides(f, claim)) return std::nullopt;
    return claim;
  }

  bool read_sides(const Fields& f, ClaimSpec& claim) {
    Names accounted = claim.paired;
    accounted.insert(accounted.end(), claim.over.begin(), claim.over.end());
    const bool two_sided = f.has("left") || f.has("right");
    if (two_sided) {
      for (const char* key : {"value", "bound", "where", "agg"})
        if (f.has(key))
          findings_.error("E022", fmt::format("{} has \"{}\" beside left and right", f.what(), key),
                          f.place(key), "a claim compares value with bound, or left with right");
      const std::string stage = f.text("stage");
      const auto left = read_side(f, "left", stage), right = read_side(f, "right", stage);
      if (!left || !right) return true;
      claim.left = *left, claim.right = *right;
      check_pairs(f, claim);
      const bool keep = check_side(f, "left", claim.left, accounted);
      return check_side(f, "right", claim.right, accounted) && keep;
    }
    claim.left.stage = f.text("stage");
    claim.left.value = f.text("value");
    claim.left.where = f.text("where");
    claim.left.agg = claim_aggregate(f);
    if (f.require("bound")) claim.right.number = f.number("bound");
    check_pairs(f, claim);
    return check_side(f, "", claim.left, accounted);
  }

  void check_pairs(const Fields& f, const ClaimSpec& claim) {
    const bool both = claim.left.stage.size() && claim.right.stage.size();
    if (!claim.paired.empty() && !both)
      findings_.error("E022", f.what() + " can pair only two sides that are both values of runs",
                      f.place("paired"));
    if (!claim.test.empty() && claim.paired.empty())
      findings_.error("E023", f.what() + " needs \"paired\" for its test", f.place("test"),
                      "name the axes that pair left with right, as in paired = [\"seed\"]");
    for (const Side* side : {&claim.left, &claim.right}) {
      if (side->stage.empty()) continue;
      const Stage* stage = check_.stage(f, side->stage);
      if (!stage) continue;
      for (const auto& name : claim.paired) check_.axis(f, *stage, name, f.place("paired"));
    }
    if (f.has("over"))
      for (const auto& name : claim.over) check_averaged(f, claim, name);
  }

  /// An axis in `over` belongs to at least one of the sides.
  void check_averaged(const Fields& f, const ClaimSpec& claim, const std::string& name) {
    const Stage* last = nullptr;
    for (const Side* side : {&claim.left, &claim.right}) {
      const Stage* stage = side->stage.empty() ? nullptr : check_.stage(f, side->stage);
      if (!stage) continue;
      const auto known = check_.coordinates(*stage);
      if (std::find(known.begin(), known.end(), name) != known.end()) return;
      last = stage;
    }
    if (last) check_.axis(f, *last, name, f.place("over"));
  }

  std::optional<double> fraction(const Fields& f, const std::string& key) {
    const auto x = f.number(key);
    if (x && !(*x > 0 && *x < 1)) f.mismatch(key, "a number above 0 and below 1");
    return x;
  }

  Names over_of(const Fields& f, const Names& except = {}) const {
    if (f.has("over")) return f.texts("over");
    const bool taken = std::find(except.begin(), except.end(), "seed") != except.end();
    return taken ? Names{} : Names{"seed"};
  }

  /// Common keys of an item over the runs of a stage; null when there is nothing to check.
  template <class Spec>
  const Stage* start(const Fields& f, Spec& spec) {
    spec.title = f.text("title");
    spec.stage = f.text("stage");
    spec.where = f.text("where");
    return check_.stage(f, spec.stage);
  }

  std::optional<ReportItem> read_item(const std::string& kind, const Node& node, Names& names) {
    const Fields f(node, item_title(kind, node), findings_);
    const std::string name = name_of(f, kind, names);
    if (kind == "table") return read_table(f, name);
    if (kind == "plot") return read_plot(f, name);
    if (kind == "images") return read_images(f, name);
    return read_text(f, name);
  }
  static std::string item_title(const std::string& kind, const Node& node) {
    const Node* name = node.find("name");
    if (name && name->is_string()) return kind + " \"" + shortened(name->text) + "\"";
    return kind == "images" ? "an image gallery" : "a " + kind;
  }

  std::optional<ReportItem> read_table(const Fields& f, const std::string& name) {
    f.only({"name", "title", "caption", "stage", "where", "rows", "columns", "value", "values",
            "labels", "agg", "over", "best", "format"});
    TableSpec t;
    t.name = name;
    t.caption = f.text("caption");
    const Stage* stage = start(f, t);
    const bool left_out = check_.left_out();
    t.rows = f.texts("rows");
    t.columns = f.texts("columns");
    if (f.has("value") == f.has("values"))
      findings_.error("E023", f.what() + " needs either \"value\" or \"values\"", f.header());
    const std::string key = f.has("values") ? "values" : "value";
    t.values = f.texts(key);
    t.labels = f.texts("labels");
    t.best = f.texts("best");
    t.over = over_of(f);
    if (f.has("agg")) t.agg = aggregates(f);
    t.format = format_of(f);
    per_value(f, "labels", t.labels.size(), t.values.size());
    per_value(f, "best", t.best.size(), t.values.size());
    for (const auto& b : t.best)
      if (b != "max" && b != "min" && !b.empty())
        findings_.error("E022", "\"best\" must be max, min or \"\"; got \"" + b + "\"",
                        f.place("best"));
    if (!stage) return left_out ? std::nullopt : std::optional<ReportItem>(t);
    values(f, *stage, key);
    Names accounted = axes(f, *stage, {"rows", "columns"});
    check_over(f, *stage, t.over, accounted);
    check_.where(f, *stage, t.where, accounted,
                 "name it in rows, columns or over, or filter it with where");
    return t;
  }

  void per_value(const Fields& f, const std::string& key, size_t count, size_t values) {
    if (count != 0 && count != values)
      findings_.error(
          "E022",
          fmt::format("{}: \"{}\" must have one entry for each of the {} values, got {}", f.what(),
                      key, values, count),
          f.place(key));
  }

  Names aggregates(const Fields& f) {
    Names out;
    const Node* node = f.node("agg");
    for (const auto& text : f.texts("agg")) {
      // Words, but for the blanks inside share(>= 4).
      size_t at = 0;
      while ((at = text.find_first_not_of(' ', at)) != std::string::npos) {
        const size_t blank = text.find(' ', at), open = text.find('(', at);
        const size_t end = open < blank ? text.find(')', at) + 1 : blank;
        out.push_back(text.substr(at, end == 0 ? std::string::npos : end - at));
        if (end == 0 || end == std::string::npos) break;
        at = end;
      }
    }
    for (const auto& agg : out) parse_or_complain(*node, [&] { parse_aggregate_spec(agg); });
    if (out.empty()) findings_.error("E022", "\"agg\" is empty", f.place("agg"));
    return out;
  }

  std::string format_of(const Fields& f) {
    const std::string format = f.text("format", ".4g");
    const size_t digits = format.find_first_not_of("0123456789", 1);
    const bool good = format.size() >= 3 && format.size() <= 4 && format[0] == '.' &&
                      digits == format.size() - 1 && digits > 1 &&
                      std::string_view("efg%").find(format.back()) != std::string_view::npos;
    if (!good)
      findings_.error("E022",
                      "\"format\" must be like .4g, .2f, .1e or .1%; got \"" + format + "\"",
                      f.place("format"));
    return good ? format : ".4g";
  }

  void values(const Fields& f, const Stage& stage, const std::string& key,
              Want want = Want::kNumbers) {
    const Node* node = f.node(key);
    if (!node) return;
    if (!node->is_array()) return check_.value(f, stage, *node, want);
    for (const auto& item : node->items) check_.value(f, stage, item, want);
  }

  /// The axes named under `keys`, checked.
  Names axes(const Fields& f, const Stage& stage, const Names& keys) {
    Names out;
    for (const auto& key : keys)
      for (const auto& name : f.texts(key))
        if (check_.axis(f, stage, name, f.place(key))) out.push_back(name);
    return out;
  }

  void check_over(const Fields& f, const Stage& stage, const Names& over, Names& accounted) {
    for (const auto& name : over)
      if (!f.has("over") || check_.axis(f, stage, name, f.place("over"))) accounted.push_back(name);
  }

  std::optional<ReportItem> read_plot(const Fields& f, const std::string& name) {
    f.only({"name",   "title",  "caption", "stage",  "where",  "kind",     "x",
            "y",      "z",      "value",   "series", "marker", "facet",    "error",
            "over",   "agg",    "xscale",  "yscale", "xlabel", "ylabel",   "bins",
            "xrange", "yrange", "zrange",  "lines",  "jitter", "normalize"});
    PlotSpec p;
    p.name = name;
    p.caption = f.text("caption");
    const Stage* stage = start(f, p);
    const bool left_out = check_.left_out();
    f.require("kind");
    p.kind = f.choice("kind", {"line", "scatter", "bar", "histogram", "box", "heatmap", "cdf"}, "");
    const bool distribution = p.kind == "histogram" || p.kind == "box" || p.kind == "cdf";
    const Names needed = distribution          ? Names{"value"}
                         : p.kind == "heatmap" ? Names{"x", "y"}
                                               : Names{"y"};
    if (!p.kind.empty())
      for (const auto& key : needed) f.require(key);
    p.x = f.text("x"), p.y = f.text("y"), p.z = f.text("z"), p.value = f.text("value");
    p.series = f.text("series"), p.marker = f.text("marker"), p.facet = f.text("facet");
    p.error = f.choice("error", {"sd", "sem", "ci95", "minmax"}, "");
    p.agg = claim_aggregate(f);
    p.over = over_of(f);
    read_plot_keys(f, p, findings_);
    if (!stage) return left_out ? std::nullopt : std::optional<ReportItem>(p);
    check_plot(f, *stage, p);
    return p;
  }

  void check_plot(const Fields& f, const Stage& stage, const PlotSpec& p) {
    Names accounted;
    for (const char* key : {"x", "y", "z", "value", "series", "marker", "facet"}) {
      const Node* node = f.node(key);
      if (!node || !node->is_string()) continue;
      const std::string k = key;
      const bool group = k == "series" || k == "marker" || k == "facet";
      if (k == "x" && (node->text == "step" || node->text == "index")) continue;
      if (is_value(node->text) || k == "value")
        check_.value(f, stage, *node, group ? Want::kColumn : Want::kNumbers);
      else if (check_.axis(f, stage, node->text, node->place))
        accounted.push_back(node->text);
    }
    check_over(f, stage, p.over, accounted);
    check_.where(f, stage, p.where, accounted,
                 "name it as x, y, series, marker, facet or in over, or filter it with where");
  }

  std::optional<ReportItem> read_images(const Fields& f, const std::string& name) {
    f.only({"name", "title", "caption", "stage", "where", "value", "labels", "columns", "most"});
    ImagesSpec i;
    i.name = name;
    i.caption = f.text("caption");
    const Stage* stage = start(f, i);
    const bool left_out = check_.left_out();
    f.require("value");
    i.value = f.text("value");
    i.labels = f.texts("labels");
    i.columns = static_cast<int>(f.whole("columns", 10, 1, 100));
    i.most = static_cast<int>(f.whole("most", 60, 1, 10000));
    if (!stage) return left_out ? std::nullopt : std::optional<ReportItem>(i);
    values(f, *stage, "value", Want::kArray);
    values(f, *stage, "labels", Want::kColumn);
    each_run(f, *stage, i.where);
    return i;
  }

  std::optional<ReportItem> read_text(const Fields& f, const std::string& name) {
    f.only({"name", "title", "stage", "where", "value", "body"});
    TextSpec t;
    t.name = name;
    t.title = f.text("title");
    t.body = f.text("body");
    t.value = f.text("value");
    if (f.has("body") == f.has("value"))
      findings_.error("E023", f.what() + " needs either \"body\" or \"value\"", f.header());
    if (!f.has("value")) return t;
    const Stage* stage = start(f, t);
    if (!stage) return check_.left_out() ? std::nullopt : std::optional<ReportItem>(t);
    values(f, *stage, "value", Want::kText);
    each_run(f, *stage, t.where);
    return t;
  }

  /// Items that show every run by itself account for all axes.
  void each_run(const Fields& f, const Stage& stage, const std::string& where) {
    Names all;
    for (const auto& axis : check_.axes_of(stage)) all.push_back(axis);
    check_.where(f, stage, where, all, "");
  }

  ReportCheck check_;
  Findings& findings_;
};

}  // namespace

ReportSpec read_report(const Node& document, const Stages& stages, const Plan& plan,
                       bool only_some_stages, std::set<std::string>& used, Findings& findings) {
  ReportReader reader(stages, plan, only_some_stages, findings);
  ReportSpec out = reader.read(document);
  used.insert(reader.used().begin(), reader.used().end());
  return out;
}

}  // namespace assay
