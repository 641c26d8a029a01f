#include "core/plan/json_fields.hpp"
#include "core/plan/report_spec.hpp"

#include <type_traits>

namespace assay {
namespace {

/// Writes or reads every field of a struct: one list of fields serves both.
struct Writer {
  Json out = Json::object();
  template <class T>
  void operator()(const char* key, const T& value) {
    if constexpr (std::is_same_v<T, double>)
      out[key] = finite(value);
    else
      out[key] = value;
  }
  void operator()(const char* key, const std::optional<double>& value) {
    out[key] = value ? finite(*value) : Json();
  }
};
struct Reader {
  const Json& in;
  template <class T>
  void operator()(const char* key, T& value) {
    if constexpr (std::is_same_v<T, double>)
      value = restored(in.at(key)).template get<double>();
    else
      in.at(key).get_to(value);
  }
  void operator()(const char* key, std::optional<double>& value) {
    const Json& v = in.at(key);
    if (!v.is_null()) value = restored(v).get<double>();
  }
};

template <class V, class S>
void side_fields(V&& v, S& s) {
  v("number", s.number), v("stage", s.stage), v("where", s.where), v("agg", s.agg);
  v("value", s.value), v("times", s.times), v("plus", s.plus);
}
template <class V, class S>
void claim_fields(V&& v, S& s) {
  v("name", s.name), v("text", s.text), v("paper", s.paper), v("min_n", s.min_n);
  v("confidence", s.confidence), v("op", s.op), v("paired", s.paired), v("over", s.over);
  v("test", s.test), v("alpha", s.alpha), v("line", s.line);
}
template <class V, class S>
void table_fields(V&& v, S& s) {
  v("name", s.name), v("title", s.title), v("caption", s.caption), v("stage", s.stage);
  v("where", s.where), v("rows", s.rows), v("columns", s.columns), v("values", s.values);
  v("labels", s.labels), v("agg", s.agg), v("over", s.over), v("best", s.best);
  v("format", s.format);
}
template <class V, class S>
void plot_fields(V&& v, S& s) {
  v("name", s.name), v("title", s.title), v("caption", s.caption), v("stage", s.stage);
  v("where", s.where), v("kind", s.kind), v("x", s.x), v("y", s.y), v("z", s.z);
  v("value", s.value), v("series", s.series), v("marker", s.marker), v("facet", s.facet);
  v("error", s.error), v("over", s.over), v("agg", s.agg), v("xscale", s.xscale);
  v("yscale", s.yscale), v("xlabel", s.xlabel), v("ylabel", s.ylabel), v("bins", s.bins);
  v("normalize", s.normalize), v("xrange", s.xrange), v("yrange", s.yrange);
  v("zrange", s.zrange), v("lines", s.lines), v("jitter", s.jitter);
}
template <class V, class S>
void images_fields(V&& v, S& s) {
  v("name", s.name), v("title", s.title), v("caption", s.caption), v("stage", s.stage);
  v("where", s.where), v("value", s.value), v("labels", s.labels), v("columns", s.columns);
  v("most", s.most);
}
template <class V, class S>
void text_fields(V&& v, S& s) {
  v("name", s.name), v("title", s.title), v("stage", s.stage), v("where", s.where);
  v("value", s.value), v("body", s.body);
}

template <class V, class S>
void item_fields(V&& v, S& s) {
  using T = std::remove_const_t<S>;
  if constexpr (std::is_same_v<T, TableSpec>)
    table_fields(v, s);
  else if constexpr (std::is_same_v<T, PlotSpec>)
    plot_fields(v, s);
  else if constexpr (std::is_same_v<T, ImagesSpec>)
    images_fields(v, s);
  else
    text_fields(v, s);
}

Json side_json(const Side& side) {
  Writer writer;
  side_fields(writer, side);
  return writer.out;
}
Side side_of(const Json& document) {
  Side side;
  side_fields(Reader{document}, side);
  return side;
}

template <class Spec>
ReportItem item_of(const Json& document) {
  Spec spec;
  item_fields(Reader{document}, spec);
  return spec;
}

}  // namespace

void to_json(Json& document, const ReferenceLine& line) {
  document = {{"axis", line.axis}, {"at", finite(line.at)}, {"label", line.label}};
}
void from_json(const Json& document, ReferenceLine& line) {
  document.at("axis").get_to(line.axis);
  line.at = restored(document.at("at")).get<double>();
  document.at("label").get_to(line.label);
}

Json to_json(const ReportSpec& spec) {
  static constexpr const char* kKinds[] = {"table", "plot", "images", "text"};
  Json claims = Json::array(), items = Json::array();
  for (const auto& claim : spec.claims) {
    Writer writer;
    claim_fields(writer, claim);
    writer.out["left"] = side_json(claim.left);
    writer.out["right"] = side_json(claim.right);
    claims.push_back(std::move(writer.out));
  }
  for (const auto& item : spec.items) {
    Writer writer;
    std::visit([&](const auto& s) { item_fields(writer, s); }, item);
    writer.out["item"] = kKinds[item.index()];
    items.push_back(std::move(writer.out));
  }
  return {{"claims", std::move(claims)}, {"items", std::move(items)}};
}

ReportSpec report_spec_from_json(const Json& document) {
  return reading("the report of the plan", [&] {
    ReportSpec spec;
    for (const auto& d : document.at("claims")) {
      ClaimSpec& claim = spec.claims.emplace_back();
      claim_fields(Reader{d}, claim);
      claim.left = side_of(d.at("left"));
      claim.right = side_of(d.at("right"));
    }
    for (const auto& d : document.at("items")) {
      const std::string kind = d.at("item").get<std::string>();
      spec.items.push_back(kind == "table"    ? item_of<TableSpec>(d)
                           : kind == "plot"   ? item_of<PlotSpec>(d)
                           : kind == "images" ? item_of<ImagesSpec>(d)
                                              : item_of<TextSpec>(d));
    }
    return spec;
  });
}

}  // namespace assay
