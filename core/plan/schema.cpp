#include "core/plan/json_fields.hpp"
#include "core/plan/schema.hpp"

#include <array>
#include <utility>

namespace assay {
namespace {

constexpr std::array<std::pair<assay_type, const char*>, 8> kTypes{
    {{ASSAY_BOOL, "bool"},
     {ASSAY_INT, "int"},
     {ASSAY_REAL, "real"},
     {ASSAY_STRING, "string"},
     {ASSAY_BOOLS, "list of bool"},
     {ASSAY_INTS, "list of int"},
     {ASSAY_REALS, "list of real"},
     {ASSAY_STRINGS, "list of string"}}};

constexpr std::array<std::pair<assay_kind, const char*>, 10> kKinds{
    {{ASSAY_SCALAR, "scalar"},
     {ASSAY_SERIES, "series"},
     {ASSAY_TABLE, "table"},
     {ASSAY_ARRAY, "array"},
     {ASSAY_TEXT, "text"},
     {ASSAY_CHECKPOINT, "checkpoint"},
     {ASSAY_ARTIFACT, "artifact"},
     {ASSAY_RUN, "run"},
     {ASSAY_FILE, "file"},
     {ASSAY_DIR, "dir"}}};

template <class Table>
int32_t number_of(const Table& table, const std::string& name) {
  for (const auto& [number, text] : table)
    if (name == text) return number;
  throw BadInput("E034", "the schema is damaged: \"" + name + "\" is no type");
}
template <class Table>
std::string name_of(const Table& table, int32_t number) {
  for (const auto& [n, text] : table)
    if (n == number) return text;
  return "type " + std::to_string(number);
}

Json to_json(const ParamSchema& p) {
  Json out = {{"name", p.name},
              {"type", type_name(p.type)},
              {"doc", p.doc},
              {"flags", p.flags},
              {"unit", p.unit},
              {"choices", p.choices},
              {"since", p.since},
              {"aliases", p.aliases},
              {"default", finite(p.fallback)},
              {"min", finite(p.min)},
              {"max", finite(p.max)},
              {"neutral", finite(p.neutral)}};
  return out;
}

Json to_json(const PortSchema& p) {
  Json fields = Json::array();
  for (const auto& f : p.fields)
    fields.push_back(
        {{"name", f.name}, {"doc", f.doc}, {"unit", f.unit}, {"type", type_name(f.type)}});
  return {{"name", p.name},     {"kind", kind_name(p.kind)}, {"doc", p.doc},    {"unit", p.unit},
          {"format", p.format}, {"flags", p.flags},          {"fields", fields}};
}

Json to_json(const MethodSchema& m) {
  Json params = Json::array(), inputs = Json::array(), outputs = Json::array();
  for (const auto& p : m.params) params.push_back(to_json(p));
  for (const auto& p : m.inputs) inputs.push_back(to_json(p));
  for (const auto& p : m.outputs) outputs.push_back(to_json(p));
  return {{"name", m.name},
          {"summary", m.summary},
          {"doc", m.doc},
          {"identity", m.identity},
          {"flags", m.flags},
          {"check", m.has_check},
          {"estimate", m.has_estimate},
          {"params", params},
          {"inputs", inputs},
          {"outputs", outputs}};
}

ParamSchema read_param(const Json& d) {
  ParamSchema p;
  p.name = d.at("name").get<std::string>();
  p.type = number_of(kTypes, d.at("type").get<std::string>());
  read_field(d, "doc", p.doc);
  read_field(d, "unit", p.unit);
  read_field(d, "flags", p.flags);
  read_field(d, "choices", p.choices);
  read_field(d, "since", p.since);
  read_field(d, "aliases", p.aliases);
  p.fallback = restored(d.at("default"));
  p.min = restored(d.at("min"));
  p.max = restored(d.at("max"));
  p.neutral = restored(d.at("neutral"));
  return p;
}

PortSchema read_port(const Json& d) {
  PortSchema p;
  p.name = d.at("name").get<std::string>();
  p.kind = number_of(kKinds, d.at("kind").get<std::string>());
  read_field(d, "doc", p.doc);
  read_field(d, "unit", p.unit);
  read_field(d, "format", p.format);
  read_field(d, "flags", p.flags);
  for (const auto& f : d.at("fields")) {
    FieldSchema field;
    field.name = f.at("name").get<std::string>();
    field.type = number_of(kTypes, f.at("type").get<std::string>());
    read_field(f, "doc", field.doc);
    read_field(f, "unit", field.unit);
    p.fields.push_back(std::move(field));
  }
  return p;
}

MethodSchema read_method(const Json& d) {
  MethodSchema m;
  m.name = d.at("name").get<std::string>();
  read_field(d, "summary", m.summary);
  read_field(d, "doc", m.doc);
  read_field(d, "identity", m.identity);
  read_field(d, "flags", m.flags);
  read_field(d, "check", m.has_check);
  read_field(d, "estimate", m.has_estimate);
  for (const auto& p : d.at("params")) m.params.push_back(read_param(p));
  for (const auto& p : d.at("inputs")) m.inputs.push_back(read_port(p));
  for (const auto& p : d.at("outputs")) m.outputs.push_back(read_port(p));
  return m;
}

}  // namespace

const ParamSchema* MethodSchema::param(const std::string& name_or_alias) const {
  for (const auto& p : params)
    if (p.name == name_or_alias) return &p;
  for (const auto& p : params)
    for (const auto& alias : p.aliases)
      if (alias == name_or_alias) return &p;
  return nullptr;
}

const PortSchema* MethodSchema::input(const std::string& wanted) const {
  for (const auto& p : inputs)
    if (p.name == wanted) return &p;
  return nullptr;
}

const PortSchema* MethodSchema::output(const std::string& wanted) const {
  for (const auto& p : outputs)
    if (p.name == wanted) return &p;
  for (const auto& p : outputs)
    if (p.name.ends_with("/*") && wanted.size() >= p.name.size() &&
        wanted.starts_with(p.name.substr(0, p.name.size() - 1)))
      return &p;
  return nullptr;
}

const MethodSchema* PluginSchema::method(const std::string& wanted) const {
  for (const auto& m : methods)
    if (m.name == wanted) return &m;
  return nullptr;
}

std::string type_name(assay_type type) { return name_of(kTypes, type); }
std::string kind_name(assay_kind kind) { return name_of(kKinds, kind); }

Json to_json(const PluginSchema& p) {
  Json methods = Json::array();
  for (const auto& m : p.methods) methods.push_back(to_json(m));
  return {{"name", p.name},           {"version", p.version}, {"summary", p.summary},
          {"citation", p.citation},   {"build", p.build},     {"abi_major", p.abi_major},
          {"abi_minor", p.abi_minor}, {"path", p.path},       {"sha256", p.sha256},
          {"methods", methods}};
}

PluginSchema plugin_schema(const Json& document) {
  return reading("the plugin's schema", [&] {
    PluginSchema p;
    p.name = document.at("name").get<std::string>();
    read_field(document, "version", p.version);
    read_field(document, "summary", p.summary);
    read_field(document, "citation", p.citation);
    read_field(document, "build", p.build);
    read_field(document, "abi_major", p.abi_major);
    read_field(document, "abi_minor", p.abi_minor);
    read_field(document, "path", p.path);
    read_field(document, "sha256", p.sha256);
    for (const auto& m : document.at("methods")) p.methods.push_back(read_method(m));
    return p;
  });
}

}  // namespace assay
